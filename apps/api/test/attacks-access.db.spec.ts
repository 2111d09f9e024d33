import { createHash, randomUUID } from 'node:crypto';
import { newApiKey } from '@app/auth';
import { spellingsOf, texts, times } from './attack-claims';
import { rsaForms } from './attack-forms';
import { kids, kidSpellings, types } from './attack-headers';
import { authorizations, rightAuthorizations } from './attack-spellings';
import { type Attack, changed, flipped, forge, rsaKey } from './forged-tokens';
import { addSigningKey, tokenClasses, TokenHolders } from './token-holders';

const rowsPath = '/admin/app/list';
const introspectPath = '/api/oauth/introspect';

/** What is refused says the same, whatever is wrong with it. */
const message = 'The token is not valid';
const powerAuthMessage = 'Unauthorized, invalid security token configuration';

let holders: TokenHolders;

beforeAll(async () => {
  holders = await TokenHolders.start();
});
afterAll(() => holders.close());

const bearing = (authorization: string) => holders.api.as(undefined, { authorization });
const genuine = () => `Bearer ${forge(holders.access())}`;
const graphql = (authorization: string) => bearing(authorization).post('{ viewer { id } }');
const powerAuth = (authorization: string) => bearing(authorization).fetch(rowsPath);
/** @param token what is asked about, the caller's own when it is the same */
const introspect = (authorization: string, token = authorization.replace(/^\S+ +/, '')) =>
  bearing(authorization).fetch(introspectPath, {
    method: 'POST',
    body: new URLSearchParams({ token }),
  });

async function expectTaken(authorization = genuine(), id = 'crm'): Promise<void> {
  expect(await graphql(authorization)).toEqual({ data: { viewer: { id } } });
  expect((await powerAuth(authorization)).status).toBe(200);
  expect(await (await introspect(authorization)).json()).toMatchObject({ active: true });
}

async function expectRefused(authorization: string): Promise<void> {
  expect(await graphql(authorization)).toEqual({
    data: null,
    errors: [
      { message, extensions: { code: 'INVALID_TOKEN' }, path: ['viewer'], locations: [anything] },
    ],
  });
  const rows = await powerAuth(authorization);
  expect([rows.status, rows.headers.get('www-authenticate')]).toEqual([401, challenge]);
  expect(await rows.json()).toEqual({
    status: 'ERROR',
    responseObject: { code: 'ERROR_GENERIC', message: powerAuthMessage },
  });
  const introspected = await introspect(authorization, 'x');
  expect([introspected.status, introspected.headers.get('www-authenticate')]).toEqual([
    401,
    challenge,
  ]);
  expect(await introspected.json()).toEqual({
    error: 'invalid_token',
    error_description: message,
    success: false,
    code: 401,
    message,
  });
}

async function expectNotRead(name: string, token: string): Promise<void> {
  const anybody = holders.api.as(undefined);
  const query = new URLSearchParams({ [name]: token }).toString();
  const asked = { query: '{ viewer { id } }', [name]: token };
  const graphqlAnswer = await anybody.fetch(`/graphql?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  expect(await graphqlAnswer.json()).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
  const rows = await anybody.fetch(`${rowsPath}?${query}`);
  expect([rows.status, rows.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  const introspected = await anybody.fetch(`${introspectPath}?${query}`, {
    method: 'POST',
    body: new URLSearchParams(query),
  });
  expect(introspected.status).toBe(401);
}

/** By somebody who may. */
async function expectInactive(token: string): Promise<void> {
  const answer = await holders.api.fetch(introspectPath, {
    method: 'POST',
    body: new URLSearchParams({ token }),
  });
  expect([answer.status, await answer.json()]).toEqual([200, { active: false }]);
}

describe('an access token', () => {
  const groups: Readonly<Record<string, readonly Attack[]>> = {
    ...rsaForms,
    'names another key': [
      ...kids('crm', 'users', 'robot'),
      ...kidSpellings,
      ['no kid', changed({ header: { kid: undefined } })],
    ],
    'is said to be of another type': types('at+jwt', true),
    'has wrong times': times({ skewSeconds: 5, maxLifeSeconds: 3600 }),
    'is from or for somebody else': [
      ...['iss', 'aud', 'jti', 'sub', 'client_id'].flatMap((name) => [
        ...texts(name, [undefined]),
        [
          `${name} in a list`,
          changed(({ claims }) => ({ claims: { [name]: [claims[name]] } })),
        ] as const,
      ]),
      ...['iss', 'aud', 'sub'].flatMap(spellingsOf),
      ...texts('iss', ['https://evil.example', 'crm']),
      ...texts('aud', ['https://push.example.com', 'carillon:push-session']),
      ...texts('sub', ['erp', 'robot', 'nobody', randomUUID(), "' OR true --"]),
      ...texts('kind', ['service_account', 'operator', 'user', 'system', 'profile', undefined]),
      ...texts('iat_ms', ['now', undefined]).filter(([what]) => !/ [01]$/.test(what)),
      ...texts('key_id', [randomUUID()]).filter(([what]) => what.includes(' "')),
      ...[{ sid: randomUUID() }, { sid: 'x' }, {}].map((claims): Attack => [
        `kind operator and ${JSON.stringify(claims)}`,
        changed({ claims: { kind: 'operator', key_id: undefined, ...claims } }),
      ]),
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(() => expectTaken());
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      const token = make(holders.access());
      await expectRefused(`Bearer ${token}`);
      await expectInactive(token);
    });
  });

  it.each([
    ['expired', 2048, new Date(0)],
    ['of 1024 bits', 1024, null],
  ])('is refused under a signing key that is %s', async (kid, bits, verifiesUntil) => {
    const key = rsaKey(bits);
    await addSigningKey(holders.api, kid, key, verifiesUntil);
    await holders.api.ask('mutation { rotateSigningKey { kid } }'); // and so they are read again
    await expectRefused(`Bearer ${forge({ ...holders.access(), key }, { header: { kid } })}`);
    await expectTaken();
  });

  it.each(tokenClasses.filter((one) => !['access token', 'API key'].includes(one)))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      const token = await holders.tokenOf(tokenClass);
      await expectRefused(`Bearer ${token}`);
      await expectInactive(token);
      await expectTaken();
    },
  );

  describe('in the Authorization header', () => {
    it.each(rightAuthorizations)('is taken after %j', async (scheme) => {
      await expectTaken(scheme + forge(holders.access()));
    });

    it.each(authorizations)('is refused with %s', async (_, headerOf) => {
      await expectRefused(headerOf(forge(holders.access())));
      await expectTaken();
    });

    it('is refused where it is a user who is asked for', async () => {
      const client = holders.api.as(forge(holders.access()), { 'carillon-application': '1' });
      const { data, errors } = await client.post('{ viewer { id } }');
      expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'INVALID_TOKEN']);
      expect((await client.fetch(rowsPath)).status).toBe(401);
    });

    it.each([20_000, 1_000_000])('never gets in with %d letters', async (letters) => {
      const answer = bearing(`Bearer ${'a'.repeat(letters)}`).fetch(rowsPath);
      const status = await answer.then(
        (response) => response.status,
        () => 'cut off',
      );
      expect([431, 'cut off']).toContain(status);
      await expectTaken();
    });
  });

  it.each(['access_token', 'token', 'authorization', 'apptoken'])(
    'is not read from the query string or a body: %s',
    (name) => expectNotRead(name, forge(holders.access())),
  );
});

describe('an API key', () => {
  let id: string;
  let secret: string;
  const expectKeyTaken = () => expectTaken(`Bearer ${secret}`, id);

  beforeAll(async () => {
    ({ id, secret } = await holders.apiKey());
  });
  afterEach(() => expectKeyTaken());

  it.each<readonly [what: string, spell: (secret: string) => string]>([
    ['a guess', () => newApiKey()],
    ['its beginning', (key) => key.slice(0, 11)],
    ['cut off', (key) => key.slice(0, -1)],
    ['longer', (key) => `${key}0`],
    ['twice', (key) => key + key],
    ['in other letters', (key) => `ck_${flipped(key.slice(3))}`],
    ['in capitals', (key) => key.toUpperCase()],
    ['without its beginning', (key) => key.slice(3)],
    ['before an end as of a JWT', (key) => `${key}.e30.x`],
    ['before %00', (key) => `${key}%00`],
    ['in quotation marks', (key) => `"${key}"`],
    ['in hexadecimal', (key) => Buffer.from(key).toString('hex')],
    ['in base64', (key) => Buffer.from(key).toString('base64')],
    ['its hash', (key) => createHash('sha256').update(key).digest('hex')],
    ['its hash as a key', (key) => `ck_${createHash('sha256').update(key).digest('hex')}`],
    ['a pattern', () => `ck_${'_'.repeat(42)}`],
    ['SQL', () => "ck_' OR true --"],
    ['8000 letters', () => `ck_${'a'.repeat(8_000)}`],
  ])('is refused when it is %s', async (_, spell) => {
    await expectRefused(`Bearer ${spell(secret)}`);
    await expectInactive(spell(secret));
  });

  it.each<readonly [what: string, change: string]>([
    ['is revoked', 'UPDATE api_keys SET revoked_at = now() WHERE id = $1'],
    ['has expired', 'UPDATE api_keys SET expires_at = now() WHERE id = $1'],
    ['has another secret', 'UPDATE api_key_secrets SET ends_at = now() WHERE api_key_id = $1'],
    ['is of another address', "UPDATE api_keys SET allowed_ips = '{192.0.2.1}' WHERE id = $1"],
    ['is of no address', "UPDATE api_keys SET allowed_ips = '{}' WHERE id = $1"],
    ['is deleted', 'DELETE FROM api_keys WHERE id = $1'],
  ])('is refused when it %s', async (_, change) => {
    const other = await holders.apiKey();
    await holders.api.sql(change, [other.id]);
    await expectRefused(`Bearer ${other.secret}`);
  });

  it.each(rightAuthorizations)('is taken after %j', async (scheme) => {
    await expectTaken(scheme + secret, id);
  });

  it.each(authorizations)('is refused with %s', async (_, headerOf) => {
    await expectRefused(headerOf(secret));
  });

  it.each(['access_token', 'token', 'authorization', 'apptoken', 'key', 'api_key'])(
    'is not read from the query string or a body: %s',
    (name) => expectNotRead(name, secret),
  );

  it.each(['x-api-key', 'api-key', 'apikey', 'x-auth-token', 'cookie'])(
    'is not read from the header %s',
    async (name) => {
      const anybody = holders.api.as(undefined, { [name]: secret });
      const { errors } = await anybody.post('{ viewer { id } }');
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect((await anybody.fetch(rowsPath)).status).toBe(401);
    },
  );

  it('is ended by whoever holds it, and nothing else of the key is', async () => {
    const leaked = await holders.apiKey();
    const nobody = holders.api.as(undefined);
    const body = new URLSearchParams({ token: leaked.secret });
    for (let n = 0; n < 2; n++) {
      const answer = await nobody.fetch('/api/oauth/revoke', { method: 'POST', body });
      expect([answer.status, await answer.text()]).toEqual([200, '']);
    }
    await expectRefused(`Bearer ${leaked.secret}`);
    const { secret: next } = await holders.api.ask<{ secret: string }>(
      'mutation ($id: ID!) { rotateApiKey(id: $id, input: { keepPreviousSeconds: 0 }) { secret } }',
      { id: leaked.id },
    );
    await expectTaken(`Bearer ${next}`, leaked.id);
    const events = await holders.api.sql(
      `SELECT action, actor_kind AS by FROM audit_events WHERE target = $1 ORDER BY id`,
      [`api_key:${leaked.id}`],
    );
    expect(events).toEqual([
      { action: 'api_key.create', by: 'operator' },
      { action: 'api_key.surrender', by: 'api_key' },
      { action: 'api_key.rotate', by: 'operator' },
    ]);
  });
});

const challenge = 'Bearer error="invalid_token"';
const anything = expect.anything() as object;
