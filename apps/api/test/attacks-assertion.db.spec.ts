import { spellingsOf, texts, times } from './attack-claims';
import { rsaForms } from './attack-forms';
import { kids, kidSpellings, types } from './attack-headers';
import { authorizations, rightAuthorizations, spellingsInBodies } from './attack-spellings';
import { type Attack, changed, forge, rsaKey } from './forged-tokens';
import { badKeys } from './bad-keys';
import {
  addClient,
  addKey,
  answerOf,
  publicUrl,
  tokenClasses,
  TokenHolders,
  tokenPath,
} from './token-holders';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** RFC 6749 §5.2, with the members of Xtremepush's External API. */
const refusal = (status: number, error: string, message: string) => ({
  status,
  body: { error, error_description: message, success: false, code: status, message },
});
const refused = (status: number) => refusal(status, 'invalid_grant', 'The assertion is not valid');
const noBearer = refusal(
  400,
  'invalid_request',
  'Authorization wants the scheme Bearer and an assertion',
);
const noText = refusal(
  400,
  'invalid_request',
  'assertion wants text without NUL and without halves of characters',
);

describe('an assertion', () => {
  let holders: TokenHolders;

  beforeAll(async () => {
    holders = await TokenHolders.start();
  });
  afterAll(() => holders.close());
  beforeEach(() => holders.api.sql('DELETE FROM rate_limits'));

  const inHeader = async (authorization: string) =>
    answerOf(
      await holders.api.as(undefined, { authorization }).fetch(tokenPath, { method: 'POST' }),
    );
  const inForm = async (assertion: string, more: object = {}) => {
    const body = new URLSearchParams({ grant_type: grantType, assertion, ...more });
    return answerOf(await holders.api.as(undefined).fetch(tokenPath, { method: 'POST', body }));
  };
  const genuine = () => forge(holders.assertion());

  const granted = { status: 200, body: { token_type: 'Bearer', scope: 'applications:read' } };
  async function expectTaken(authorization = `Bearer ${genuine()}`): Promise<void> {
    expect(await inHeader(authorization)).toMatchObject(granted);
  }

  async function expectRefused(assertion: string): Promise<void> {
    const isOneWord = !/\s/.test(assertion);
    expect(await inHeader(`Bearer ${assertion}`)).toEqual(isOneWord ? refused(401) : noBearer);
    expect(await inForm(assertion)).toEqual(refused(400));
  }

  const groups: Readonly<Record<string, readonly Attack[]>> = {
    ...rsaForms,
    'names another key': [...kids('own', 'users', 'robot'), ...kidSpellings],
    'is said to be of another type': types('jwt', false),
    'has wrong times': [
      ...times({ skewSeconds: 60, maxLifeSeconds: 3600 }),
      [
        '231 days, as in the sample',
        changed({ claims: { iat: 1_521_054_464, exp: 1_541_054_464 } }),
      ],
    ],
    'is from or for somebody else': [
      ...['iss', 'sub'].flatMap((name) => [
        ...texts(name, [undefined, 'erp', 'robot', 'nobody', "crm' OR true --", publicUrl]),
        ...spellingsOf(name),
      ]),
      ...texts('jti', [undefined]),
      ...texts('aud', [
        'https://evil.example',
        publicUrl.toUpperCase(),
        'http://push.example.com',
        `${publicUrl}/auth/token`,
        `${publicUrl}/api/oauth/introspect`,
        'carillon:access',
        [publicUrl, 'https://evil.example'],
        ['https://evil.example', publicUrl],
      ]),
      ...spellingsOf('aud').filter(([what]) => what !== 'aud in the prototype'),
      ['iss and sub of another client', changed({ claims: { iss: 'erp', sub: 'erp' } })],
      ['iss and sub of a service account', changed({ claims: { iss: 'robot', sub: 'robot' } })],
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(async () => {
      expect(await inForm(genuine())).toMatchObject(granted);
    });
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      await expectRefused(make(holders.assertion()));
    });
  });

  it.each(spellingsInBodies)('is refused in a form with %s', async (_, make) => {
    const assertion = make(holders.assertion());
    const hasNul = assertion.includes('\0');
    expect(await inForm(assertion)).toEqual(hasNul ? noText : refused(400));
    await expectTaken();
  });

  it.each([
    ['more than a megabyte', () => 'a'.repeat(1_100_000), 413],
    ['nothing', () => '', 400],
  ])('is refused in a form with %s', async (_, assertion, status) => {
    const answer = await inForm(assertion());
    expect(answer).toMatchObject({ status, body: { error: 'invalid_request', code: status } });
    await expectTaken();
  });

  it.each(badKeys)('is refused under a key that is %s', async (what, { bits, ...row }) => {
    const id = `client-${badKeys.findIndex(([one]) => one === what)}`;
    await addClient(holders.api, id);
    const [good, key] = [rsaKey(), rsaKey(bits)];
    const owner = { ownerKind: 'client', ownerId: id } as const;
    await addKey(holders.api, { ...owner, kid: 'good' }, good);
    await addKey(holders.api, { ...owner, kid: 'bad', ...row }, key);
    const of = (signer: typeof key, kid: string | undefined) =>
      forge(
        { ...holders.assertion(), key: signer },
        { header: { kid }, claims: { iss: id, sub: id } },
      );
    expect(await inForm(of(good, 'good'))).toMatchObject(granted);
    await expectRefused(of(key, 'bad'));
    await expectRefused(of(key, undefined));
    await expectRefused(of(good, 'bad'));
    expect(await inForm(of(good, undefined))).toMatchObject(granted);
  });

  it.each(['setKeyEnabled(id: $id, enabled: false)', 'removeKey(id: $id)'])(
    'ends with its key at once: %s',
    async (mutation) => {
      const key = rsaKey();
      const client = { ownerKind: 'client', ownerId: 'erp', kid: mutation } as const;
      const id = await addKey(holders.api, client, key);
      // A change through the API is how this process learns of the new key.
      const change = (call: string) =>
        holders.api.ask(`mutation ($id: ID!) { ${call} { id } }`, { id });
      await change('setKeyEnabled(id: $id, enabled: false)');
      await change('setKeyEnabled(id: $id, enabled: true)');
      const next = () =>
        forge(
          { ...holders.assertion(), key },
          { header: { kid: mutation }, claims: { iss: 'erp', sub: 'erp' } },
        );
      expect(await inForm(next())).toMatchObject(granted);
      await change(mutation);
      await expectRefused(next());
      await expectTaken();
    },
  );

  describe('is good once', () => {
    it('in sequence, by either way, and however it is signed', async () => {
      const { claims, ...rest } = holders.assertion();
      expect(await inForm(forge({ claims, ...rest }))).toMatchObject(granted);
      await expectRefused(forge({ claims, ...rest }));
      await expectRefused(forge({ claims, ...rest }, { claims: { aud: publicUrl } }));
      await expectRefused(forge({ claims, ...rest }, { header: { kid: undefined } }));
      await expectTaken();
    });

    it('of eight at once', async () => {
      const assertion = genuine();
      const ways = Array.from({ length: 8 }, (_, n) =>
        n % 2 === 0 ? inForm(assertion) : inHeader(`Bearer ${assertion}`),
      );
      const statuses = (await Promise.all(ways)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 400 || status === 401)).toHaveLength(7);
      await expectTaken();
    });

    it('at all the places that take it', async () => {
      const assertion = forge(holders.clientAssertion(), { claims: { aud: publicUrl } });
      const logIn = () =>
        holders.api.as(undefined).fetch('/auth/token', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ account_id: 'robot', client_assertion: assertion }),
        });
      expect((await logIn()).status).toBe(200);
      expect((await logIn()).status).toBe(401);
      await expectRefused(assertion);
    });
  });

  it.each(tokenClasses.filter((one) => one !== 'assertion'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      await expectRefused(await holders.tokenOf(tokenClass));
      await expectTaken();
    },
  );

  it.each(rightAuthorizations)('is taken after %j', async (scheme) => {
    await expectTaken(scheme + genuine());
  });

  it.each(authorizations)('is refused with %s in its header', async (_, headerOf) => {
    const authorization = headerOf(genuine());
    const isOneWord = /^Bearer +\S+$/.test(authorization);
    expect(await inHeader(authorization)).toEqual(isOneWord ? refused(401) : noBearer);
    await expectTaken();
  });

  it.each(['access_token', 'assertion', 'token', 'client_assertion'])(
    'is not read from the query string: %s',
    async (name) => {
      const query = new URLSearchParams({ grant_type: grantType, [name]: genuine() }).toString();
      const anybody = holders.api.as(undefined);
      const answer = await anybody.fetch(`${tokenPath}?${query}`, { method: 'POST' });
      expect(await answerOf(answer)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    },
  );
});
