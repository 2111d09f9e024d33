import { createSign, generateKeyPairSync } from 'node:crypto';
import { ApiClient } from './api-client';
import { ComapiClient, type ComapiSession, sdks } from './comapi-client';

const day = 86_400;
const seconds = () => Math.floor(Date.now() / 1_000);
const fcmToken = (name: string) => `${name}:APA91b-${name}`;
const fcm = (name: string) => ({
  fcm: { package: 'com.example.bank', registrationId: fcmToken(name) },
});
const apns = (changes: object = {}) => ({
  apns: {
    bundleId: 'com.example.bank',
    environment: 'production',
    token: 'AB'.repeat(32),
    ...changes,
  },
});

describe('the Comapi session protocol', () => {
  let api: ApiClient;
  let comapi: ComapiClient;
  /** Of another application. */
  let elsewhere: ComapiClient;

  beforeAll(async () => {
    api = await ApiClient.start();
    comapi = await create('1', 'bank.space_1');
    elsewhere = await create('2', 'other-space');
  });
  afterAll(() => api.close());
  beforeEach(() =>
    api.sql(`TRUNCATE rate_limits, push_sessions, push_challenges, profiles, activations, devices, audit_events CASCADE;
             DELETE FROM users`),
  );

  async function create(applicationId: string, apiSpaceId: string): Promise<ComapiClient> {
    await api.ask(
      'mutation ($id: ID!) { createApplication(input: { id: $id, name: "Bank" }) { id } }',
      { id: applicationId },
    );
    return configure(applicationId, apiSpaceId);
  }

  async function configure(applicationId: string, apiSpaceId: string): Promise<ComapiClient> {
    const issuer = 'https://api.comapi.com/defaultauth';
    const audience = 'https://api.comapi.com';
    const input = { apiSpaceId, issuer, audience };
    const { sharedSecret } = await api.ask<{ sharedSecret: string }>(CONFIGURE, {
      applicationId,
      input,
    });
    return new ComapiClient(api.url, { ...input, sharedSecret });
  }

  const statusOf = async (answer: Promise<Response>) => (await answer).status;
  const registrations = () =>
    api.sql<{ user: string; platform: string; token: string; application: number }>(
      `SELECT user_id AS user, platform, token, application_id AS application
       FROM activations JOIN devices ON devices.id = device_id ORDER BY token, user_id`,
    );
  const putPush = ({ token, session }: ComapiSession, body: unknown, id = session.id) =>
    comapi.call('PUT', `sessions/${id}/push`, { token, body });

  describe('opens a session', () => {
    it.each(Object.entries(sdks))('for the SDK of %s', async (_, sdk) => {
      const { session } = await comapi.open('ann@example.com', sdk);
      expect(session).toEqual({
        id: expect.any(String) as string,
        profileId: 'ann@example.com',
        deviceId: sdk.deviceId,
        platform: sdk.platform,
        platformVersion: sdk.platformVersion,
        sdkType: sdk.sdkType,
        sdkVersion: sdk.sdkVersion,
        sourceIp: '127.0.0.1',
        isActive: true,
        createdOn: expect.any(String) as string,
        expiresOn: expect.any(String) as string,
      });
    });

    it('with a token that names nobody and that plain base64 can hold', async () => {
      const { token, session } = await comapi.open('zoë?>~@example.com');
      const [, payload = ''] = token.split('.');
      expect(payload).not.toMatch(/[-_]/);
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      expect(claims).toEqual({
        jti: expect.any(String) as string,
        sid: session.id,
        apiSpaceId: 'bank.space_1',
        iss: expect.any(String) as string,
        aud: 'carillon:push-session',
        iat: expect.any(Number) as number,
        exp: Math.floor(Date.parse(session.expiresOn) / 1_000),
      });
    });

    it.each([
      { what: 'seconds', iat: seconds, exp: () => seconds() + day },
      {
        what: 'fractions of seconds',
        iat: () => seconds() - 0.5,
        exp: () => seconds() + 30 * day + 0.125,
      },
      {
        what: 'milliseconds',
        iat: () => Date.now(),
        exp: () => Date.now() + 30 * day * 1_000,
      },
      { what: 'milliseconds in exp alone', iat: seconds, exp: () => Date.now() + day * 1_000 },
    ])('for an answer in $what, and for a day at most', async ({ iat, exp }) => {
      const { session } = await comapi.open('ann', sdks.ios, { iat: iat(), exp: exp() });
      expect(Date.parse(session.expiresOn)).toBeLessThanOrEqual(Date.now() + day * 1_000);
      expect(Date.parse(session.expiresOn)).toBeGreaterThan(Date.now() + (day - 60) * 1_000);
    });

    it('that ends when the answer does', async () => {
      const exp = seconds() + 600;
      const { session } = await comapi.open('ann', sdks.javascript, { exp });
      expect(session.expiresOn).toBe(new Date(exp * 1_000).toISOString());
    });

    it('to one of eight answers at once', async () => {
      const { authenticationId, nonce } = await comapi.start();
      const answer = comapi.answer(nonce, { sub: 'ann' });
      const all = Array.from({ length: 8 }, () => comapi.post(authenticationId, answer));
      const statuses = (await Promise.all(all)).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 403, 403, 403, 403, 403, 403, 403]);
      expect(await api.sql('SELECT FROM push_sessions')).toHaveLength(1);
    });

    it('to the first answer and to no repetition of it', async () => {
      const { authenticationId, nonce } = await comapi.start();
      const answer = comapi.answer(nonce, { sub: 'ann' });
      expect(await statusOf(comapi.post(authenticationId, answer))).toBe(200);
      expect(await statusOf(comapi.post(authenticationId, answer))).toBe(403);
    });
  });

  describe('refuses an answer', () => {
    it('with Invalid JWT, and the guess costs the challenge', async () => {
      const { authenticationId, nonce } = await comapi.start();
      const guess = comapi.answer(nonce, { sub: 'ann' }, 'a guess');
      const response = await comapi.post(authenticationId, guess);
      expect(response.status).toBe(403);
      expect(await response.json()).toEqual({ code: 'INVALID_JWT', message: 'Invalid JWT' });
      const right = comapi.answer(nonce, { sub: 'ann' });
      expect(await statusOf(comapi.post(authenticationId, right))).toBe(403);
    });

    it.each([
      { what: 'of another issuer', claims: { iss: 'https://example.com' } },
      { what: 'to another audience', claims: { aud: 'https://example.com' } },
      { what: 'without a user', claims: { sub: undefined } },
      { what: 'that is over', claims: { exp: seconds() - 61 } },
      { what: 'that is over, in milliseconds', claims: { exp: Date.now() - 61_000 } },
      { what: 'for ever', claims: { exp: 9e10 } },
      { what: 'for 32 days', claims: { exp: seconds() + 32 * day } },
      { what: 'in microseconds', claims: { exp: Date.now() * 1_000 } },
      { what: 'from the future', claims: { iat: seconds() + 120 } },
    ])('$what', async ({ claims }) => {
      expect(await statusOf(comapi.try({ sub: 'ann', ...claims }))).toBe(403);
      expect(await api.sql('SELECT FROM push_sessions')).toHaveLength(0);
    });

    it('to the challenge of another, of another space, and to one that is over', async () => {
      const [mine, other, foreign] = await Promise.all([
        comapi.start(),
        comapi.start(),
        elsewhere.start(),
      ]);
      const crossed = comapi.answer(other.nonce, { sub: 'ann' });
      expect(await statusOf(comapi.post(mine.authenticationId, crossed))).toBe(403);
      const answer = comapi.answer(foreign.nonce, { sub: 'ann' });
      expect(await statusOf(comapi.post(foreign.authenticationId, answer))).toBe(403);
      const late = await comapi.start();
      await api.sql(`UPDATE push_challenges SET expires_at = now() - interval '1 second'`);
      const right = comapi.answer(late.nonce, { sub: 'ann' });
      expect(await statusOf(comapi.post(late.authenticationId, right))).toBe(403);
    });

    it.each([
      { what: 'no object', body: [] as unknown },
      { what: 'nothing', body: {} },
      { what: 'a number for a token', body: { authenticationToken: 7 } },
      { what: 'an id that is none', body: { authenticationId: 'x', authenticationToken: 'x' } },
      { what: 'a NUL', body: { authenticationToken: 'x', deviceId: 'a\0b' } },
      { what: 'half a character', body: { authenticationToken: 'x', platform: '\ud800' } },
      { what: 'push details without a token', body: { push: { fcm: { package: 'a' } } } },
      {
        what: 'an unknown environment',
        body: { push: apns({ environment: 'sandbox' }) },
      },
    ])('of $what as malformed', async ({ body }) => {
      const { authenticationId } = await comapi.start();
      const whole = Array.isArray(body)
        ? body
        : { authenticationId, authenticationToken: 'x', ...(body as object) };
      const given = Object.keys(body as object).length === 0 ? {} : whole;
      const response = await comapi.call('POST', 'sessions', { body: given });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST' });
    });

    it('that no JSON is, in the form of these routes', async () => {
      const response = await fetch(`${api.url}/apispaces/bank.space_1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{',
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'BAD_REQUEST' });
    });

    it('and keeps why to itself and to the audit trail', async () => {
      await comapi.try({ sub: 'ann' }, sdks.ios, 'a guess');
      await comapi.open('ann');
      expect(
        await api.sql('SELECT actor_kind, actor_id, outcome, reason FROM audit_events'),
      ).toEqual([
        {
          actor_kind: 'anonymous',
          actor_id: '',
          outcome: 'failure',
          reason: 'No key of its owner signed it',
        },
        { actor_kind: 'profile', actor_id: 'ann', outcome: 'success', reason: null },
      ]);
    });
  });

  it('knows no other API space', async () => {
    const nowhere = new ComapiClient(api.url, { ...comapi.space, apiSpaceId: 'no where/%00' });
    expect(await statusOf(nowhere.call('GET', 'sessions/start'))).toBe(404);
    expect(await statusOf(nowhere.post(crypto.randomUUID(), 'x'))).toBe(404);
    const { token, session } = await comapi.open('ann');
    expect(await statusOf(nowhere.call('GET', `sessions/${session.id}`, { token }))).toBe(404);
  });

  it('forgets what is long over', async () => {
    await comapi.open('ann');
    await api.sql(`UPDATE push_sessions SET expires_at = now() - interval '8 days'`);
    await comapi.start();
    await api.sql(`UPDATE push_challenges SET expires_at = now() - interval '1 second'`);
    await comapi.open('ben');
    expect(await api.sql('SELECT user_id FROM push_sessions')).toEqual([{ user_id: 'ben' }]);
    expect(await api.sql('SELECT FROM push_challenges')).toHaveLength(0);
  });

  it('slows down who asks too often', async () => {
    const start = (count: number) =>
      Promise.all(Array.from({ length: count }, () => comapi.call('GET', 'sessions/start')));
    const starts = [...(await start(300)), ...(await start(301))]; // one address has so many connections at once
    const refused = starts.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    const nowhere = new ComapiClient(api.url, { ...comapi.space, apiSpaceId: 'nowhere' });
    expect(await statusOf(nowhere.post(crypto.randomUUID(), 'x'))).toBe(429);
  });

  it('starts however many challenges are open: how many may be asked for bounds them', async () => {
    await api.sql(
      `INSERT INTO push_challenges SELECT gen_random_uuid(), 1, 'n', now() + interval '1 minute'
       FROM generate_series(1, 100000)`,
    );
    expect(await statusOf(comapi.call('GET', 'sessions/start'))).toBe(200);
  });

  it('opens sessions at an address at which others fail, and slows these down', async () => {
    const failures = Array.from({ length: 32 }, () => comapi.post(crypto.randomUUID(), 'x'));
    const statuses = (await Promise.all(failures)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([...Array<number>(30).fill(403), 429, 429]);
    await comapi.open('ann');
    expect(await statusOf(comapi.post(crypto.randomUUID(), 'x'))).toBe(429);
  });

  it('opens none by a push profile that another process has changed or removed', async () => {
    await comapi.open('ann');
    const stamp = (by: string) =>
      api.sql(`UPDATE push_profiles SET updated_at = updated_at ${by} WHERE application_id = 1`);
    await stamp("+ interval '1 second'");
    expect(await statusOf(comapi.try({ sub: 'ann' }, sdks.ios))).toBe(403);
    await comapi.open('ann');
    await stamp("- interval '1 second'");
    expect(await statusOf(comapi.try({ sub: 'ann' }, sdks.ios))).toBe(403);
    await comapi.open('ann');
    expect(await api.sql('SELECT FROM push_sessions')).toHaveLength(3);
  });

  describe('a shared secret', () => {
    const rotate = (input: object) =>
      api.ask<{ sharedSecret: string | null; warning: string | null }>(ROTATE, { input });

    afterEach(async () => {
      const { sharedSecret } = await rotate({ keepPreviousSeconds: 0 });
      comapi = new ComapiClient(api.url, { ...comapi.space, sharedSecret: sharedSecret ?? '' });
    });

    it('is good for as long as its rotation says', async () => {
      const { sharedSecret } = await rotate({ keepPreviousSeconds: 3_600 });
      await comapi.open('ann', sdks.ios);
      await comapi.open('ann', sdks.ios, {}, sharedSecret ?? '');
      await rotate({ keepPreviousSeconds: 0 });
      for (const secret of [comapi.space.sharedSecret, sharedSecret ?? '']) {
        expect(await statusOf(comapi.try({ sub: 'ann' }, sdks.ios, secret))).toBe(403);
      }
    });

    it('may be short, with a warning', async () => {
      const { warning } = await rotate({ keepPreviousSeconds: 0, sharedSecret: 'short' });
      expect(warning).toContain('has 5 bytes');
      await comapi.open('ann', sdks.ios, {}, 'short');
    });

    it('is not shown again', async () => {
      const query = '{ application(id: "1") { pushProfile { apiSpaceId issuer sessionSeconds } } }';
      expect(await api.ask(query)).toEqual({
        pushProfile: {
          apiSpaceId: 'bank.space_1',
          issuer: comapi.space.issuer,
          sessionSeconds: day,
        },
      });
    });
  });

  describe('a session', () => {
    it('can be read and ended', async () => {
      const { token, session } = await comapi.open('ann');
      const path = `sessions/${session.id}`;
      const read = await comapi.call('GET', path, { token });
      expect(read.status).toBe(200);
      expect(await read.json()).toEqual(session);
      expect(await statusOf(comapi.call('DELETE', path, { token }))).toBe(204);
      const dead = await comapi.call('GET', path, { token });
      expect(dead.status).toBe(401);
      expect(dead.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    });

    it('is not open to who has no token of it', async () => {
      const ann = await comapi.open('ann');
      const ben = await comapi.open('ben');
      const path = `sessions/${ann.session.id}`;
      const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      const [header = '', payload = ''] = ann.token.split('.');
      const signed = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(foreign);
      const forged = `${header}.${payload}.${signed.toString('base64url')}`;
      const owner = await api.ask<{ token: string }>('mutation { renewSession { token } }');
      for (const token of [undefined, 'x', `${ann.token}x`, forged, owner.token]) {
        const call = comapi.call('GET', path, token === undefined ? {} : { token });
        expect(await statusOf(call)).toBe(401);
      }
      expect(await statusOf(comapi.call('GET', path, { token: ben.token }))).toBe(404);
      expect(await statusOf(elsewhere.call('GET', path, { token: ann.token }))).toBe(401);
      expect(await statusOf(comapi.call('DELETE', path, { token: ben.token }))).toBe(404);
      expect(await statusOf(comapi.call('GET', path, { token: ann.token }))).toBe(200);
    });

    it('ends with its time', async () => {
      const { token, session } = await comapi.open('ann');
      await api.sql("UPDATE push_sessions SET expires_at = now() - interval '1 second'");
      expect(await statusOf(comapi.call('GET', `sessions/${session.id}`, { token }))).toBe(401);
    });

    it('opens nothing else', async () => {
      const { token } = await comapi.open('ann');
      const answer = await api.as(token).post('{ applications { pageInfo { hasNextPage } } }');
      expect(answer.errors?.[0]?.extensions.code).toBe('INVALID_TOKEN');
      const push = await api.as(token).fetch('/push/campaign/list', { method: 'GET' });
      expect(push.status).toBe(401);
    });
  });

  describe('push details', () => {
    it('make a device of the user, on either platform', async () => {
      const ann = await comapi.open('ann', sdks.android);
      expect(await statusOf(putPush(ann, fcm('one')))).toBe(200);
      const ben = await comapi.open('ben', sdks.ios);
      expect(await statusOf(putPush(ben, apns()))).toBe(200);
      expect(await registrations()).toEqual([
        { user: 'ben', platform: 'ios', token: 'ab'.repeat(32), application: 1 },
        { user: 'ann', platform: 'android', token: fcmToken('one'), application: 1 },
      ]);
    });

    it('may come with the answer to the challenge', async () => {
      await comapi.open('ann', { ...sdks.javascript, push: fcm('one') });
      expect(await registrations()).toMatchObject([{ user: 'ann', token: fcmToken('one') }]);
    });

    it('of several devices of one user are one user’s', async () => {
      const [one, two] = [await comapi.open('ann', sdks.android), await comapi.open('ann')];
      await putPush(one, fcm('one'));
      await putPush(two, fcm('two'));
      expect(await registrations()).toMatchObject([
        { user: 'ann', token: fcmToken('one') },
        { user: 'ann', token: fcmToken('two') },
      ]);
      expect(await api.sql('SELECT FROM users')).toHaveLength(1);
    });

    it('of two people whose devices are both called iPhone stay apart', async () => {
      const ann = await comapi.open('ann', sdks.ios);
      const ben = await comapi.open('ben', sdks.ios);
      await putPush(ann, apns({ token: 'aa'.repeat(32) }));
      await putPush(ben, apns({ token: 'bb'.repeat(32) }));
      expect(await registrations()).toMatchObject([
        { user: 'ann', token: 'aa'.repeat(32) },
        { user: 'ben', token: 'bb'.repeat(32) },
      ]);
    });

    it('that are new replace those that the session had', async () => {
      const ann = await comapi.open('ann', sdks.android);
      await putPush(ann, fcm('old'));
      await putPush(ann, fcm('new'));
      expect(await registrations()).toMatchObject([{ user: 'ann', token: fcmToken('new') }]);
    });

    it('are removed for their user, and for no other of the device', async () => {
      const ann = await comapi.open('ann');
      const ben = await comapi.open('ben');
      await putPush(ann, fcm('shared'));
      await putPush(ben, fcm('shared'));
      const path = `sessions/${ann.session.id}/push`;
      for (let n = 0; n < 2; n++) {
        const removal = comapi.call('DELETE', path, { token: ann.token });
        expect(await statusOf(removal)).toBe(204);
      }
      expect(await registrations()).toMatchObject([{ user: 'ben', token: fcmToken('shared') }]);
    });

    it('of an app that the application’s credential cannot reach are refused in words', async () => {
      await api.sql(
        `INSERT INTO gateway_credentials (application_id, gateway, version, realm, facts, sealed)
         VALUES (1, 'apns', gen_random_uuid(), 'TEAM.com.example.bank production', '{"bundle": "com.example.bank", "environment": "production"}', 'sealed')`,
      );
      const ann = await comapi.open('ann', sdks.ios);
      for (const other of [{ bundleId: 'com.example.beta' }, { environment: 'development' }]) {
        const response = await putPush(ann, apns(other));
        expect(response.status).toBe(400);
        const { message } = (await response.json()) as { message: string };
        expect(message).toContain('com.example.bank (production)');
        expect(message).toContain(Object.values(other)[0]);
      }
      expect(await statusOf(putPush(ann, apns()))).toBe(200);
      await api.sql('DELETE FROM gateway_credentials');
    });

    it.each([
      { what: 'nothing', body: {} },
      { what: 'no object', body: 'text' },
      { what: 'an FCM token with a space', body: { fcm: { package: 'a', registrationId: 'a b' } } },
      { what: 'an APNs token that is not hexadecimal', body: apns({ token: 'xyz' }) },
      { what: 'no environment', body: apns({ environment: undefined }) },
    ])('of $what are refused', async ({ body }) => {
      const ann = await comapi.open('ann');
      expect(await statusOf(putPush(ann, body))).toBe(400);
      expect(await registrations()).toEqual([]);
    });
  });

  describe('an SDK whose session has ended', () => {
    let old: ComapiSession;
    let healed: ComapiSession;

    beforeEach(async () => {
      old = await comapi.open('ann');
      await putPush(old, fcm('old'));
      await api.sql(`UPDATE push_sessions SET expires_at = now() - interval '1 minute'`);
      expect(await statusOf(putPush(old, fcm('new')))).toBe(401);
      healed = await comapi.open('ann');
    });

    it('registers with its new token at the old URL', async () => {
      expect(await statusOf(putPush(healed, fcm('new'), old.session.id))).toBe(200);
      expect(await registrations()).toMatchObject([{ user: 'ann', token: fcmToken('new') }]);
    });

    it('removes there what the old session registered', async () => {
      const path = `sessions/${old.session.id}/push`;
      expect(await statusOf(comapi.call('DELETE', path, { token: healed.token }))).toBe(204);
      expect(await registrations()).toEqual([]);
    });

    it('ends its new session there', async () => {
      const path = `sessions/${old.session.id}`;
      expect(await statusOf(comapi.call('DELETE', path, { token: healed.token }))).toBe(204);
      expect(await statusOf(comapi.call('GET', path, { token: healed.token }))).toBe(401);
    });

    it.each([
      { what: 'another user', user: 'ben', device: sdks.javascript },
      { what: 'another device', user: 'ann', device: sdks.android },
    ])('does not hand it to $what', async ({ user, device }) => {
      const other = await comapi.open(user, device);
      expect(await statusOf(putPush(other, fcm('new'), old.session.id))).toBe(404);
    });

    it('finds no session of its own that is alive at the URL of another', async () => {
      const second = await comapi.open('ann');
      expect(await statusOf(putPush(second, fcm('new'), healed.session.id))).toBe(404);
      for (const id of [crypto.randomUUID(), 'x', 'start%00']) {
        expect(await statusOf(putPush(second, fcm('new'), id))).toBe(404);
      }
    });
  });

  describe('a profile', () => {
    let ann: ComapiSession;
    const at = (userId: string) => `profiles/${encodeURIComponent(userId)}`;
    const call = (method: string, body?: unknown, headers: object = {}, userId = 'ann/ä@x') =>
      comapi.call(method, at(userId), { token: ann.token, body, headers });

    beforeEach(async () => {
      ann = await comapi.open('ann/ä@x');
    });

    it('is written and read under its entity tag', async () => {
      const empty = await call('GET');
      expect(empty.status).toBe(200);
      expect(await empty.json()).toMatchObject({ id: 'ann/ä@x' });
      const etag = empty.headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[0-9a-f-]{36}"$/);
      const body = { id: 'ann/ä@x', email: 'Ann@Example.com', city: 'Graz' };
      const put = await call('PUT', body, { 'if-match': etag });
      expect(put.status).toBe(200);
      expect(await put.json()).toMatchObject({ ...body, email: 'ann@example.com' });
      expect(await statusOf(call('PUT', body, { 'if-match': etag }))).toBe(412);
      const patch = await call('PATCH', { city: null }, { 'if-match': put.headers.get('etag') });
      expect(patch.status).toBe(200);
      expect(await patch.json()).not.toHaveProperty('city');
      const read = await call('GET');
      expect(read.headers.get('etag')).toBe(patch.headers.get('etag'));
      expect(await read.json()).toMatchObject({ email: 'ann@example.com' });
    });

    it.each([
      { tag: '*', status: 200 },
      { tag: '"00000000-0000-4000-8000-000000000000"', status: 412 },
      { tag: 'nonsense', status: 412 },
      { tag: '', status: 412 },
    ])('is changed under If-Match: $tag with $status', async ({ tag, status }) => {
      expect(await statusOf(call('PUT', {}, { 'if-match': tag }))).toBe(status);
    });

    it.each([
      { what: 'a weak tag', form: (tag: string) => `W/${tag}` },
      { what: 'a tag without quotes', form: (tag: string) => tag.replaceAll('"', '') },
      { what: 'one of several tags', form: (tag: string) => `"other", ${tag}` },
    ])('is changed under $what', async ({ form }) => {
      const tag = (await call('GET')).headers.get('etag') ?? '';
      expect(await statusOf(call('PATCH', { n: 1 }, { 'if-match': form(tag) }))).toBe(200);
    });

    it('is no other user’s', async () => {
      for (const method of ['GET', 'PUT', 'PATCH']) {
        const body = method === 'GET' ? undefined : {};
        expect(await statusOf(call(method, body, {}, 'ben'))).toBe(403);
      }
      const path = at('ann/ä@x');
      expect(await statusOf(comapi.call('GET', path))).toBe(401);
      expect(await statusOf(elsewhere.call('GET', path, { token: ann.token }))).toBe(401);
    });

    it.each([
      { what: 'a list', body: [] as unknown },
      { what: 'text', body: 'text' },
      { what: 'a wrong e-mail', body: { email: 'ann' } },
      { what: 'a NUL', body: { a: 'b\0' } },
    ])('refuses $what', async ({ body }) => {
      expect(await statusOf(call('PUT', body))).toBe(400);
    });

    it('refuses what is nested without end', async () => {
      const deep = '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000);
      const response = await fetch(`${api.url}/apispaces/bank.space_1/${at('ann/ä@x')}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}` },
        body: deep,
      });
      expect(response.status).toBe(400);
    });

    it('shows in GraphQL, with the e-mail that the token vouches for', async () => {
      await call('PUT', { email: 'victim@example.com' });
      expect(await inGraphql()).toMatchObject({ email: null });
      const claims = { email: 'Ann@example.com', email_verified: true };
      ann = await comapi.open('ann/ä@x', sdks.javascript, claims);
      await call('PUT', { email: 'ann@example.com' });
      expect(await inGraphql()).toEqual({
        userId: 'ann/ä@x',
        email: 'ann@example.com',
        attributes: { email: 'ann@example.com' },
      });
    });

    function inGraphql() {
      const query = `query ($userId: String!) {
        profile(applicationId: "1", userId: $userId) { userId email attributes }
      }`;
      return api.ask(query, { userId: 'ann/ä@x' });
    }
  });

  describe('a page of whatever origin', () => {
    const preflight = (path: string) =>
      fetch(api.url + path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example.com',
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization,if-match',
        },
      });

    it('may call these routes', async () => {
      const response = await preflight('/apispaces/bank.space_1/profiles/ann');
      expect(response.status).toBe(204);
      const { headers } = response;
      expect(headers.get('access-control-allow-origin')).toBe('*');
      for (const name of [
        'authorization',
        'cache-control',
        'content-type',
        'if-match',
        'if-modified-since',
        'pragma',
      ]) {
        expect(headers.get('access-control-allow-headers')).toContain(name);
      }
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        expect(headers.get('access-control-allow-methods')).toContain(method);
      }
    });

    it('sees their entity tags and their refusals', async () => {
      const headers = { origin: 'https://shop.example.com' };
      const refused = await comapi.call('GET', 'profiles/ann', { headers });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      expect(refused.headers.get('access-control-expose-headers')).toBe('ETag');
    });

    it('may call no other route', async () => {
      for (const path of ['/graphql', '/push/device/create', '/nowhere', '/apispacesx']) {
        const response = await preflight(path);
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
        expect(response.status).toBeGreaterThanOrEqual(400);
      }
    });
  });

  it('refuses unknown routes and methods in its own form', async () => {
    const cases = [
      { path: '/apispaces', method: 'GET' },
      { path: '/apispaces/bank.space_1/sessions', method: 'PUT' },
      { path: '/apispaces/bank.space_1/socket?token=secret', method: 'GET' },
    ];
    for (const { path, method } of cases) {
      const response = await fetch(api.url + path, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('ends when the push profile goes, though another takes its place', async () => {
    const { token, session } = await elsewhere.open('ann');
    await api.ask('mutation { removePushProfile(applicationId: "2") { id } }');
    const path = `sessions/${session.id}`;
    expect(await statusOf(elsewhere.call('GET', path, { token }))).toBe(404);
    expect(await statusOf(elsewhere.call('GET', 'sessions/start'))).toBe(404);
    elsewhere = await configure('2', 'other-space');
    expect(await statusOf(elsewhere.call('GET', path, { token }))).toBe(401);
    expect((await elsewhere.open('ann')).session.isActive).toBe(true);
  });
});

const CONFIGURE = `mutation ($applicationId: ID!, $input: ConfigurePushProfileInput!) {
  configurePushProfile(applicationId: $applicationId, input: $input) { sharedSecret }
}`;

const ROTATE = `mutation ($input: RotatePushProfileSecretInput!) {
  rotatePushProfileSecret(applicationId: "1", input: $input) { sharedSecret warning }
}`;
