import {
  createHash,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { ApiClient } from './api-client';
import { ComapiClient } from './comapi-client';
import { forge, type Genuine, now, publicPem, rsaKey } from './forged-tokens';

export const publicUrl = 'https://push.example.com';
export const tokenPath = '/api/oauth/token';

/** Whose key it is, as `public_keys` has it. */
interface KeyRow {
  readonly ownerKind: 'client' | 'service_account' | 'application';
  readonly ownerId: string;
  readonly kid: string;
  readonly enabled?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** The classes of what Carillon takes for a proof, all genuine. */
export const tokenClasses = [
  'access token',
  'user token',
  'assertion',
  'client assertion',
  'session token',
  'answer to a challenge',
  'refresh token',
  'API key',
] as const;
export type TokenClass = (typeof tokenClasses)[number];

/**
 * A server with a holder of each class of tokens. It also has a signing key that the test knows, so that a token of the
 * server's own can be wrong in one thing alone; it never signs by itself.
 */
export class TokenHolders {
  private constructor(
    readonly api: ApiClient,
    readonly comapi: ComapiClient,
    readonly elsewhere: ComapiClient,
    private readonly sessionId: string,
    private readonly clientKeyId: string,
    private readonly keys: Readonly<Record<'own' | 'client' | 'users' | 'account', KeyObject>>,
  ) {}

  static async start(): Promise<TokenHolders> {
    const api = await ApiClient.start({ PUBLIC_URL: publicUrl });
    const keys = { own: rsaKey(), client: rsaKey(), users: rsaKey(), account: rsaKey() };
    await addSigningKey(api, 'own', keys.own);
    await api.ask('mutation { rotateSigningKey { kid } }'); // and so the keys are read again
    const [comapi, elsewhere] = [await addPushProfile(api, 1), await addPushProfile(api, 2)];
    await addClient(api, 'crm');
    await addClient(api, 'erp');
    await addAccount(api, 'robot', 'assertion_only');
    const owners = { ownerKind: 'application', ownerId: '1' } as const;
    await addKey(api, { ...owners, kid: 'users' }, keys.users);
    await addKey(api, { ...owners, ownerId: '2', kid: 'elsewhere' }, rsaKey());
    const account = { ownerKind: 'service_account', ownerId: 'robot', kid: 'robot' } as const;
    await addKey(api, account, keys.account);
    const client = { ownerKind: 'client', ownerId: 'crm', kid: 'crm' } as const;
    const clientKeyId = await addKey(api, client, keys.client);
    const { session } = await comapi.open('ann');
    return new TokenHolders(api, comapi, elsewhere, session.id, clientKeyId, keys);
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** Makes an access token of the client crm, as the server would issue it. */
  access(): Genuine {
    const claims = {
      iss: publicUrl,
      aud: 'carillon:access',
      sub: 'crm',
      client_id: 'crm',
      kind: 'client',
      iat: now(),
      iat_ms: Date.now(),
      exp: now() + 600,
      jti: randomUUID(),
      scope: 'applications:read',
      key_id: this.clientKeyId,
    };
    return { header: { alg: 'RS256', typ: 'at+jwt', kid: 'own' }, claims, key: this.keys.own };
  }

  /** Makes a token of ann, a user of application 1. */
  user(): Genuine {
    const claims = { sub: 'ann', iat: now(), exp: now() + 600 };
    return { header: { alg: 'RS256', typ: 'JWT', kid: 'users' }, claims, key: this.keys.users };
  }

  /** Makes an assertion of the client crm. */
  assertion(): Genuine {
    const claims = { ...assertionOf('crm'), aud: publicUrl + tokenPath };
    return { header: { alg: 'RS256', typ: 'JWT', kid: 'crm' }, claims, key: this.keys.client };
  }

  /** Makes a client assertion of the service account robot. */
  clientAssertion(): Genuine {
    const claims = { ...assertionOf('robot'), aud: `${publicUrl}/auth/token` };
    return { header: { alg: 'RS256', typ: 'JWT', kid: 'robot' }, claims, key: this.keys.account };
  }

  /** Makes the token of ann's push session. */
  session(): Genuine {
    const claims = {
      jti: randomUUID(),
      sid: this.sessionId,
      apiSpaceId: this.comapi.space.apiSpaceId,
      iss: publicUrl,
      aud: 'carillon:push-session',
      iat: now(),
      exp: now() + 600,
    };
    const header = { alg: 'RS256', typ: 'push-session+jwt', kid: 'own' };
    return { header, claims, key: this.keys.own };
  }

  /** @param nonce of the challenge that it answers */
  answer(nonce: string): Genuine {
    const { issuer: iss, audience: aud, sharedSecret } = this.comapi.space;
    const claims = { nonce, iss, aud, sub: 'ann', iat: now(), exp: now() + 600 };
    return {
      header: { alg: 'HS256', typ: 'JWT' },
      claims,
      key: createSecretKey(sharedSecret, 'utf8'),
    };
  }

  async tokenOf(tokenClass: TokenClass): Promise<string> {
    switch (tokenClass) {
      case 'access token':
        return forge(this.access());
      case 'user token':
        return forge(this.user());
      case 'assertion':
        return forge(this.assertion());
      case 'client assertion':
        return forge(this.clientAssertion());
      case 'session token':
        return forge(this.session());
      case 'answer to a challenge':
        return forge(this.answer((await this.comapi.start()).nonce));
      case 'refresh token':
        return this.refreshToken();
      case 'API key':
        return (await this.apiKey()).secret;
    }
  }

  /** Makes an API key that may do what the client crm may. @param limits as GraphQL has them */
  async apiKey(limits: object = {}): Promise<{ readonly id: string; readonly secret: string }> {
    const input = { name: 'crm', scopes: ['applications:read'], ...limits };
    const made = await this.api.ask<{ apiKey: { id: string }; secret: string }>(CREATE_API_KEY, {
      input,
    });
    return { id: made.apiKey.id, secret: made.secret };
  }

  async refreshToken(): Promise<string> {
    const assertion = forge(this.clientAssertion());
    const { body } = await this.post('/auth/token', {
      account_id: 'robot',
      client_assertion: assertion,
    });
    return (body as { refresh_token: string }).refresh_token;
  }

  /** Posts JSON, or what is said to be, by nobody. */
  async post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await this.api.as(undefined, headers).fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? '' : (JSON.parse(text) as unknown) };
  }
}

export const answerOf = async (response: Response) => ({
  status: response.status,
  body: await response.json(),
});

const assertionOf = (id: string) => ({
  iss: id,
  sub: id,
  iat: now(),
  exp: now() + 300,
  jti: randomUUID(),
});

export async function addClient(api: ApiClient, id: string): Promise<void> {
  await api.sql(
    `INSERT INTO oauth_clients (id, name, scopes, require_jti) VALUES ($1, $1, '{applications:read}', true)`,
    [id],
  );
}

/** @param mode as `service_accounts` has it */
export async function addAccount(api: ApiClient, id: string, mode: string): Promise<void> {
  const until = mode === 'legacy_public_key' ? new Date(Date.now() + 86_400_000) : null;
  await api.sql(
    `INSERT INTO service_accounts (id, name, scopes, login_mode, allowed_ips, legacy_until)
     VALUES ($1, $1, '{applications:read}', $2, '{127.0.0.1}', $3)`,
    [id, mode, until],
  );
}

/** Stores a public key past all checks. @returns its id */
export async function addKey(api: ApiClient, row: KeyRow, key: KeyObject): Promise<string> {
  const id = randomUUID();
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const fingerprint = createHash('sha256').update(der).digest('hex');
  const { ownerKind, ownerId, kid, enabled = true, notBefore = null, notAfter = null } = row;
  await api.sql(
    `INSERT INTO public_keys (id, owner_kind, owner_id, kid, algorithm, source, public_key, fingerprint, enabled,
       not_before, not_after)
     VALUES ($1, $2, $3, $4, 'RS256', 'spki', $5, $6, $7, $8, $9)`,
    [id, ownerKind, ownerId, kid, publicPem(key), fingerprint, enabled, notBefore, notAfter],
  );
  return id;
}

/** Stores a signing key that verifies, and will not sign in our time. */
export async function addSigningKey(
  api: ApiClient,
  kid: string,
  key: KeyObject,
  verifiesUntil: Date | null = null,
): Promise<void> {
  const { n, e } = createPublicKey(key).export({ format: 'jwk' });
  await api.sql(
    `INSERT INTO signing_keys (kid, public_jwk, private_key, signs_from, verifies_until)
     VALUES ($1, $2, 'none', '2999-01-01', $3)`,
    [kid, { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }, verifiesUntil],
  );
}

/** Makes a push profile, and its application with it. */
async function addPushProfile(api: ApiClient, applicationId: number): Promise<ComapiClient> {
  await api.ask(CREATE_APPLICATION, { id: String(applicationId) });
  const input = {
    apiSpaceId: `space-${applicationId}`,
    issuer: 'https://api.comapi.com/defaultauth',
    audience: 'https://api.comapi.com',
  };
  const variables = { applicationId: String(applicationId), input };
  const { sharedSecret } = await api.ask<{ sharedSecret: string }>(CONFIGURE, variables);
  return new ComapiClient(api.url, { ...input, sharedSecret });
}

const CREATE_API_KEY = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id } secret }
}`;
const CREATE_APPLICATION = `mutation ($id: ID!) {
  createApplication(input: { id: $id, name: "Bank" }) { id }
}`;
const CONFIGURE = `mutation ($applicationId: ID!, $input: ConfigurePushProfileInput!) {
  configurePushProfile(applicationId: $applicationId, input: $input) { sharedSecret }
}`;
