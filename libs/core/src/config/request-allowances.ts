import { z } from 'zod';

/** The classes of callers, each with an allowance of its own. */
export const callerClasses = [
  'anonymous',
  'user',
  'session',
  'operator',
  'client',
  'account',
  'key',
] as const;
export type CallerClass = (typeof callerClasses)[number];

/** How many requests a minute each caller of a class may make; 0 is any number. */
export type RequestAllowances = Readonly<Record<CallerClass, number>>;

/** Back ends send for all their customers, and are few and known: what they may do is told by their owners. */
const usual: RequestAllowances = {
  anonymous: 12_000,
  user: 1_200,
  session: 1_200,
  operator: 30_000,
  client: 0,
  account: 0,
  key: 0,
};

const wants = `wants classes with requests a minute, and commas between, e.g. user:600,client:0; classes are ${callerClasses.join(', ')}`;

/** `user:600,client:0`: classes that are not named keep their usual number. */
export const requestAllowances = z
  .string()
  .transform((text, context): RequestAllowances => {
    const stated = new Map<string, number>();
    for (const part of text.split(',')) {
      const [, name = '', number] = /^\s*([a-z]+)\s*:\s*(\d{1,7})\s*$/.exec(part) ?? [];
      if (number === undefined || stated.has(name) || !Object.hasOwn(usual, name)) {
        context.addIssue(wants);
        return z.NEVER;
      }
      stated.set(name, Number(number));
    }
    return { ...usual, ...Object.fromEntries(stated) };
  })
  .default(usual);
