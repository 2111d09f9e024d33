import { createHash, randomUUID } from 'node:crypto';
import { granted, loginPath, malformed, refused } from './account-answers';
import { spellingsOf, texts, times } from './attack-claims';
import { rsaForms } from './attack-forms';
import { kids, kidSpellings, types } from './attack-headers';
import { spellings, spellingsInBodies } from './attack-spellings';
import { type Attack, flipped, forge, publicPem, rsaKey } from './forged-tokens';
import { addAccount, publicUrl, tokenClasses, TokenHolders } from './token-holders';

const refreshPath = `${loginPath}/refresh`;

let holders: TokenHolders;
beforeAll(async () => {
  holders = await TokenHolders.start();
  await addAccount(holders.api, 'other', 'assertion_only');
});
afterAll(() => holders.close());
beforeEach(() => holders.api.sql('DELETE FROM rate_limits'));

describe('a client assertion', () => {
  const logIn = (assertion: unknown, accountId = 'robot') =>
    holders.post(loginPath, { account_id: accountId, client_assertion: assertion });
  async function expectTaken(): Promise<void> {
    expect(await logIn(forge(holders.clientAssertion()))).toMatchObject(granted);
  }

  const groups: Readonly<Record<string, readonly Attack[]>> = {
    ...rsaForms,
    'is spelt badly': [...spellings, ...spellingsInBodies, ['nothing', () => '']],
    'names another key': [...kids('own', 'users', 'crm', 'k'), ...kidSpellings],
    'is said to be of another type': types('jwt', false),
    'has wrong times': times({ skewSeconds: 60, maxLifeSeconds: 3600 }),
    'is from or for somebody else': [
      ...['iss', 'sub', 'jti', 'aud'].flatMap((name) => texts(name, [undefined])),
      ...['iss', 'sub', 'aud'].flatMap(spellingsOf),
      ...['iss', 'sub'].flatMap((name) => texts(name, ['crm', 'signer', 'nobody'])),
      ...texts('aud', [
        'https://evil.example',
        `${publicUrl}/api/oauth/token`,
        `${publicUrl}/auth/token/refresh`,
        [publicUrl, 'https://evil.example'],
      ]),
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(() => expectTaken());
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      expect(await logIn(make(holders.clientAssertion()))).toEqual(refused);
    });
  });

  it.each([1, true, {}, [], ['a.b.c']])('is refused when it is no text: %j', async (assertion) => {
    expect(await logIn(assertion)).toMatchObject(malformed);
    await expectTaken();
  });

  it.each(tokenClasses.filter((one) => one !== 'client assertion'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      expect(await logIn(await holders.tokenOf(tokenClass))).toEqual(refused);
      await expectTaken();
    },
  );

  it.each(['crm', 'signer', 'legacy', 'ROBOT', 'nobody'])(
    'is refused where the account is %s',
    async (accountId) => {
      expect(await logIn(forge(holders.clientAssertion()), accountId)).toEqual(refused);
      await expectTaken();
    },
  );

  it('is good once, in sequence and of eight at once', async () => {
    const assertion = forge(holders.clientAssertion());
    const all = Array.from({ length: 8 }, () => logIn(assertion));
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
    expect(await logIn(assertion)).toEqual(refused);
    await expectTaken();
  });

  it('goes with no other proof', async () => {
    const body = { account_id: 'robot', client_assertion: forge(holders.clientAssertion()) };
    expect(await holders.post(loginPath, body, { 'x-signature': 't=1' })).toMatchObject(malformed);
    const another = { ...body, public_key: Buffer.from(publicPem(rsaKey())).toString('base64') };
    expect(await holders.post(loginPath, another)).toEqual(refused);
    await expectTaken();
  });
});

describe('a refresh token', () => {
  const refresh = (token: unknown) => holders.post(refreshPath, { refresh_token: token });
  /** Without a word, or the clients give up for good. */
  const refusedInSilence = { status: 401, body: '' };
  const next = async (token: string) => {
    const answer = await refresh(token);
    expect(answer).toMatchObject(granted);
    return (answer.body as { refresh_token: string }).refresh_token;
  };

  let current: string;
  beforeAll(async () => {
    current = await holders.refreshToken();
  });
  afterEach(async () => {
    current = await next(current);
  });

  it.each<readonly [what: string, spell: (token: string) => string]>([
    ['nothing', () => ''],
    ['a guess', () => randomUUID()],
    ['padded', (token) => `${token}=`],
    ['after a space', (token) => ` ${token}`],
    ['before a line break', (token) => `${token}\n`],
    ['before a NUL', (token) => `${token}\0`],
    ['in other letters', flipped],
    ['cut off', (token) => token.slice(0, -1)],
    ['longer', (token) => `${token}A`],
    ['twice', (token) => token + token],
    ['a bearer', (token) => `Bearer ${token}`],
    ['as plain base64', (token) => Buffer.from(token, 'base64url').toString('base64')],
    ['in hexadecimal', (token) => Buffer.from(token, 'base64url').toString('hex')],
    ['its hash', (token) => createHash('sha256').update(token).digest('hex')],
    ['a pattern', () => '%'],
    ['SQL', () => "' OR true --"],
    ['half a character', () => '\ud800'],
    ['sixty kilobytes', () => 'A'.repeat(60_000)],
  ])('is refused when it is %s', async (_, spell) => {
    expect(await refresh(spell(current))).toEqual(refusedInSilence);
  });

  it.each([null, 1, true, {}, [], ['x'], undefined])('is refused when it is %j', async (token) => {
    expect(await refresh(token)).toMatchObject(malformed);
  });

  it.each(tokenClasses.filter((one) => one !== 'refresh token'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      expect(await refresh(await holders.tokenOf(tokenClass))).toEqual(refusedInSilence);
    },
  );

  it('is not read from the header or the query string', async () => {
    const bearer = { authorization: `Bearer ${current}` };
    expect(await holders.post(refreshPath, {}, bearer)).toMatchObject(malformed);
    expect(await holders.post(`${refreshPath}?refresh_token=${current}`, {})).toMatchObject(
      malformed,
    );
  });

  it('ends its family when an older one comes again', async () => {
    const first = await holders.refreshToken();
    const third = await next(await next(first));
    expect(await refresh(first)).toEqual(refusedInSilence);
    expect(await refresh(third)).toEqual(refusedInSilence);
  });

  it('makes one family that stays usable, of eight at once', async () => {
    const token = await holders.refreshToken();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    await next((answers[3]?.body as { refresh_token: string }).refresh_token);
  });

  it.each([
    [
      'expired',
      "UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE hash = $1",
    ],
    ['revoked', 'UPDATE refresh_tokens SET revoked_at = now() WHERE hash = $1'],
    ['deleted', 'DELETE FROM refresh_tokens WHERE hash = $1'],
    ['of no key', 'UPDATE refresh_tokens SET key_id = gen_random_uuid() WHERE hash = $1'],
    [
      'of another account',
      "UPDATE refresh_tokens SET service_account_id = 'other' WHERE hash = $1",
    ],
  ])('is refused when it is %s', async (_, change) => {
    const token = await holders.refreshToken();
    await holders.api.sql(change, [createHash('sha256').update(token).digest('hex')]);
    expect(await refresh(token)).toEqual(refusedInSilence);
  });
});
