import { generateKeyPairSync } from 'node:crypto';
import { newRsaKey } from '@app/testing/rsa-keys';
import { TokenSigner } from '@app/testing/token-signer';
import type { ApiClient } from './api-client';

/** One of everything that belongs to an application. */
export interface Tenancy {
  readonly applicationId: string;
  /** Is in all that it is called, so that an answer that tells anything of it is found. */
  readonly word: string;
  readonly userId: string;
  readonly activationId: string;
  readonly deviceId: string;
  readonly deviceToken: string;
  readonly draft: string;
  readonly running: string;
  readonly paused: string;
  readonly notificationId: string;
  readonly clientId: string;
  readonly clientKeyId: string;
  readonly accountId: string;
  readonly accountKeyId: string;
  readonly userKeyId: string;
  readonly apiKeyId: string;
  readonly apiSpaceId: string;
  readonly pushSessionId: string;
}

/** Signs as the clients, the service accounts and the users of both. */
export const signer = TokenSigner.create(newRsaKey());

/** A key that is registered nowhere. */
export const otherSigner = TokenSigner.create(newRsaKey());

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
export const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8);

export const apnsInput = (word: string) => ({
  bundle: `com.example.${word}`,
  keyId: 'KEY',
  teamId: 'TEAM',
  environment: 'PRODUCTION',
  privateKey: apnsKey,
});

export const fcmInput = (word: string) => ({
  projectId: `${word}-project`,
  serviceAccount: JSON.stringify({
    type: 'service_account',
    project_id: `${word}-project`,
    client_email: `carillon@${word}-project.iam.gserviceaccount.com`,
    private_key: otherSigner.privateKey.export(pkcs8),
  }),
});

/** @param api of an OWNER */
export async function populate(
  api: ApiClient,
  applicationId: string,
  word: string,
): Promise<Tenancy> {
  const userId = `${word}-user`;
  const activationId = `${word}-activation`;
  const apiSpaceId = `${word}-space`;
  const deviceToken = `${word}:push-token`;
  const idOf = async (query: string, variables: object) =>
    (await api.ask<{ id: string }>(query, variables)).id;

  await api.ask(CREATE_APPLICATION, { input: { id: applicationId, name: `${word} bank` } });
  await api.ask(CONFIGURE, {
    applicationId,
    apns: apnsInput(word),
    fcm: fcmInput(word),
    profile: { apiSpaceId, issuer: `https://${word}.example.com`, audience: word },
  });
  const activation = { activationId, userId };
  await api.ask(REGISTER_ACTIVATION, { input: activation });
  const device = { applicationId, platform: 'ANDROID', token: deviceToken, activationId };
  const deviceId = await idOf(REGISTER_DEVICE, { input: device });

  const campaign = async () => {
    const input = { applicationId, name: `${word} campaign`, message: { title: word } };
    const id = await idOf(CREATE_CAMPAIGN, { input });
    await api.ask(ADD_USERS, { id, userIds: [userId] });
    return id;
  };
  const [draft, running, paused] = [await campaign(), await campaign(), await campaign()];
  const message = { applicationId, userId, message: { title: word } };
  const notificationId = await idOf(SEND, { input: message });

  const limited = {
    name: `${word} machine`,
    scopes: ['messages:send'],
    applicationIds: [applicationId],
  };
  const clientId = await idOf(CREATE_CLIENT, { input: { ...limited, clientId: `${word}-client` } });
  const accountId = await idOf(CREATE_ACCOUNT, {
    input: { ...limited, accountId: `${word}-account` },
  });
  const { apiKey } = await api.ask<{ apiKey: { id: string } }>(CREATE_API_KEY, { input: limited });
  const { publicKey } = signer;
  const addKey = (owner: object) =>
    idOf(ADD_KEY, { input: { ...owner, publicKey, kid: `${word}-key` } });
  const clientKeyId = await addKey({ clientId });
  const accountKeyId = await addKey({ serviceAccountId: accountId });
  const userKeyId = await addKey({ applicationId });

  // What a worker, and an app, would make of it.
  await api.sql(
    `UPDATE messages SET state = 'running' FROM campaigns WHERE message_id = messages.id AND campaigns.id = $1`,
    [running],
  );
  await api.sql(
    `UPDATE messages SET state = 'paused' FROM campaigns WHERE message_id = messages.id AND campaigns.id = $1`,
    [paused],
  );
  await api.sql(`UPDATE deliveries SET reason = $2 WHERE message_id = $1`, [notificationId, word]);
  await api.sql(`INSERT INTO lanes (application_id, gateway, open_reason) VALUES ($1, 'fcm', $2)`, [
    applicationId,
    word,
  ]);
  await api.sql(
    `INSERT INTO profiles (application_id, user_id, email, attributes, version)
     VALUES ($1, $2, $3, jsonb_build_object('email', $3::text), gen_random_uuid())`,
    [applicationId, userId, `${word}@example.com`],
  );
  const [session] = await api.sql<{ id: string }>(
    `INSERT INTO push_sessions (id, application_id, user_id, expires_at)
     VALUES (gen_random_uuid(), $1, $2, now() + interval '1 hour') RETURNING id`,
    [applicationId, userId],
  );
  return {
    ...{ applicationId, word, userId, activationId, deviceId, deviceToken, draft, running, paused },
    ...{ notificationId, clientId, clientKeyId, accountId, accountKeyId, userKeyId, apiSpaceId },
    apiKeyId: apiKey.id,
    pushSessionId: session?.id ?? '',
  };
}

const CREATE_APPLICATION =
  'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }';
const CONFIGURE = `mutation ($applicationId: ID!, $apns: ApnsCredentialInput!, $fcm: FcmCredentialInput!, $profile: ConfigurePushProfileInput!) {
  configureApns(applicationId: $applicationId, input: $apns) { id }
  configureFcm(applicationId: $applicationId, input: $fcm) { id }
  configurePushProfile(applicationId: $applicationId, input: $profile) { warning }
}`;
const REGISTER_ACTIVATION =
  'mutation ($input: RegisterActivationInput!) { registerActivation(input: $input) { id } }';
const REGISTER_DEVICE =
  'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const CREATE_CAMPAIGN =
  'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }';
const ADD_USERS =
  'mutation ($id: ID!, $userIds: [String!]!) { addCampaignUsers(id: $id, userIds: $userIds) { added } }';
const SEND = 'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }';
const CREATE_CLIENT =
  'mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }';
const CREATE_ACCOUNT =
  'mutation ($input: CreateServiceAccountInput!) { createServiceAccount(input: $input) { id } }';
const CREATE_API_KEY =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }';
const ADD_KEY = 'mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }';
