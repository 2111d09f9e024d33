import { createSecretKey, randomUUID } from 'node:crypto';
import { spellingsOf, texts, times } from './attack-claims';
import { contents } from './attack-contents';
import { rsaForms } from './attack-forms';
import { headers, kids, kidSpellings, malformedKids, types } from './attack-headers';
import { hmacSwaps, unsigned, wrongSignatures } from './attack-signatures';
import {
  authorizations,
  rightAuthorizations,
  spellings,
  spellingsInBodies,
} from './attack-spellings';
import { type Attack, changed, forge, now } from './forged-tokens';
import { answerOf, tokenClasses, TokenHolders } from './token-holders';

let holders: TokenHolders;
beforeAll(async () => {
  holders = await TokenHolders.start();
});
afterAll(() => holders.close());
beforeEach(() => holders.api.sql('DELETE FROM rate_limits'));

describe('the answer to a challenge', () => {
  const refused = { status: 403, body: { code: 'INVALID_JWT', message: 'Invalid JWT' } };
  const post = async (authenticationId: string, token: string) =>
    answerOf(await holders.comapi.post(authenticationId, token));

  async function expectTaken(): Promise<void> {
    const { authenticationId, nonce } = await holders.comapi.start();
    const answer = await post(authenticationId, forge(holders.answer(nonce)));
    expect(answer).toMatchObject({ status: 200, body: { session: { profileId: 'ann' } } });
  }

  async function expectRefused(make: Attack[1]): Promise<void> {
    const { authenticationId, nonce } = await holders.comapi.start();
    const genuine = holders.answer(nonce);
    expect(await post(authenticationId, make(genuine))).toEqual(refused);
    // The guess cost the challenge.
    expect(await post(authenticationId, forge(genuine))).toEqual(refused);
  }

  const groups: Readonly<Record<string, readonly Attack[]>> = {
    'is spelt badly': [...spellings, ...spellingsInBodies, ['nothing', () => '']],
    'holds no claims': contents,
    'has no signature': unsigned,
    'has another algorithm': hmacSwaps,
    'has a wrong signature': wrongSignatures,
    'brings a key or rules along': [...headers, ...malformedKids],
    'is said to be of another type': types('jwt', false),
    'has wrong times': [
      ...times({ skewSeconds: 60, maxLifeSeconds: 31 * 86_400, milliseconds: true }),
      ...(
        [
          ['exp in milliseconds, past', () => ({ exp: Date.now() - 61_000 })],
          ['exp in milliseconds, far away', () => ({ exp: Date.now() + 32 * 86_400_000 })],
          ['exp in milliseconds before iat', () => ({ iat: now(), exp: Date.now() - 5000 })],
          ['exp in microseconds', () => ({ exp: Date.now() * 1000 })],
          ['exp of 1e14', () => ({ exp: 1e14 })],
          ['iat in milliseconds, to come', () => ({ iat: Date.now() + 65_000 })],
          ['iat in microseconds', () => ({ iat: Date.now() * 1000 })],
          ['nbf in milliseconds, to come', () => ({ nbf: Date.now() + 65_000 })],
        ] as const
      ).map(([what, claims]): Attack => [what, (genuine) => forge(genuine, { claims: claims() })]),
    ],
    'is from or for somebody else': [
      ...['iss', 'aud', 'sub', 'nonce'].flatMap((name) => texts(name, [undefined])),
      ...texts('jti'),
      ...['iss', 'nonce'].flatMap(spellingsOf),
      ...spellingsOf('aud').filter(([what]) => what !== 'aud in a list'),
      ...texts('iss', ['https://push.example.com', 'https://api.comapi.com']),
      ...texts('aud', ['https://push.example.com', ['other'], ['https://api.comapi.com', 1]]),
      ...texts('nonce', ['another', randomUUID()]),
      ['sub in a list', changed({ claims: { sub: ['ann'] } })],
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(() => expectTaken());
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      await expectRefused(make);
    });
  });

  it.each([null, 1, true, {}, [], ['a.b.c'], undefined])(
    'is refused when it is no text: %j',
    async (authenticationToken) => {
      const { authenticationId } = await holders.comapi.start();
      const body = { authenticationId, authenticationToken };
      const answer = await answerOf(await holders.comapi.call('POST', 'sessions', { body }));
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
      await expectTaken();
    },
  );

  it('is refused when it has more than a megabyte', async () => {
    const { authenticationId } = await holders.comapi.start();
    expect((await holders.comapi.post(authenticationId, 'a'.repeat(1_100_000))).status).toBe(413);
    await expectTaken();
  });

  it.each(tokenClasses.filter((one) => one !== 'answer to a challenge'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      const token = await holders.tokenOf(tokenClass);
      await expectRefused(() => token);
      await expectTaken();
    },
  );

  it("is not another challenge's, nor another API space's", async () => {
    const [one, other] = [await holders.comapi.start(), await holders.comapi.start()];
    expect(await post(one.authenticationId, forge(holders.answer(other.nonce)))).toEqual(refused);
    const { sharedSecret } = holders.elsewhere.space;
    const key = createSecretKey(sharedSecret, 'utf8');
    await expectRefused((genuine) => forge({ ...genuine, key }));
    const elsewhere = await holders.elsewhere.start();
    const answer = forge(holders.answer(elsewhere.nonce));
    expect(await post(elsewhere.authenticationId, answer)).toEqual(refused);
    expect(await post(randomUUID(), forge(holders.answer(one.nonce)))).toEqual(refused);
    await expectTaken();
  });

  it('is taken once, in sequence and of eight at once', async () => {
    const { authenticationId, nonce } = await holders.comapi.start();
    const token = forge(holders.answer(nonce));
    const all = Array.from({ length: 8 }, () => post(authenticationId, token));
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 403, 403, 403, 403, 403, 403, 403]);
    expect(await post(authenticationId, token)).toEqual(refused);
    await expectTaken();
  });
});

describe("a push session's token", () => {
  const refused = {
    status: 401,
    body: { code: 'INVALID_TOKEN', message: 'The token is not valid' },
    challenge: 'Bearer error="invalid_token"',
  };
  const session = () => `sessions/${String(holders.session().claims.sid)}`;
  const calls = (): readonly (readonly [method: string, path: string, body?: object])[] => [
    ['GET', session()],
    ['PUT', `${session()}/push`, { fcm: { package: 'com.example.bank', registrationId: 'r' } }],
    ['DELETE', `${session()}/push`],
    ['DELETE', session()],
    ['GET', 'profiles/ann'],
    ['PUT', 'profiles/ann', { email: 'eve@example.com' }],
    ['PATCH', 'profiles/ann', { email: 'eve@example.com' }],
  ];
  const genuine = () => `Bearer ${forge(holders.session())}`;

  async function expectTaken(authorization = genuine()): Promise<void> {
    for (const path of [session(), 'profiles/ann']) {
      const answer = await holders.comapi.call('GET', path, { headers: { authorization } });
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain('eve@example.com');
    }
  }

  async function expectRefused(authorization: string, comapi = holders.comapi): Promise<void> {
    const answers = await Promise.all(
      calls().map(async ([method, path, body]) => {
        const answer = await comapi.call(method, path, { body, headers: { authorization } });
        const challenge = answer.headers.get('www-authenticate');
        return { ...(await answerOf(answer)), challenge };
      }),
    );
    expect(answers).toEqual(answers.map(() => refused));
  }

  const groups: Readonly<Record<string, readonly Attack[]>> = {
    ...rsaForms,
    'names another key': [
      ...kids('crm', 'users', 'robot'),
      ...kidSpellings,
      ['no kid', changed({ header: { kid: undefined } })],
    ],
    'is said to be of another type': types('push-session+jwt', true),
    'has wrong times': times({ skewSeconds: 5 }),
    'is from or for somebody else': [
      ...['iss', 'aud', 'jti', 'sid', 'apiSpaceId'].flatMap((name) => texts(name, [undefined])),
      ...['iss', 'aud', 'apiSpaceId'].flatMap(spellingsOf),
      ...texts('aud', ['carillon:access', 'https://api.comapi.com']),
      ...texts('sid', ['x', randomUUID(), "' OR true --", [randomUUID()]]),
      ...texts('apiSpaceId', ['space-2', 'space-3']),
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(() => expectTaken());
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      await expectRefused(`Bearer ${make(holders.session())}`);
    });
  });

  it.each(tokenClasses.filter((one) => one !== 'session token'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      await expectRefused(`Bearer ${await holders.tokenOf(tokenClass)}`);
      await expectTaken();
    },
  );

  it('is of one API space', async () => {
    const { token } = await holders.elsewhere.open('ann');
    await expectRefused(`Bearer ${token}`);
    await expectRefused(genuine(), holders.elsewhere);
    await expectTaken();
  });

  it('ends with its session', async () => {
    const { token, session: opened } = await holders.comapi.open('ann');
    const ended = await holders.comapi.call('DELETE', `sessions/${opened.id}`, { token });
    expect(ended.status).toBe(204);
    await expectRefused(`Bearer ${token}`);
    await expectTaken();
  });

  it('opens nothing of somebody else', async () => {
    const { token } = await holders.comapi.open('eve');
    for (const [method, path, body] of calls()) {
      const answer = await holders.comapi.call(method, path, { token, body });
      expect([403, 404]).toContain(answer.status);
    }
    await expectTaken();
  });

  it.each(rightAuthorizations)('is taken after %j', async (scheme) => {
    await expectTaken(scheme + forge(holders.session()));
  });

  it.each(authorizations)('is refused with %s in its header', async (_, headerOf) => {
    await expectRefused(headerOf(forge(holders.session())));
    await expectTaken();
  });

  it.each(['token', 'access_token'])('is not read from the query string: %s', async (name) => {
    const query = new URLSearchParams({ [name]: forge(holders.session()) }).toString();
    const answer = await holders.comapi.call('GET', `${session()}?${query}`);
    expect(answer.status).toBe(401);
  });
});
