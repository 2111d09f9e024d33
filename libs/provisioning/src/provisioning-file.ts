import { checkPushProfile, credentialProblems, timestampUnits } from '@app/applications';
import { activationStatuses, checkActivationId, checkUserId } from '@app/devices';
import { type ApnsCredential, apnsEnvironments, type FcmCredential } from '@app/push';
import { z } from 'zod';
import { apiKey, client, operator, publicKey, serviceAccount } from './provisioning-callers';
import { listOf, refuse, refusedBy, report, text, wholeNumber } from './provisioning-checks';
import { readSecret } from './secret-source';

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
    .transform((part, context): ApnsCredential => {
      const secret = readSecret(part, 'privateKey', folder);
      if ('problem' in secret) return refuse(secret, context);
      const { bundle, keyId, teamId, environment } = part;
      const credential = { bundle, keyId, teamId, environment, privateKey: secret.text };
      report(credentialProblems('apns', credential), 'privateKey', secret.key, context);
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
    .transform((part, context): FcmCredential => {
      const secret = readSecret(part, 'serviceAccount', folder);
      if ('problem' in secret) return refuse(secret, context);
      const credential = { projectId: part.projectId, serviceAccount: secret.text };
      report(credentialProblems('fcm', credential), 'serviceAccount', secret.key, context);
      return credential;
    });

const perSecond = wholeNumber(0, 1_000_000).exactOptional();

const pushProfile = z
  .strictObject(
    {
      apiSpaceId: text,
      issuer: text,
      audience: text,
      sharedSecret: text,
      idClaim: text.exactOptional(),
      timestampUnit: z.enum(timestampUnits, `wants ${timestampUnits.join(' or ')}`).exactOptional(),
      sessionSeconds: z.number('wants a whole number').exactOptional(),
      linksEmail: z.boolean('wants true or false').exactOptional(),
    },
    'wants apiSpaceId, issuer, audience and sharedSecret',
  )
  .superRefine(refusedBy(checkPushProfile));

const application = (folder: string) =>
  z.strictObject(
    {
      id: wholeNumber(1, 2_147_483_647),
      name: text.refine((name) => /^[^\0]{1,200}$/u.test(name.trim()), 'wants 1 to 200 characters'),
      apns: apns(folder).exactOptional(),
      fcm: fcm(folder).exactOptional(),
      userKeys: listOf(publicKey(folder), 'kid'),
      userTokens: z
        .strictObject(
          { issuer: text.exactOptional(), audience: text.exactOptional() },
          'wants issuer or audience',
        )
        .exactOptional(),
      pushProfile: pushProfile.exactOptional(),
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

/** The form of the file. @param folder where the files are that it names */
export const provisioningFile = (folder: string) =>
  z.strictObject(
    {
      operators: listOf(operator, 'email'),
      applications: listOf(application(folder), 'id'),
      clients: listOf(client(folder), 'clientId'),
      serviceAccounts: listOf(serviceAccount(folder), 'accountId'),
      apiKeys: listOf(apiKey, 'hash'),
      activations: listOf(activation, 'activationId'),
    },
    'wants operators, applications, clients, serviceAccounts, apiKeys or activations',
  );

/** The content of the file, with the secrets in clear. */
export type Provisioning = z.infer<ReturnType<typeof provisioningFile>>;
