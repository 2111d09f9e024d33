import { permissions } from '@app/core';
import type { ApiClient } from './api-client';
import { Callers } from './callers';
import { DatabaseSnapshot } from './database-snapshot';
import { comapiRoutes, openRoutes, pathOf, powerAuthRoutes } from './rest-table';
import { type ServerInside, startInside } from './server-inside';
import { populate, type Tenancy } from './two-applications';

/** A server with two applications in it. */
interface Site extends ServerInside {
  readonly aleph: Tenancy;
  readonly beth: Tenancy;
  readonly callers: Callers;
  readonly kept: DatabaseSnapshot;
  /** Routes as `GET /path`, by what they say to nobody: those that refuse him, and those that do not. */
  readonly closed: readonly string[];
  readonly open: readonly string[];
}

const sites: Partial<Record<'token' | 'open', Site>> = {};
const site = (mode: 'token' | 'open'): Site => {
  const started = sites[mode];
  if (started === undefined) throw new Error('It has not started');
  return started;
};

async function start(mode: 'token' | 'open'): Promise<void> {
  const inside = await startInside({
    POWERAUTH_COMPAT: mode,
    POWERAUTH_OPEN_ADMIN: 'true',
    POWERAUTH_SEND_WAIT_MS: '0',
  });
  const { api, app } = inside;
  const aleph = await populate(api, '1', 'aleph');
  const beth = await populate(api, '2', 'beth');
  const callers = await Callers.create(api, app);
  const kept = await DatabaseSnapshot.take(api);
  sites[mode] = { ...inside, aleph, beth, callers, kept, ...(await sweep(inside, aleph)) };
  await kept.restore();
}

/** Asks every route as nobody. A verb that a path does not have is a refusal too, and of no interest. */
async function sweep({ app, routes }: ServerInside, aleph: Tenancy) {
  const [open, closed] = [new Set<string>(), new Set<string>()];
  for (const { method, url } of routes) {
    if (['HEAD', 'OPTIONS'].includes(method)) continue; // of a GET, and for browsers
    const { statusCode, headers } = await app.inject({
      method: method as 'GET',
      url: pathOf(url, aleph),
      ...(method === 'QUERY' && { payload: {} }), // which Fastify asks for
    });
    if (statusCode === 405) continue;
    const isRefused = statusCode === 401 && headers['www-authenticate'] === 'Bearer';
    (isRefused ? closed : open).add(`${method} ${url}`);
  }
  return { open: [...open], closed: [...closed] };
}

beforeAll(async () => {
  await start('token');
  await start('open');
});
afterAll(async () => {
  for (const started of Object.values(sites)) await started.api.close();
});

const verbsOf = (url: string) =>
  site('token')
    .closed.map((route) => route.split(' '))
    .filter(([, path]) => path === url)
    .map(([verb = '']) => verb);
const json = { 'content-type': 'application/json' };
const call = (
  caller: ApiClient,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = body === undefined ? {} : json,
) =>
  caller.fetch(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const challengeOf = (answer: Response) => [answer.status, answer.headers.get('www-authenticate')];

describe('routes', () => {
  it('are open where the list says so, and nowhere else', () => {
    expect(site('token').open.filter((route) => !openRoutes.includes(route))).toEqual([]);
  });

  it('have tests of whom they let in', () => {
    const tested = [...Object.keys(powerAuthRoutes), ...Object.keys(comapiRoutes)];
    const others = site('token').closed.filter(
      (route) => !tested.includes(route.split(' ')[1] ?? ''),
    );
    // Below, and in upload.db.spec.ts.
    expect(others.toSorted()).toEqual([
      'POST /api/oauth/introspect',
      'POST /upload/applications/:id/devices',
      'POST /upload/campaigns/:id/users',
    ]);
    expect(tested.filter((url) => verbsOf(url).length === 0)).toEqual([]);
  });

  it('refuse under HEAD what they refuse under GET', async () => {
    const { app, routes, closed, aleph } = site('token');
    const heads = routes.filter(
      ({ method, url }) => method === 'HEAD' && closed.includes(`GET ${url}`),
    );
    expect(heads.length).not.toBe(0);
    for (const { url } of heads) {
      const { statusCode } = await app.inject({ method: 'HEAD', url: pathOf(url, aleph) });
      expect({ url, statusCode }).toEqual({ url, statusCode: 401 });
    }
  });

  it('of PowerAuth are the only ones that POWERAUTH_COMPAT=open opens', () => {
    const opened = site('token').closed.filter((route) => !site('open').closed.includes(route));
    const ofPowerAuth = Object.keys(powerAuthRoutes).flatMap((url) =>
      verbsOf(url).map((verb) => `${verb} ${url}`),
    );
    expect(opened.toSorted()).toEqual(ofPowerAuth.toSorted());
  });
});

describe.each(Object.entries(powerAuthRoutes))('%s', (url, { scope, ...route }) => {
  const callOf = (caller: ApiClient, verb: string, aleph: Tenancy) =>
    call(caller, verb, route.path?.(aleph) ?? url, route.body?.(aleph), json);

  it('is refused to all who lack its scope', async () => {
    const { aleph, callers, kept, api } = site('token');
    for (const verb of verbsOf(url)) {
      const nobody = await callOf(api.as(undefined), verb, aleph);
      expect(challengeOf(nobody)).toEqual([401, 'Bearer']);
      for (const [who, caller] of Object.entries(await callers.refused(aleph))) {
        const answer = await callOf(caller, verb, aleph);
        const refusal = [who, 401, 'Bearer error="invalid_token"'];
        expect([who, ...challengeOf(answer)]).toEqual(refusal);
      }
      const lacking = [
        await callers.without(scope),
        await callers.with(),
        callers.withKey('powerless'),
        callers.user(aleph),
      ];
      for (const caller of lacking) {
        const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
        expect(challengeOf(await callOf(caller, verb, aleph))).toEqual([403, challenge]);
      }
    }
    expect(await kept.changed()).toEqual([]);
  });

  it('finds nothing for a client of another application, or shows nothing of this one', async () => {
    const { aleph, callers, kept } = site('token');
    for (const verb of verbsOf(url)) {
      for (const caller of [await callers.ofBeth(), callers.withKey('beth-only')]) {
        const answer = await callOf(caller, verb, aleph);
        // 400 is what this interface says of a thing that is not found, where it says so at all.
        const expected = { 'a list': 200, 'as if done': 200, forbidden: 403, nothing: 400 };
        expect(answer.status).toBe(expected[route.elsewhere ?? 'nothing']);
        const told = (await answer.text()).replaceAll(aleph.activationId, ''); // as it was asked for
        expect(told).not.toContain(aleph.word);
      }
    }
    expect(await kept.changed()).toEqual([]);
  });

  it('is done for a client with its scope alone, and for anyone where routes are open', async () => {
    const closed = site('token');
    const open = site('open');
    for (const verb of verbsOf(url)) {
      for (const caller of [await closed.callers.with(scope), closed.callers.withKey()]) {
        const answer = await callOf(caller, verb, closed.aleph);
        expect([verb, answer.status]).toEqual([verb, 200]);
        await closed.kept.restore();
      }
      const nobody = open.api.as(undefined);
      expect([verb, (await callOf(nobody, verb, open.aleph)).status]).toEqual([verb, 200]);
      await open.kept.restore();
    }
  });
});

const ofComapi = Object.entries(comapiRoutes).flatMap(([url, routes]) =>
  routes.map(({ verb, ...route }) => [`${verb} ${url}`, verb, url, route] as const),
);

describe.each(ofComapi)('%s', (_, verb, url, { body, status }) => {
  const callOf = (caller: ApiClient, tenancy: Tenancy) =>
    call(caller, verb, pathOf(url, tenancy), body);

  it('is refused without the token of a push session in this API space', async () => {
    const { api, aleph, beth, callers, kept } = site('token');
    expect(challengeOf(await callOf(api.as(undefined), aleph))).toEqual([401, 'Bearer']);
    const { 'the token of a push session': pushSession, ...others } = await callers.refused(aleph);
    expect(pushSession).toBeDefined();
    const refused = {
      ...others,
      'a client with all permissions': await callers.with(...permissions),
      'an API key with all permissions': callers.withKey(),
      'a session elsewhere': api.as(await callers.pushSessionToken(beth)),
    };
    for (const [who, caller] of Object.entries(refused)) {
      const refusal = [who, 401, 'Bearer error="invalid_token"'];
      expect([who, ...challengeOf(await callOf(caller, aleph))]).toEqual(refusal);
    }
    expect(await kept.changed()).toEqual([]);
  });

  it("is refused for another user's session and profile", async () => {
    const { api, aleph, beth, callers, kept } = site('token');
    const caller = api.as(await callers.pushSessionToken(aleph));
    const { pushSessionId, userId } = beth;
    const answer = await callOf(caller, { ...aleph, pushSessionId, userId });
    expect([403, 404]).toContain(answer.status);
    expect(await answer.text()).not.toContain(beth.word);
    expect(await kept.changed()).toEqual([]);
  });

  it('is done for the session itself', async () => {
    const { api, aleph, callers, kept } = site('token');
    const caller = api.as(await callers.pushSessionToken(aleph));
    expect((await callOf(caller, aleph)).status).toBe(status);
    await kept.restore();
  });
});

describe('POST /api/oauth/introspect', () => {
  const introspect = (caller: ApiClient, token: string) =>
    caller.fetch('/api/oauth/introspect', {
      method: 'POST',
      body: new URLSearchParams({ token }),
    });

  it('is for those who may see clients, and for the holder of the token', async () => {
    const { api, aleph, callers } = site('token');
    const token = await callers.accessToken(['messages:send']);
    expect(challengeOf(await introspect(api.as(undefined), token))).toEqual([401, 'Bearer']);
    for (const caller of Object.values(await callers.refused(aleph))) {
      const refusal = [401, 'Bearer error="invalid_token"'];
      expect(challengeOf(await introspect(caller, token))).toEqual(refusal);
    }
    for (const caller of [await callers.without('clients:read'), callers.user(aleph)]) {
      const challenge = 'Bearer error="insufficient_scope", scope="clients:read"';
      expect(challengeOf(await introspect(caller, token))).toEqual([403, challenge]);
    }
    for (const caller of [await callers.with('clients:read'), callers.withKey(), api.as(token)]) {
      expect(await (await introspect(caller, token)).json()).toMatchObject({ active: true });
    }
  });
});
