import { createHmac } from 'node:crypto';

/** What an app's push profile says, on the side of the app. */
export interface ComapiSpace {
  readonly apiSpaceId: string;
  readonly issuer: string;
  readonly audience: string;
  readonly sharedSecret: string;
}

export interface ComapiSession {
  readonly token: string;
  readonly session: Readonly<Record<string, unknown>> & {
    readonly id: string;
    readonly profileId: string;
    readonly expiresOn: string;
  };
}

/** What each SDK sends of itself. */
export const sdks = {
  javascript: {
    deviceId: 'e3d2a1b0-0000-4000-8000-000000000001',
    platform: 'javascript',
    platformVersion: '5.0 (X11)',
    sdkType: 'native',
    sdkVersion: '1.3.0.46',
  },
  android: {
    deviceId: 'f00dfeed',
    platform: 'android',
    platformVersion: '14',
    push: null,
    sdkType: 'native',
    sdkVersion: '1.4.0',
  },
  ios: {
    deviceId: 'iPhone',
    platform: 'iOS',
    platformVersion: '17.4',
    sdkType: 'native',
    sdkVersion: '2.1.1',
  },
} as const;

/** The headers that Comapi's SDK for JavaScript sends with each call. */
const noCache = {
  'content-type': 'application/json',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  'if-modified-since': 'Mon, 26 Jul 1997 05:00:00 GMT',
};

/** The form of dates that Android's and iOS's SDKs take. */
const wholeDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const now = () => Date.now() / 1_000;

/** The calls of Comapi's SDKs, with the checks that those make of the answers. */
export class ComapiClient {
  constructor(
    private readonly origin: string,
    readonly space: ComapiSpace,
  ) {}

  /** Makes a call as the SDK for JavaScript does. */
  call(
    method: string,
    path: string,
    { token, body, headers = {} }: { token?: string; body?: unknown; headers?: object } = {},
  ): Promise<Response> {
    return fetch(`${this.origin}/apispaces/${encodeURIComponent(this.space.apiSpaceId)}/${path}`, {
      method,
      headers: {
        ...noCache,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async start(): Promise<{ authenticationId: string; nonce: string }> {
    const response = await this.call('GET', 'sessions/start');
    if (response.status !== 200) throw new Error(`start: ${response.status}`);
    const challenge = (await response.json()) as Record<string, string>;
    const { authenticationId, provider, nonce, expiresOn } = challenge;
    if (provider !== 'jsonWebToken' || !authenticationId || !nonce || !expiresOn)
      throw new Error(`Not a challenge: ${JSON.stringify(challenge)}`);
    if (!wholeDate.test(expiresOn)) throw new Error(`Not a date: ${expiresOn}`);
    return { authenticationId, nonce };
  }

  /** Answers a challenge as an app does. @param key the shared secret, in UTF-8 */
  answer(nonce: string, claims: object, key = this.space.sharedSecret): string {
    const { issuer, audience } = this.space;
    const payload = {
      nonce,
      iss: issuer,
      aud: audience,
      iat: Math.floor(now()),
      exp: Math.floor(now()) + 86_400,
      ...claims,
    };
    const text = [{ alg: 'HS256', typ: 'JWT' }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  }

  post(authenticationId: string, authenticationToken: string, rest: object = sdks.javascript) {
    const body = { authenticationId, authenticationToken, ...rest };
    return this.call('POST', 'sessions', { body });
  }

  /** Takes steps 1 and 2, and returns the answer as it comes, without a check. */
  async try(claims: object, rest?: object, key?: string): Promise<Response> {
    const { authenticationId, nonce } = await this.start();
    return this.post(authenticationId, this.answer(nonce, claims, key), rest);
  }

  /** Takes steps 1 and 2. @throws Error when an SDK would not take the answer */
  async open(
    userId: string,
    rest: object = sdks.javascript,
    claims: object = {},
    key?: string,
  ): Promise<ComapiSession> {
    const response = await this.try({ sub: userId, ...claims }, rest, key);
    if (response.status !== 200) {
      throw new Error(`sessions: ${response.status} ${await response.text()}`);
    }
    const opened = (await response.json()) as ComapiSession;
    this.checkToken(opened.token);
    for (const name of ['createdOn', 'expiresOn']) {
      const date = String(opened.session[name]);
      if (!wholeDate.test(date)) throw new Error(`Not a date: ${date}`);
    }
    return opened;
  }

  /** The SDK for JavaScript decodes the payload as plain base64, and trusts it for this API space only. */
  private checkToken(token: string): void {
    const parts = token.split('.');
    const payload = JSON.parse(atob(parts[1] ?? '')) as { exp: number; apiSpaceId: string };
    if (parts.length !== 3 || !(payload.exp > now())) throw new Error('Not a live token');
    if (payload.apiSpaceId !== this.space.apiSpaceId) throw new Error('Of another API space');
  }
}
