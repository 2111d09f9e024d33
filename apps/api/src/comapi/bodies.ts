import { apnsEnvironments } from '@app/push';
import type { PushLogin } from '@app/auth';
import type { PushDetails } from '@app/devices';
import { z } from 'zod';
import { InvalidRequestError } from './invalid-request.error';

/** Text that PostgreSQL can store. */
const text = z
  .string()
  .max(255)
  .regex(/^[^\0\p{Cs}]*$/u, 'wants text without NUL and without halves of characters');

/** Text that may be missing; Android's SDK writes null then. */
const optionalText = text.nullish().transform((value) => value ?? null);

const fcm = z.object({ package: text, registrationId: z.string() });
const apns = z.object({
  bundleId: text,
  environment: z.enum(apnsEnvironments),
  token: z.string(),
});
const push = z
  .object({ fcm: fcm.nullish(), apns: apns.nullish() })
  .transform(({ fcm, apns }): PushDetails | undefined => {
    if (apns) {
      const { bundleId: bundle, environment, token } = apns;
      return { platform: 'ios', bundle, environment, token };
    }
    return fcm
      ? { platform: 'android', package: fcm.package, token: fcm.registrationId }
      : undefined;
  });

const sessionBody = z.object({
  authenticationId: z.guid(),
  authenticationToken: z.string(),
  deviceId: optionalText,
  platform: optionalText,
  platformVersion: optionalText,
  sdkType: optionalText,
  sdkVersion: optionalText,
  push: push.nullish(),
});

/** Reads the body of `POST …/sessions`. @throws InvalidRequestError */
export function readLogin(body: unknown): { login: PushLogin; push: PushDetails | undefined } {
  const { authenticationId, authenticationToken, push, deviceId, ...rest } = read(
    sessionBody,
    body,
  );
  const client = { clientDeviceId: deviceId, ...rest };
  return {
    login: { authenticationId, authenticationToken, client },
    push: push ?? undefined,
  };
}

/** Reads the body of `PUT …/push`. @throws InvalidRequestError */
export function readPush(body: unknown): PushDetails {
  const details = read(push, body);
  if (details === undefined) throw new InvalidRequestError('', 'wants fcm or apns');
  return details;
}

function read<Shape>(shape: z.ZodType<Shape>, body: unknown): Shape {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  // The first of the findings. None repeats the value, which may be a token.
  const [issue] = result.error.issues;
  throw new InvalidRequestError(issue?.path.join('.') ?? '', issue?.message ?? 'is wrong');
}
