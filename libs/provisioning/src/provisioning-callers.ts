import {
  apiKeyPrefixForm,
  assertEmail,
  assertPassword,
  assertPasswordHash,
  checkClientId,
  checkMaxAssertionSeconds,
  checkScopes,
  loginModes,
  roles,
} from '@app/auth';
import { isAddressOrRange, isDay, momentOf, type Permission } from '@app/core';
import { InvalidKeyError, readPublicKey } from '@app/keys';
import { z } from 'zod';
import { listOf, refuse, refusedBy, report, text } from './provisioning-checks';
import { readSecret } from './secret-source';

const email = text.superRefine(refusedBy(assertEmail));

const operatorWith = <Secret extends z.ZodRawShape>(secret: Secret) =>
  z.strictObject({ email, role: z.enum(roles, `wants one of ${roles.join(', ')}`), ...secret });

/** An operator. The password is for the first start; after that it is the operator's own business. */
export const operator = z.union(
  [
    operatorWith({ password: text }).superRefine(
      refusedBy(({ password, email: own }) => {
        assertPassword(password, own);
      }),
    ),
    operatorWith({ passwordHash: text.superRefine(refusedBy(assertPasswordHash)) }),
  ],
  'wants email, role and either password (12 characters or more) or passwordHash (argon2id)',
);

/** A date such as 2027-01-01, or RFC 3339 with the time. */
const moment = text.transform((value, context): Date => {
  const found = momentOf(isDay(value) ? `${value}T00:00:00Z` : value);
  if (found !== undefined) return found;
  context.addIssue('wants a date such as 2027-01-01 or 2027-01-01T00:00:00Z');
  return z.NEVER;
});

export const publicKey = (folder: string) =>
  z
    .strictObject(
      {
        kid: text.exactOptional(),
        description: text.exactOptional(),
        publicKeyFile: text.optional(),
        publicKeyBase64: text.optional(),
        enabled: z.boolean('wants true or false').exactOptional(),
        notAfter: moment.exactOptional(),
      },
      'wants a public key',
    )
    .transform((part, context) => {
      const { kid, description, enabled, notAfter } = part;
      const read = readSecret(part, 'publicKey', folder);
      if ('problem' in read) return refuse(read, context);
      try {
        // Not its dates: a certificate that has expired since it was registered must not keep the server from starting.
        readPublicKey(read.text, 'publicKey', new Date(0));
      } catch (error) {
        if (!(error instanceof InvalidKeyError)) throw error;
        report([error], 'publicKey', read.key, context);
      }
      return { kid, description, enabled, notAfter, publicKey: read.text };
    });

const scopes = z
  .array(text, 'wants a list')
  .superRefine(refusedBy(checkScopes))
  .transform((list) => list as Permission[]);

const applicationIds = z.array(z.int(), 'wants a list of applications').exactOptional();

/** An OAuth client. */
export const client = (folder: string) =>
  z.strictObject(
    {
      clientId: text.superRefine(refusedBy(checkClientId)),
      name: text,
      scopes,
      applicationIds,
      requireJti: z.boolean('wants true or false').exactOptional(),
      maxAssertionSeconds: z
        .number('wants a whole number')
        .superRefine(refusedBy(checkMaxAssertionSeconds))
        .exactOptional(),
      enabled: z.boolean('wants true or false').exactOptional(),
      keys: listOf(publicKey(folder), 'kid'),
    },
    'wants clientId, name, scopes and keys',
  );

/** The text itself, never repeated: whoever writes a key where its hash belongs would have it in the log. */
const apiKeyTrace = (form: RegExp, what: string) =>
  text.regex(form, `wants ${what} as carillon api-key generate prints it`);

const allowedIps = z
  .array(text.refine(isAddressOrRange, 'wants an address or a CIDR range'), 'wants a list')
  .exactOptional();

/** An API key, by its hash: the key itself is where it is used, and nowhere else. */
export const apiKey = z.strictObject(
  {
    hash: apiKeyTrace(/^[0-9a-f]{64}$/, 'the hash of a key'),
    prefix: apiKeyTrace(apiKeyPrefixForm, 'the beginning of a key'),
    name: text,
    scopes,
    applicationIds,
    allowedIps,
    expiresAt: moment.exactOptional(),
  },
  'wants hash, prefix, name and scopes',
);

export const serviceAccount = (folder: string) =>
  z
    .strictObject(
      {
        accountId: text.regex(/^[0-9A-Za-z-]{1,64}$/, 'wants 1 to 64 letters, digits or dashes'),
        name: text,
        scopes,
        applicationIds,
        loginMode: z.enum(loginModes, `wants one of ${loginModes.join(', ')}`),
        legacyReason: text.exactOptional(),
        legacyUntil: moment.exactOptional(),
        allowedIps,
        expiresAt: moment.exactOptional(),
        publicKeyFile: text.optional(),
        publicKeyBase64: text.optional(),
      },
      'wants accountId, name, scopes, loginMode and a public key',
    )
    .transform((part, context) => {
      const { publicKeyFile, publicKeyBase64, ...rest } = part;
      const key = publicKey(folder).safeParse({
        ...(publicKeyFile !== undefined && { publicKeyFile }),
        ...(publicKeyBase64 !== undefined && { publicKeyBase64 }),
      });
      if (key.success) return { ...rest, key: key.data };
      for (const { path, message } of key.error.issues) {
        context.addIssue({ code: 'custom', path, message });
      }
      return z.NEVER;
    });
