import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissions, SealedSecrets } from '@app/core';
import { readProvisioning } from '@app/provisioning';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TokenSigner } from '@app/testing/token-signer';
import type { ApiClient } from './api-client';
import { ComapiClient, sdks } from './comapi-client';
import { misplaced } from './misplaced-secrets';
import { Recorder, type RecordedAnswer } from './recorder';
import { SecretSearch } from './secret-search';
import { startInside } from './server-inside';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const publicUrl = 'https://push.example.com';
const space = { apiSpaceId: 'bank', issuer: 'https://bank.example.com', audience: 'bank' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Hard to write in any format. */
const password = (name: string) => `${name} "Pä55"\\ & <${randomBytes(9).toString('base64url')}>`;

const search = new SecretSearch();
/** In which answer a secret may be: the one that gives it out. */
const givenIn = new Map<string, RecordedAnswer>();

const passwords = {
  provisioned: password('first'),
  changed: password('second'),
  reset: password('third'),
  wrong: password('wrong'),
};
const keys = {
  crm: TokenSigner.create(),
  billing: TokenSigner.create(),
  users: TokenSigner.create(),
  stranger: TokenSigner.create(),
};
const apnsKeys = [1, 2, 3].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const fcmKeys = [1, 2, 3].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const [p8, secondP8, thirdP8] = apnsKeys.map((key) => key.export(pkcs8).toString());
const [account, secondAccount, thirdAccount] = fcmKeys.map((key) =>
  JSON.stringify({
    type: 'service_account',
    client_email: 'carillon@example.com',
    private_key: key.export(pkcs8).toString(),
  }),
);
const sharedSecrets = {
  provisioned: randomBytes(32).toString('base64url'),
  given: randomBytes(32).toString('base64url'),
};
const masterKey = randomBytes(32);

let folder: string;
let recorder: Recorder;
let api: ApiClient;
let app: NestFastifyApplication;

/** That the last answer gave this out, and no other may show it. */
function given(name: string, secret: unknown): string {
  if (typeof secret !== 'string') throw new Error(`${name}: ${recorder.last.text}`);
  noteToken(name, secret);
  givenIn.set(name, recorder.last);
  return secret;
}

function noteToken(name: string, token: string): void {
  search.add(name, signatureOf(token) ?? token);
}

const call = async (caller: ApiClient, path: string, body: object | URLSearchParams, rest = {}) => {
  const type = body instanceof URLSearchParams ? {} : { 'content-type': 'application/json' };
  const text = body instanceof URLSearchParams ? body : JSON.stringify(body);
  const headers = { ...type, ...rest };
  const answer = await caller.fetch(path, { method: 'POST', headers, body: text });
  return (await answer.json().catch(() => ({}))) as Record<string, unknown>;
};
const ask = <Value = Record<string, unknown>>(query: string, variables: object = {}, from = api) =>
  from.ask<Value>(query, variables);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-secrets-'));
  for (const [name, secret] of Object.entries(passwords)) search.add(`password ${name}`, secret);
  for (const [name, key] of Object.entries(keys)) search.add(`key of ${name}`, key.privateKey);
  for (const [n, key] of apnsKeys.entries()) search.add(`APNs key ${n}`, key);
  for (const [n, key] of fcmKeys.entries()) search.add(`FCM key ${n}`, key);
  for (const [name, secret] of Object.entries(sharedSecrets)) search.add(`secret ${name}`, secret);
  search.add('master key', masterKey);
  recorder = new Recorder();
  provision();
  ({ api, app } = await startInside({
    LOG_LEVEL: 'trace',
    MASTER_KEY: masterKey.toString('base64'),
    PUBLIC_URL: publicUrl,
    PROVISION_FILE: join(folder, 'provision.json'),
    POWERAUTH_COMPAT: 'token',
    POWERAUTH_SEND_WAIT_MS: '0',
  }));
  noteOwner();
  await operators();
  await credentials();
  await clients();
  await serviceAccounts();
  await usersAndSessions();
  await apiKeys();
  await rotations();
  await misplacements();
});

afterAll(async () => {
  await api.close();
  recorder.stop();
  rmSync(folder, { recursive: true });
});

function provision(): void {
  const files = { 'apns.p8': p8, 'fcm.json': account, 'crm.pem': keys.crm.publicKey };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text ?? '');
  const apple = {
    bundle: 'com.example.bank',
    keyId: 'KEY',
    teamId: 'TEAM',
    environment: 'production',
  };
  const bank = {
    id: 1,
    name: 'Bank',
    apns: { ...apple, privateKeyFile: 'apns.p8' },
    fcm: { projectId: 'bank', serviceAccountFile: 'fcm.json' },
    userKeys: [{ kid: 'users', publicKeyBase64: base64(keys.users.publicKey) }],
    pushProfile: { ...space, sharedSecret: sharedSecrets.provisioned },
  };
  const client = {
    name: 'CRM',
    scopes: permissions,
    keys: [{ kid: 'k', publicKeyFile: 'crm.pem' }],
  };
  const machine = { name: 'Billing', scopes: ['devices:read'], loginMode: 'assertion_only' };
  const file = {
    operators: [{ email: 'ann@example.com', role: 'OWNER', password: passwords.provisioned }],
    applications: [bank],
    clients: [{ ...client, clientId: 'crm' }],
    serviceAccounts: [
      { ...machine, accountId: 'billing', publicKeyBase64: base64(keys.billing.publicKey) },
    ],
  };
  writeFileSync(join(folder, 'provision.json'), JSON.stringify(file));
}

/** ApiClient has logged in already. */
function noteOwner(): void {
  const { variables } = JSON.parse(recorder.last.sent) as { variables: { password: string } };
  search.add('password of the owner', variables.password);
  const { data } = JSON.parse(recorder.last.body) as { data: { login: { token: string } } };
  given('token of the owner', data.login.token);
}

async function operators(): Promise<void> {
  const nobody = api.as(undefined);
  const email = 'ann@example.com';
  const login = (secret: string) => nobody.post(LOGIN, { email, password: secret });
  await login(passwords.wrong);
  await login(`${passwords.provisioned} `);
  await nobody.post(LOGIN, { email: passwords.provisioned, password: passwords.provisioned });
  const { data } = await login(passwords.provisioned);
  const session = data?.login as { token: string };
  const ann = api.as(given('token of ann', session.token));
  await ann.post(CHANGE_PASSWORD, { current: passwords.wrong, next: passwords.changed });
  await ann.post(CHANGE_PASSWORD, { current: passwords.provisioned, next: 'short' });
  await ask(CHANGE_PASSWORD, { current: passwords.provisioned, next: passwords.changed }, ann);
  const { token } = await ask(RENEW, {}, ann);
  given('another token of ann', token);
  await ask('mutation { logout }', {}, ann);
  const input = { email: 'bob@example.com', role: 'VIEWER', password: passwords.wrong };
  const { id } = await ask(CREATE_OPERATOR, { input });
  await ask(RESET_PASSWORD, { id, password: passwords.reset });
  await api.post(CREATE_OPERATOR, { input }); // exists already
}

async function credentials(): Promise<void> {
  const apple = { bundle: 'com.example.bank', keyId: 'KEY2', teamId: 'TEAM' };
  const input = { ...apple, environment: 'PRODUCTION', privateKey: secondP8 };
  await ask(CONFIGURE_APNS, { input });
  await api.post(CONFIGURE_APNS, { input: { ...input, keyId: secondP8 } });
  await api.post(CONFIGURE_APNS, { input: { ...input, privateKey: fcmKeys[0]?.export(pkcs8) } });
  await ask(CONFIGURE_FCM, { input: { projectId: 'bank', serviceAccount: secondAccount } });
  await api.post(CONFIGURE_FCM, { input: { projectId: secondAccount, serviceAccount: p8 } });
  const ios = { id: 1, ...apple, privateKeyBase64: base64(thirdP8 ?? '') };
  const done = { status: 'OK' };
  expect(await call(api, '/admin/app/ios/update', { requestObject: ios })).toEqual(done);
  await call(api, '/admin/app/ios/update', {
    requestObject: { ...ios, privateKeyBase64: thirdP8 },
  });
  const android = { id: 1, projectId: 'bank', privateKeyBase64: base64(thirdAccount ?? '') };
  expect(await call(api, '/admin/app/android/update', { requestObject: android })).toEqual(done);
  await call(api, '/admin/app/android/update', { requestObject: { ...android, id: thirdAccount } });
  await call(api, '/admin/app/detail', {
    requestObject: { id: 1, includeIos: true, includeAndroid: true },
  });
  await ask('{ application(id: "1") { apns { keyId } fcm { projectId } pushProfile { issuer } } }');
}

async function clients(): Promise<void> {
  const input = { clientId: 'shop', name: 'Shop', scopes: ['messages:send'] };
  await ask(CREATE_CLIENT, { input });
  const { publicKey, privateKey } = keys.stranger;
  await ask(ADD_KEY, { input: { clientId: 'shop', publicKey } });
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    const pem = privateKey.export({ type, format: 'pem' });
    await api.post(ADD_KEY, { input: { clientId: 'shop', publicKey: pem } });
    await api.post(ADD_KEY, {
      input: { clientId: 'shop', publicKey: `${publicKey}${String(pem)}` },
    });
  }
  const path = '/api/oauth/token';
  const assertion = keys.crm.assertion('crm');
  noteToken('assertion of crm', assertion);
  const crm = await call(api.as(assertion), path, {});
  given('token of crm', crm.access_token);
  await call(api.as(assertion), path, {}); // again
  const foreign = keys.stranger.assertion('crm');
  noteToken('assertion of a stranger', foreign);
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: foreign };
  await call(api.as(undefined), path, new URLSearchParams(grant));
  await call(api.as(undefined), path, new URLSearchParams({ ...grant, scope: foreign }));
  const token = String(crm.access_token);
  await ask('{ viewer { id } }', {}, api.as(token));
  await call(api.as(token), '/api/oauth/introspect', new URLSearchParams({ token }));
  await call(api.as(token), '/push/device/create', {});
  await call(api.as(undefined), '/api/oauth/revoke', new URLSearchParams({ token }));
}

async function serviceAccounts(): Promise<void> {
  const nobody = api.as(undefined);
  const login = async (name: string, body: object, headers = {}) => {
    const pair = await call(nobody, '/auth/token', { account_id: 'billing', ...body }, headers);
    given(`access token by ${name}`, pair.access_token);
    return given(`refresh token by ${name}`, pair.refresh_token);
  };
  const public_key = base64(keys.billing.publicKey);
  const assertion = keys.billing.assertion('billing', { aud: publicUrl });
  noteToken('assertion of billing', assertion);
  const first = await login('assertion', { client_assertion: assertion });
  const refreshed = await call(nobody, '/auth/token/refresh', { refresh_token: first });
  given('access token refreshed', refreshed.access_token);
  const next = given('refresh token refreshed', refreshed.refresh_token);
  const again = await call(nobody, '/auth/token/refresh', { refresh_token: next });
  given('access token refreshed again', again.access_token);
  given('refresh token refreshed again', again.refresh_token);
  await call(nobody, '/auth/token/refresh', { refresh_token: first }); // long used: all end
  await ask(SET_MODE, { input: { mode: 'SIGNED' } });
  const body = JSON.stringify({ account_id: 'billing', public_key });
  await login('signature', { public_key }, { 'x-signature': signed(body) });
  await call(nobody, '/auth/token', { account_id: 'billing', public_key });
  await ask(LIMIT_ADDRESSES);
  await ask(SET_MODE, { input: { mode: 'LEGACY_PUBLIC_KEY', reason: 'An old client' } });
  const legacy = await login('public key', { public_key });
  await call(nobody, '/auth/token', {
    account_id: 'billing',
    public_key: base64(String(keys.billing.privateKey.export(pkcs8))),
  });
  await call(nobody, '/auth/token/revoke', { token: legacy });
}

async function usersAndSessions(): Promise<void> {
  const iat = Math.floor(Date.now() / 1000);
  const token = keys.users.sign({ sub: 'ann', iat, exp: iat + 600 });
  noteToken('token of a user', token);
  await ask('{ viewer { id } }', {}, api.as(token, { 'carillon-application': '1' }));
  await api.as(token).post('{ viewer { id } }');
  const comapi = new ComapiClient(api.url, { ...space, sharedSecret: sharedSecrets.provisioned });
  const { authenticationId, nonce } = await comapi.start();
  const answer = comapi.answer(nonce, { sub: 'ann' });
  noteToken('answer to a challenge', answer);
  const opened = (await (await comapi.post(authenticationId, answer, sdks.android)).json()) as {
    token: string;
    session: { id: string };
  };
  const session = given('token of a push session', opened.token);
  await comapi.post(authenticationId, answer); // again
  await comapi.try({ sub: 'ann' }, sdks.ios, passwords.wrong);
  const push = { fcm: { package: 'com.example.bank', registrationId: 'push-token' } };
  const path = `sessions/${opened.session.id}`;
  for (const [method, at, body, status] of [
    ['PUT', `${path}/push`, push, 200],
    ['PUT', `${path}/push`, { fcm: session }, 400],
    ['GET', path, undefined, 200],
    ['PATCH', 'profiles/ann', { email: 'ann@example.com' }, 200],
    ['DELETE', path, undefined, 204],
    ['GET', path, undefined, 401],
  ] as const) {
    expect((await comapi.call(method, at, { token: session, body })).status).toBe(status);
  }
}

async function apiKeys(): Promise<void> {
  const input = { name: 'Shop', scopes: ['messages:send', 'devices:write'] };
  const { apiKey, secret } = await ask<NewKey>(CREATE_API_KEY, { input });
  const shop = api.as(given('API key', secret));
  await ask('{ viewer { id } }', {}, shop);
  const token = new URLSearchParams({ token: secret });
  await call(shop, '/api/oauth/introspect', token);
  await call(shop, '/push/device/create', {});
  await call(api.as(`${secret}x`), '/graphql', { query: '{ viewer { id } }' });
  await ask('{ apiKeys { edges { node { prefix secrets { prefix lastUsedAt } } } } }');
  await call(shop, '/api/oauth/token', {});
  await call(api, '/graphql', { query: secret });
  const keyed = { query: CREATE_API_KEY, variables: { input } };
  const headers = { 'idempotency-key': 'another' };
  const { data } = (await call(api, '/graphql', keyed, headers)) as { data: { created: NewKey } };
  given('API key under an Idempotency-Key', data.created.secret);
  await call(api, '/graphql', keyed, headers);
  const { id } = apiKey;
  given('API key after rotation', (await ask<NewKey>(ROTATE_API_KEY, { id })).secret);
  await call(api.as(undefined), '/api/oauth/revoke', token);
}

interface NewKey {
  readonly apiKey: { readonly id: string };
  readonly secret: string;
}

async function rotations(): Promise<void> {
  const rotate = (input: object) =>
    ask(ROTATE_SECRET, { input: { keepPreviousSeconds: 600, ...input } });
  given('secret that was made', (await rotate({})).sharedSecret);
  await rotate({ sharedSecret: sharedSecrets.given });
  await api.post(ROTATE_SECRET, { input: { keepPreviousSeconds: 0, sharedSecret: p8 } });
  await ask('mutation { rotateSigningKey { kid } }');
  const stored = await api.sql<{ kid: string; private_key: string }>('SELECT * FROM signing_keys');
  const sealed = app.get(SealedSecrets, { strict: false });
  for (const { kid, private_key: text } of stored) {
    search.add(`signing key ${kid}`, createPrivateKey(sealed.open(text, `signing-key:${kid}`)));
  }
}

async function misplacements(): Promise<void> {
  const secrets = [passwords.changed, p8, keys.crm.privateKey.export(pkcs8), account];
  const crm = keys.crm.assertion('crm', { jti: randomUUID() });
  noteToken('assertion never used', crm);
  for (const secret of [...secrets, crm]) {
    for (const { path, init } of misplaced(String(secret), space.apiSpaceId)) {
      for (const caller of [api, api.as(undefined)]) await caller.fetch(path, init);
      await api.sql('DELETE FROM rate_limits');
    }
  }
}

/** Without it a JWT opens nothing, and the rest of one is in many others. */
function signatureOf(token: string): string | undefined {
  return token.split('.')[2];
}

function signed(body: string): string {
  const [t, n] = [Math.floor(Date.now() / 1000), randomUUID()];
  const digest = createHash('sha256').update(body).digest('hex');
  const text = Buffer.from(`POST\n/auth/token\n${t}\n${n}\n${digest}`);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const signature = sign('sha256', text, { key: keys.billing.privateKey, padding });
  return `t=${t},n=${n},s=${signature.toString('base64')}`;
}

describe('no secret is in clear', () => {
  it('in any column of any table', async () => {
    const tables = await api.sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(30);
    for (const { name } of tables) {
      const rows = await api.sql<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`);
      const found = search.findIn(rows.map(({ row }) => row).join('\n'));
      expect({ name, found }).toEqual({ name, found: [] });
    }
  });

  it('in what the server writes, however much that is', () => {
    expect(recorder.log).toContain('LOGIN_FAILED');
    expect(search.findIn(recorder.log)).toEqual([]);
  });

  it('in any answer but the one that gives it out', () => {
    const found = recorder.answers.flatMap((answer) =>
      search
        .findIn(answer.text)
        .filter((name) => givenIn.get(name) !== answer)
        .map((name) => `${name}, ${answer.request}: ${answer.body.slice(0, 300)}`),
    );
    expect([...new Set(found)]).toEqual([]);
  });

  it('in what is said of a provisioning file that is wrong', () => {
    const file = join(folder, 'wrong.yaml');
    const quoted = JSON.stringify(passwords.provisioned);
    for (const text of [
      `operators: [{ email: ann@example.com, role: OWNER, password: ${quoted}`,
      `operators: [{ email: ${quoted}, role: ${quoted}, password: short }]`,
      `operators: *${sharedSecrets.given}`,
      `operators: ${quoted}\n  ${sharedSecrets.given}: a`,
      sharedSecrets.given,
      `operators: [] ] ${sharedSecrets.given}`,
      `operators: []\n} ${quoted}`,
      `%${sharedSecrets.given} ${sharedSecrets.given}\n---\n`,
      `%YAML ${sharedSecrets.given}\n---\n`,
      `operators: !${sharedSecrets.given} a`,
      `operators: @${sharedSecrets.given}`,
      `operators: "\\${sharedSecrets.given}`,
      `applications: [{ id: ${quoted}, name: a, pushProfile: ${quoted} }]`,
      `applications: [{ id: 1, name: a, apns: { privateKeyBase64: ${JSON.stringify(p8)} } }]`,
      `applications: [{ id: 1, name: a, fcm: { projectId: b, serviceAccountBase64: ${base64(p8 ?? '')} } }]`,
      `clients: [{ clientId: a, name: a, scopes: [${quoted}], keys: [{ publicKeyBase64: ${base64(p8 ?? '')} }] }]`,
    ]) {
      writeFileSync(file, text);
      let problem = '';
      try {
        readProvisioning(file);
      } catch (error) {
        problem = String(error);
      }
      expect(problem).toContain('PROVISION_FILE');
      expect({ problem, found: search.findIn(problem) }).toEqual({ problem, found: [] });
    }
  });
});

it('the run used what it was to use', () => {
  const failures = recorder.answers.filter(({ status }) => status >= 500);
  expect(failures.map(({ request, sent, text }) => ({ request, sent, text }))).toEqual([]);
  expect(search.names.length).toBeGreaterThan(35);
  for (const [name, answer] of givenIn) expect(search.findIn(answer.text)).toContain(name);
});

const LOGIN =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }';
const RENEW = 'mutation { renewSession { token } }';
const CHANGE_PASSWORD =
  'mutation ($current: String!, $next: String!) { changePassword(current: $current, next: $next) { id } }';
const CREATE_OPERATOR =
  'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';
const RESET_PASSWORD =
  'mutation ($id: ID!, $password: String!) { resetOperatorPassword(id: $id, password: $password) { id } }';
const CONFIGURE_APNS =
  'mutation ($input: ApnsCredentialInput!) { configureApns(applicationId: "1", input: $input) { id } }';
const CONFIGURE_FCM =
  'mutation ($input: FcmCredentialInput!) { configureFcm(applicationId: "1", input: $input) { id } }';
const CREATE_CLIENT =
  'mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }';
const ADD_KEY = 'mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }';
const SET_MODE =
  'mutation ($input: SetServiceAccountLoginModeInput!) { setServiceAccountLoginMode(id: "billing", input: $input) { id } }';
const LIMIT_ADDRESSES =
  'mutation { updateServiceAccount(id: "billing", input: { allowedIps: ["127.0.0.1"] }) { id } }';
const ROTATE_SECRET =
  'mutation ($input: RotatePushProfileSecretInput!) { rotatePushProfileSecret(applicationId: "1", input: $input) { sharedSecret } }';
const CREATE_API_KEY =
  'mutation ($input: CreateApiKeyInput!) { created: createApiKey(input: $input) { secret apiKey { id } } }';
const ROTATE_API_KEY =
  'mutation ($id: ID!) { rotateApiKey(id: $id, input: { keepPreviousSeconds: 600 }) { secret } }';
