import { InvalidLoginError } from '@app/auth';
import { z } from 'zod';

/** The members of the bodies of /auth/token. Clients write what they lack as null, or not at all. */
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const loginBody = z.object({
  account_id: z.string(),
  public_key: optionalText,
  client_assertion: optionalText,
});
const refreshBody = z.object({ refresh_token: z.string() });
const revokeBody = z
  .object({ refresh_token: optionalText, token: optionalText })
  .transform((body) => body.refresh_token ?? body.token)
  .pipe(z.string('wants refresh_token or token'));

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws InvalidLoginError */
export const readLogin = (bytes: Buffer) => read(loginBody, bytes);

/** @throws InvalidLoginError */
export const readRefresh = (bytes: Buffer) => read(refreshBody, bytes).refresh_token;

/** Reads the token, also under the name that RFC 7009 §2.1 has for it. @throws InvalidLoginError */
export const readRevocation = (bytes: Buffer) => read(revokeBody, bytes);

/**
 * Returns the body byte for byte, which is what a signature is over.
 * @param body as `lenientJson` leaves it, which is bytes where the content type says JSON
 * @throws InvalidLoginError
 */
export function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  throw new InvalidLoginError('', 'wants the content type application/json');
}

function read<Shape>(shape: z.ZodType<Shape>, bytes: Buffer): Shape {
  const result = shape.safeParse(parse(bytes));
  if (result.success) return result.data;
  // The first of the findings. None repeats the value, which may be a token.
  const [issue] = result.error.issues;
  throw new InvalidLoginError(issue?.path.join('.') ?? '', wantsOf(issue));
}

function wantsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code !== 'invalid_type') return 'is wrong';
  if (issue.message.startsWith('wants')) return issue.message;
  return issue.expected === 'string' ? 'wants text' : 'wants a JSON object';
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new InvalidLoginError('', 'is not JSON in UTF-8');
  }
}
