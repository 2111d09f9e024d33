import { spellingsOf, texts, times } from './attack-claims';
import { rsaForms } from './attack-forms';
import { kids, kidSpellings, types } from './attack-headers';
import { authorizations, rightAuthorizations } from './attack-spellings';
import { type Attack, forge, rsaKey } from './forged-tokens';
import { badKeys } from './bad-keys';
import { addKey, tokenClasses, TokenHolders } from './token-holders';

const QUERY = '{ viewer { kind id } me { application { id } profile { userId } } }';
const me = { application: { id: '1' }, profile: { userId: 'ann' } };
const taken = { data: { viewer: { kind: 'USER', id: 'ann' }, me } };

describe("a user's token", () => {
  let holders: TokenHolders;

  beforeAll(async () => {
    holders = await TokenHolders.start();
  });
  afterAll(() => holders.close());

  const ask = (authorization: string, application = '1') =>
    holders.api.as(undefined, { authorization, 'carillon-application': application }).post(QUERY);

  async function expectTaken(authorization = `Bearer ${forge(holders.user())}`): Promise<void> {
    expect(await ask(authorization)).toEqual(taken);
  }

  async function expectRefused(authorization: string, application?: string): Promise<void> {
    const { data, errors = [] } = await ask(authorization, application);
    expect(data).toBeNull();
    expect(errors.map(({ message, extensions }) => [message, extensions])).toEqual(
      errors.map(() => ['The token is not valid', { code: 'INVALID_TOKEN' }]),
    );
    expect(errors.length).toBeGreaterThan(0);
  }

  const groups: Readonly<Record<string, readonly Attack[]>> = {
    ...rsaForms,
    'names another key': [...kids('elsewhere', 'own', 'crm', 'robot'), ...kidSpellings],
    'is said to be of another type': types('jwt', true),
    'has wrong times': times({ skewSeconds: 60, maxLifeSeconds: 86_400 }),
    'names its user badly': [
      ...texts('sub', [undefined, ['ann'], { sub: 'ann' }]),
      ...texts('iss'),
      ...texts('jti'),
      ...texts('aud').filter(([what]) => what !== 'aud []'),
      ...spellingsOf('sub').filter(([what]) => what === 'sub in the prototype'),
    ],
  };

  describe.each(Object.entries(groups))('is refused when it %s', (_, attacks) => {
    beforeAll(() => expectTaken());
    afterEach(() => expectTaken());

    it.each(attacks)('%s', async (_what, make) => {
      await expectRefused(`Bearer ${make(holders.user())}`);
    });
  });

  it('is taken within the skew, without kid, iat and nbf, again and again', async () => {
    const header = { kid: undefined };
    const exp = Math.floor(Date.now() / 1000) - 30;
    const token = forge(holders.user(), { header, claims: { iat: undefined, exp } });
    for (let times = 0; times < 3; times++) await expectTaken(`Bearer ${token}`);
  });

  it.each(badKeys)('is refused under a key that is %s', async (what, { bits, ...row }) => {
    const application = String(100 + badKeys.findIndex(([one]) => one === what));
    await holders.api.ask(CREATE_APPLICATION, { id: application });
    const [good, key] = [rsaKey(), rsaKey(bits)];
    const owner = { ownerKind: 'application', ownerId: application } as const;
    await addKey(holders.api, { ...owner, kid: 'good' }, good);
    await addKey(holders.api, { ...owner, kid: 'bad', ...row }, key);
    const viewerOf = async (signer: typeof key, kid: string | undefined) => {
      const token = forge({ ...holders.user(), key: signer }, { header: { kid } });
      const headers = { 'carillon-application': application };
      const { errors } = await holders.api.as(token, headers).post('{ viewer { id } }');
      return errors?.[0]?.extensions.code;
    };
    expect(await viewerOf(good, 'good')).toBeUndefined();
    expect(await viewerOf(key, 'bad')).toBe('INVALID_TOKEN');
    expect(await viewerOf(key, undefined)).toBe('INVALID_TOKEN');
    expect(await viewerOf(good, 'bad')).toBe('INVALID_TOKEN');
    expect(await viewerOf(good, undefined)).toBeUndefined();
  });

  it.each(['setKeyEnabled(id: $id, enabled: false)', 'removeKey(id: $id)'])(
    'ends with its key at once: %s',
    async (mutation) => {
      const key = rsaKey();
      const owner = { ownerKind: 'application', ownerId: '2' } as const;
      const id = await addKey(holders.api, { ...owner, kid: mutation }, key);
      // A change through the API is how this process learns of the new key.
      const change = (call: string) =>
        holders.api.ask(`mutation ($id: ID!) { ${call} { id } }`, { id });
      await change('setKeyEnabled(id: $id, enabled: false)');
      await change('setKeyEnabled(id: $id, enabled: true)');
      const token = forge({ ...holders.user(), key }, { header: { kid: mutation } });
      const headers = { 'carillon-application': '2' };
      const asked = () => holders.api.as(token, headers).post('{ viewer { id } }');
      expect(await asked()).toEqual({ data: { viewer: { id: 'ann' } } });
      await change(mutation);
      expect((await asked()).errors?.[0]?.extensions.code).toBe('INVALID_TOKEN');
      await expectTaken();
    },
  );

  it.each(tokenClasses.filter((one) => one !== 'user token'))(
    'is not what a genuine %s is',
    async (tokenClass) => {
      await expectRefused(`Bearer ${await holders.tokenOf(tokenClass)}`);
      await expectTaken();
    },
  );

  it.each(['2', '3', '2147483647'])('is refused in application %s', async (application) => {
    await expectRefused(`Bearer ${forge(holders.user())}`, application);
    await expectTaken();
  });

  it.each(['', '0', '-1', '01', '1.0', '1e0', '0x1', ' 1 2', '1,2', '2147483648', 'one', '1;'])(
    'is refused where the application is %j',
    async (application) => {
      const { data, errors } = await ask(`Bearer ${forge(holders.user())}`, application);
      expect([data, errors?.[0]?.extensions]).toEqual([
        null,
        { code: 'INVALID_APPLICATION_HEADER', field: 'Carillon-Application' },
      ]);
      await expectTaken();
    },
  );

  it('is refused where no application is named', async () => {
    const { data, errors } = await holders.api.as(forge(holders.user())).post(QUERY);
    expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'INVALID_TOKEN']);
  });

  it('opens nothing of somebody else', async () => {
    const user = holders.api.as(forge(holders.user()), { 'carillon-application': '1' });
    for (const query of [
      '{ profile(applicationId: "1", userId: "bob") { userId } }',
      '{ profile(applicationId: "2", userId: "ann") { userId } }',
      '{ users { edges { node { id } } } }',
      '{ applications { edges { node { id } } } }',
    ]) {
      const { data, errors } = await user.post(query);
      expect([data ?? null, errors?.[0]?.extensions.code]).toEqual([null, 'FORBIDDEN']);
    }
    expect((await user.fetch('/admin/app/list')).status).toBe(403);
  });

  it.each(rightAuthorizations)('is taken after %j', async (scheme) => {
    await expectTaken(scheme + forge(holders.user()));
  });

  it.each(authorizations)('is refused with %s in its header', async (_, headerOf) => {
    await expectRefused(headerOf(forge(holders.user())));
    await expectTaken();
  });

  it.each(['access_token', 'token'])('is not read from the query string: %s', async (name) => {
    const query = new URLSearchParams({ [name]: forge(holders.user()), query: QUERY }).toString();
    const headers = { 'carillon-application': '1', 'apollo-require-preflight': '1' };
    const answer = await holders.api.as(undefined, headers).fetch(`/graphql?${query}`);
    expect(await answer.json()).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

const CREATE_APPLICATION = `mutation ($id: ID!) {
  createApplication(input: { id: $id, name: "Bank" }) { id }
}`;
