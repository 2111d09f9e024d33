import { AccessTokens, ApiKeysService, PushSessionTokens } from '@app/auth';
import { Actor, type Permission, permissions } from '@app/core';
import { SigningKeys } from '@app/keys';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiClient } from './api-client';
import { signer, type Tenancy } from './two-applications';

/** The API keys that there are, by what is changed of one that has all permissions everywhere. */
const limitsOfKeys = {
  everywhere: '',
  'beth-only': "application_ids = '{2}'",
  powerless: "scopes = '{}'",
  revoked: 'revoked_at = now()',
} as const;
type KeyName = keyof typeof limitsOfKeys;

async function createApiKeys(api: ApiClient, app: NestFastifyApplication) {
  const secrets: Record<string, string> = {};
  for (const [name, change] of Object.entries(limitsOfKeys)) {
    const input = { name, scopes: permissions };
    const service = app.get(ApiKeysService, { strict: false });
    const { apiKey, secret } = await service.create(Actor.system('test'), input);
    if (change !== '') await api.sql(`UPDATE api_keys SET ${change} WHERE id = $1`, [apiKey.id]);
    secrets[name] = secret;
  }
  return secrets as Record<KeyName, string>;
}

/** Makes tokens of each class, without the way by which they are got. */
export class Callers {
  private constructor(
    private readonly api: ApiClient,
    private readonly app: NestFastifyApplication,
    /** Their secrets. */
    readonly apiKeys: Readonly<Record<KeyName, string>>,
  ) {}

  /** @param api of an OWNER */
  static async create(api: ApiClient, app: NestFastifyApplication): Promise<Callers> {
    for (const [clientId, limit] of [
      ['everywhere', {}],
      ['beth-only', { applicationIds: ['2'] }],
    ] as const) {
      const input = { clientId, name: clientId, scopes: permissions, ...limit };
      await api.ask(
        'mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }',
        { input },
      );
    }
    return new Callers(api, app, await createApiKeys(api, app));
  }

  /** Makes a token of a client that has all permissions everywhere, for some of them. */
  async accessToken(scopes: readonly Permission[], id = 'everywhere'): Promise<string> {
    const tokens = this.app.get(AccessTokens, { strict: false });
    return (await tokens.issue({ kind: 'client', id, scopes })).token;
  }

  /** With an API key, which has all permissions unless it is limited. */
  withKey(which: KeyName = 'everywhere'): ApiClient {
    return this.api.as(this.apiKeys[which]);
  }

  /** With these permissions, in all applications. */
  async with(...scopes: readonly Permission[]): Promise<ApiClient> {
    return this.api.as(await this.accessToken(scopes));
  }

  /** With all permissions but these, in all applications. */
  async without(...missing: readonly string[]): Promise<ApiClient> {
    return this.with(...permissions.filter((permission) => !missing.includes(permission)));
  }

  /** With all permissions in the application beth. */
  async ofBeth(): Promise<ApiClient> {
    return this.api.as(await this.accessToken(permissions, 'beth-only'));
  }

  /** Returns a user who comes with a signed token, of this application unless another is named. */
  user({ userId, applicationId }: Tenancy, named: string | undefined = applicationId): ApiClient {
    const token = this.userToken(userId);
    return this.api.as(token, { 'carillon-application': named });
  }

  userToken(sub: string): string {
    const iat = Math.floor(Date.now() / 1000);
    return signer.sign({ sub, iat, exp: iat + 600 });
  }

  async pushSessionToken({ apiSpaceId, pushSessionId: id }: Tenancy): Promise<string> {
    const tokens = this.app.get(PushSessionTokens, { strict: false });
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 600_000);
    return tokens.issue(apiSpaceId, { id, createdAt, expiresAt } as never);
  }

  /** Tokens that prove nothing here, by what they are. */
  async refused(aleph: Tenancy): Promise<Record<string, ApiClient>> {
    const access = await this.accessToken(permissions);
    return {
      'what is no token': this.api.as('nonsense'),
      'a token that has ended': this.api.as(await this.endedToken(access)),
      "an access token where a user's belongs": this.api.as(access, {
        'carillon-application': aleph.applicationId,
      }),
      "a user's token where an access token belongs": this.api.as(this.userToken(aleph.userId)),
      "a user's token in another application": this.api.as(this.userToken(aleph.userId), {
        'carillon-application': '9',
      }),
      'the token of a push session': this.api.as(await this.pushSessionToken(aleph)),
      'an assertion': this.api.as(signer.assertion(aleph.clientId)),
      'an API key that was revoked': this.withKey('revoked'),
      "an API key where a user's token belongs": this.api.as(this.apiKeys.everywhere, {
        'carillon-application': aleph.applicationId,
      }),
    };
  }

  /** Makes of an access token what it is two hours later. */
  private endedToken(token: string): Promise<string> {
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
      'iat' | 'iat_ms' | 'exp',
      number
    >;
    const { iat, iat_ms, exp } = claims;
    const ended = { ...claims, iat: iat - 7_200, iat_ms: iat_ms - 7_200_000, exp: exp - 7_200 };
    return this.app.get(SigningKeys, { strict: false }).sign('at+jwt', ended);
  }
}
