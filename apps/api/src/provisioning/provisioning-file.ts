import {
  type ApnsCredentialInput,
  apnsCredentialProblems,
  apnsEnvironments,
  type FcmCredentialInput,
  fcmCredentialProblems,
  type InvalidCredentialError,
} from '@app/applications';
import { DomainError } from '@app/core';
import { activationStatuses, checkActivationId, checkUserId } from '@app/devices';
import { z } from 'zod';
import { readSecret, type SecretProblem } from './secret-source';

/** YAML reads an unquoted 1234567890 as a number. */
const text = z.string({
  error: ({ input }) => (typeof input === 'number' ? 'wants text: put it in quotes' : 'wants text'),
});

const wholeNumber = (least: number, most: number) => {
  const wants = `wants a whole number from ${least} to ${most}`;
  return z.number(wants).int(wants).min(least, wants).max(most, wants);
};

const apns = (folder: string) =>
  z
    .strictObject(
      {
        bundle: text,
        keyId: text,
        teamId: text,
        environment: z.enum(apnsEnvironments, `wants ${apnsEnvironments.join(' or ')}`),
        privateKeyFile: text.optional(),
        privateKeyBase64: text.optional(),
      },
      'wants bundle, keyId, teamId, environment and a private key',
    )
    .transform((part, context): ApnsCredentialInput => {
      const secret = readSecret(part, 'privateKey', folder);
      if ('problem' in secret) return refuse(secret, context);
      const { bundle, keyId, teamId, environment } = part;
      const credential = { bundle, keyId, teamId, environment, privateKey: secret.text };
      report(apnsCredentialProblems(credential), 'privateKey', secret.key, context);
      return credential;
    });

const fcm = (folder: string) =>
  z
    .strictObject(
      {
        projectId: text,
        serviceAccountFile: text.optional(),
        serviceAccountBase64: text.optional(),
      },
      'wants projectId and a service account',
    )
    .transform((part, context): FcmCredentialInput => {
      const secret = readSecret(part, 'serviceAccount', folder);
      if ('problem' in secret) return refuse(secret, context);
      const credential = { projectId: part.projectId, serviceAccount: secret.text };
      report(fcmCredentialProblems(credential), 'serviceAccount', secret.key, context);
      return credential;
    });

const perSecond = wholeNumber(0, 1_000_000).exactOptional();

const application = (folder: string) =>
  z.strictObject(
    {
      id: wholeNumber(1, 2_147_483_647),
      name: text.refine((name) => /^[^\0]{1,200}$/.test(name.trim()), 'wants 1 to 200 characters'),
      apns: apns(folder).exactOptional(),
      fcm: fcm(folder).exactOptional(),
      limits: z
        .strictObject(
          { apnsPerSecond: perSecond, fcmPerSecond: perSecond },
          'wants apnsPerSecond or fcmPerSecond',
        )
        .exactOptional(),
    },
    'wants id and name',
  );

const activation = z.strictObject(
  {
    activationId: text.superRefine(refusedBy(checkActivationId)),
    userId: text.superRefine(refusedBy(checkUserId)),
    status: z.enum(activationStatuses, `wants one of ${activationStatuses.join(', ')}`),
  },
  'wants activationId, userId and status',
);

/** What the file may hold. @param folder where the files are that it names */
export const provisioningFile = (folder: string) =>
  z.strictObject(
    {
      applications: z
        .array(application(folder), 'wants a list')
        .superRefine(repeated('id'), { when: () => true })
        .default([]),
      activations: z
        .array(activation, 'wants a list')
        .superRefine(repeated('activationId'), { when: () => true })
        .default([]),
    },
    'wants applications or activations',
  );

/** What the file asks for, with the secrets in clear. */
export type Provisioning = z.infer<ReturnType<typeof provisioningFile>>;

function refuse({ key, problem }: SecretProblem, context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', path: key === undefined ? [] : [key], message: problem });
  return z.NEVER;
}

function report(
  problems: Iterable<InvalidCredentialError>,
  secretField: string,
  secretKey: string,
  context: z.RefinementCtx,
): void {
  for (const { field = '', message } of problems) {
    const path = [field === secretField ? secretKey : field];
    context.addIssue({ code: 'custom', path, message: withoutField(message) });
  }
}

function refusedBy(check: (value: string) => unknown) {
  return (value: string, context: z.RefinementCtx): void => {
    try {
      check(value);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      context.addIssue(withoutField(error.message));
    }
  };
}

/** The domain says `keyId wants …`; here the place stands before it. */
const withoutField = (message: string) => message.slice(message.indexOf(' ') + 1);

/** Looks at a list whatever else is wrong with it. */
function repeated(key: string) {
  return (rows: unknown, context: z.RefinementCtx): void => {
    if (!Array.isArray(rows)) return;
    const seen = new Map<unknown, number>();
    for (const [index, row] of (rows as Record<string, unknown>[]).entries()) {
      const value = row[key];
      if (value === undefined) continue;
      const first = seen.get(value);
      if (first === undefined) seen.set(value, index);
      else {
        const message = `is taken by the entry [${first}]`;
        context.addIssue({ code: 'custom', path: [index, key], message });
      }
    }
  };
}
