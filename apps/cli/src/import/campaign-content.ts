import { type JsonValue, type MessageContent, showsNothing, validateContent } from '@app/push';
import { z } from 'zod';

/** Text that can be stored: PostgreSQL's holds no NUL, and UTF-8 no half of a character. */
const text = z.string().refine((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value));

/** A name; an empty one is none. */
const name = text
  .nullish()
  .transform((value) => (value === null || value?.trim() === '' ? undefined : value));

/** A moment as ISO text, epoch milliseconds or epoch seconds, whichever a release's JSON mapper wrote. */
const instant = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return undefined;
    const number = Number(value);
    const date = new Date(
      Number.isNaN(number)
        ? String(value).replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
        : number * (Math.abs(number) > 1e11 ? 1 : 1000),
    );
    if (!Number.isNaN(date.getTime())) return date;
    context.addIssue('wants a date');
    return z.NEVER;
  });

/** Custom data without nulls: APNs silently drops a payload that contains one. */
const custom: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    text,
    // Larger whole numbers have lost digits when they come here.
    z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value)),
    z.boolean(),
    z.array(z.unknown()).transform(filled).pipe(z.array(custom)),
    extras,
  ]),
);
const extras = z
  .record(z.string(), z.unknown())
  .transform((members) =>
    Object.fromEntries(Object.entries(members).filter(([, member]) => member !== null)),
  )
  .pipe(z.record(text, custom));

/** The arguments of a text; Java's nulls among them are empty. */
const locArgs = z
  .array(text.nullable())
  .nullish()
  .transform((given) => given?.map((argument) => argument ?? ''));

const body = z.object({
  title: text.nullish(),
  titleLocKey: name,
  titleLocArgs: locArgs,
  body: text.nullish(),
  bodyLocKey: name,
  bodyLocArgs: locArgs,
  badge: z.int().nullish(),
  sound: name,
  icon: name,
  category: name,
  collapseKey: name,
  validUntil: instant,
  extras: extras.nullish(),
});

/**
 * Reads the content of a stored campaign. One that shows nothing is for the app, and silent; keys that we do not have
 * are dropped.
 * @returns undefined when it is not the JSON of a message
 * @throws InvalidMessageError when a gateway would refuse it for every device
 */
export function readCampaignContent(message: string): MessageContent | undefined {
  const parsed = parse(message);
  if (parsed === undefined) return undefined;
  const { titleLocKey, titleLocArgs, bodyLocKey, bodyLocArgs, ...rest } = parsed;
  const given = Object.entries({
    ...rest,
    ...(titleLocKey !== undefined && { titleLocKey, titleLocArgs }),
    ...(bodyLocKey !== undefined && { bodyLocKey, bodyLocArgs }),
  }).filter(([, value]) => value !== null && value !== undefined);
  const written = { ...(Object.fromEntries(given) as Partial<MessageContent>), silent: false };
  const content = { ...written, silent: showsNothing(written) };
  validateContent(content);
  return content;
}

const filled = (members: unknown[]): unknown[] => members.filter((member) => member !== null);

/** Parses JSON; undefined also for extras that nest deeper than the stack goes. */
function parse(json: string): z.infer<typeof body> | undefined {
  try {
    return body.safeParse(JSON.parse(json)).data;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
