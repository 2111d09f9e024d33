import { constants, createHash, type KeyObject, randomUUID, sign } from 'node:crypto';
import { granted, loginPath, malformed, refused } from './account-answers';
import { badKeys } from './bad-keys';
import { now, publicPem, rsaKey } from './forged-tokens';
import { addAccount, addKey, TokenHolders } from './token-holders';

const stranger = rsaKey();
const keys = { signer: rsaKey(), legacy: rsaKey() };

let holders: TokenHolders;
beforeAll(async () => {
  holders = await TokenHolders.start();
  await addAccount(holders.api, 'signer', 'signed');
  await addAccount(holders.api, 'legacy', 'legacy_public_key');
  for (const [ownerId, key] of Object.entries(keys)) {
    await addKey(holders.api, { ownerKind: 'service_account', ownerId, kid: 'k' }, key);
  }
});
afterAll(() => holders.close());
beforeEach(() => holders.api.sql('DELETE FROM rate_limits'));

const fileOf = (key: KeyObject) => Buffer.from(publicPem(key)).toString('base64');

describe('a signed request', () => {
  const body = () => JSON.stringify({ account_id: 'signer', public_key: fileOf(keys.signer) });

  interface Signing {
    readonly t?: string;
    readonly n?: string;
    readonly key?: KeyObject;
    readonly hash?: string;
    readonly padding?: number;
    readonly text?: (t: string, n: string, digest: string) => string;
  }
  const right = (t: string, n: string, digest: string) =>
    `POST\n${loginPath}\n${t}\n${n}\n${digest}`;
  function signature(signed: string, signing: Signing = {}): string {
    const { t = String(now()), n = randomUUID(), key = keys.signer, text = right } = signing;
    const { hash = 'sha256', padding = constants.RSA_PKCS1_PSS_PADDING } = signing;
    const digest = createHash('sha256').update(signed).digest('hex');
    const bytes = sign(hash, Buffer.from(text(t, n, digest)), { key, padding });
    return `t=${t},n=${n},s=${bytes.toString('base64')}`;
  }
  const logIn = (header: string, sent = body()) =>
    holders.post(loginPath, sent, { 'x-signature': header });
  async function expectTaken(): Promise<void> {
    expect(await logIn(signature(body()))).toMatchObject(granted);
  }
  afterEach(() => expectTaken());

  const pkcs1 = constants.RSA_PKCS1_PADDING;
  it.each<readonly [what: string, signing: () => Signing]>([
    ['of a minute ago', () => ({ t: String(now() - 65) })],
    ['to come', () => ({ t: String(now() + 65) })],
    ['of 1970', () => ({ t: '0' })],
    ['by a foreign key', () => ({ key: stranger })],
    ['with the padding of RS256', () => ({ padding: pkcs1 })],
    ['with SHA-384', () => ({ hash: 'sha384' })],
    ['with SHA-1', () => ({ hash: 'sha1' })],
    [
      'of another path',
      () => ({ text: (...of) => right(...of).replace('token', 'token/refresh') }),
    ],
    ['of another method', () => ({ text: (...of) => right(...of).replace('POST', 'GET') })],
    ['of another time', () => ({ text: (t, ...of) => right(String(Number(t) - 1), ...of) })],
    ['of another nonce', () => ({ text: (t, _, digest) => right(t, 'another-nonce', digest) })],
    ['of no body', () => ({ text: (t, n) => right(t, n, '') })],
    [
      'of a digest in capitals',
      () => ({ text: (t, n, digest) => right(t, n, digest.toUpperCase()) }),
    ],
    ['of the body alone', () => ({ text: (_t, _n, digest) => digest })],
  ])('is refused with a signature %s', async (_, signing) => {
    expect(await logIn(signature(body(), signing()))).toEqual(refused);
  });

  it.each<readonly [what: string, spell: (header: string) => string]>([
    ['nothing', () => ''],
    ['no time', (header) => header.replace(/^t=\d+,/, '')],
    ['no nonce', (header) => header.replace(/n=[^,]+,/, '')],
    ['no signature', (header) => header.replace(/,s=.*/, '')],
    ['an empty signature', (header) => header.replace(/,s=.*/, ',s=')],
    ['a short signature', (header) => header.slice(0, 100)],
    ['another order', (header) => header.split(',').reverse().join(',')],
    ['spaces', (header) => header.replaceAll(',', ', ')],
    ['another member', (header) => `${header},alg=none`],
    ['the time twice', (header) => `t=1,${header}`],
    ['a negative time', (header) => header.replace('t=', 't=-')],
    ['milliseconds', (header) => header.replace(/t=(\d+)/, 't=$1000')],
    ['a fraction', (header) => header.replace(/t=(\d+)/, 't=$1.5')],
    ['a time in letters', (header) => header.replace(/t=\d+/, 't=now')],
    ['a nonce of 7 letters', (header) => header.replace(/n=[^,]+/, 'n=1234567')],
    ['a nonce of 129 letters', (header) => header.replace(/n=[^,]+/, `n=${'n'.repeat(129)}`)],
    ['a nonce with a quote', (header) => header.replace('n=', "n=' OR '")],
    ['base64url', (header) => header.replace(/s=.*/, (s) => `${s.slice(0, 9)}_${s.slice(10)}`)],
    ['words behind', (header) => `${header} anything`],
    ['two of them', (header) => `${header}, ${header}`],
    ['more than it can have', (header) => `${header}${'A'.repeat(2000)}`],
  ])('is refused with a header that has %s', async (_, spell) => {
    expect(await logIn(spell(signature(body())))).toMatchObject(malformed);
  });

  it.each<readonly [what: string, spell: (signed: string) => string]>([
    ['a space more', (signed) => `${signed} `],
    ['a member more', (signed) => signed.replace('{', '{"scope":"all",')],
    ['another key', () => JSON.stringify({ account_id: 'signer', public_key: fileOf(stranger) })],
    ['another account', (signed) => signed.replace('"signer"', '"robot"')],
  ])('is refused when its body has %s', async (_, spell) => {
    expect(await logIn(signature(body()), spell(body()))).toEqual(refused);
  });

  it.each(['robot', 'legacy'])(
    'is refused for an account of another mode: %s',
    async (accountId) => {
      const key = accountId === 'legacy' ? keys.legacy : holders.clientAssertion().key;
      const sent = JSON.stringify({ account_id: accountId, public_key: fileOf(key) });
      expect(await logIn(signature(sent, { key }), sent)).toEqual(refused);
    },
  );

  it('is good once, in sequence and of eight at once, and its nonce with it', async () => {
    const n = randomUUID();
    const header = signature(body(), { n });
    const all = Array.from({ length: 8 }, () => logIn(header));
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
    expect(await logIn(header)).toEqual(refused);
    expect(await logIn(signature(body(), { n, t: String(now() - 1) }))).toEqual(refused);
  });
});

describe('a public key alone', () => {
  const logIn = (accountId: unknown, publicKey: unknown) =>
    holders.post(loginPath, { account_id: accountId, public_key: publicKey });
  async function expectTaken(): Promise<void> {
    expect(await logIn('legacy', fileOf(keys.legacy))).toMatchObject(granted);
  }
  afterEach(() => expectTaken());

  it.each<readonly [what: string, accountId: string, key: () => KeyObject]>([
    ['of nobody', 'legacy', () => stranger],
    ['of another account', 'legacy', () => keys.signer],
    ['of an OAuth client', 'legacy', () => holders.assertion().key],
    ['of an unknown account', 'nobody', () => keys.legacy],
    ['of another case', 'LEGACY', () => keys.legacy],
    ['of an OAuth client as the account', 'crm', () => holders.assertion().key],
  ])('is refused when it is %s', async (_, accountId, key) => {
    expect(await logIn(accountId, fileOf(key()))).toEqual(refused);
  });

  it.each(['signer', 'robot'])('is not enough for %s, who is told so', async (accountId) => {
    const key = accountId === 'signer' ? keys.signer : holders.clientAssertion().key;
    expect(await logIn(accountId, fileOf(key))).toMatchObject({
      status: 401,
      body: { error: 'SIGNATURE_REQUIRED' },
    });
    expect(await logIn(accountId, fileOf(stranger))).toEqual(refused);
  });

  it.each([
    ['blocked', 'blocked_at = now()'],
    ['expired', "expires_at = now() - interval '1 second'"],
    ['of another address', "allowed_ips = '{10.0.0.0/8}'"],
    ['of no address', "allowed_ips = '{}'"],
  ])('is refused when its account is %s', async (what, change) => {
    const id = what.replaceAll(' ', '-');
    await addAccount(holders.api, id, 'legacy_public_key');
    const key = rsaKey();
    await addKey(holders.api, { ownerKind: 'service_account', ownerId: id, kid: 'k' }, key);
    expect(await logIn(id, fileOf(key))).toMatchObject(granted);
    await holders.api.sql(`UPDATE service_accounts SET ${change} WHERE id = $1`, [id]);
    expect(await logIn(id, fileOf(key))).toEqual(refused);
  });

  it.each(badKeys)('is refused when it is %s', async (what, { bits, ...row }) => {
    const id = `account-${badKeys.findIndex(([one]) => one === what)}`;
    await addAccount(holders.api, id, 'legacy_public_key');
    const key = rsaKey(bits);
    await addKey(holders.api, { ownerKind: 'service_account', ownerId: id, kid: 'k', ...row }, key);
    const { status, body } = await logIn(id, fileOf(key));
    expect([status, body]).toEqual(
      bits === undefined
        ? [401, refused.body]
        : [400, expect.objectContaining({ error: 'INVALID_KEY' })],
    );
  });

  const file = fileOf(keys.legacy);
  it.each<readonly [what: string, publicKey: unknown]>([
    ['absent', undefined],
    ['null', null],
    ['a number', 1],
    ['a list', [file]],
    ['an object', { key: file }],
    ['empty', ''],
    ['PEM itself', publicPem(keys.legacy)],
    ['in base64url', file.replace(/=*$/, '_')],
    ['with a space before', ` ${file}`],
    ['with a line break after', `${file}\n`],
    ['with padding too much', `${file}==`],
    ['twice', Buffer.from(publicPem(keys.legacy).repeat(2)).toString('base64')],
    [
      'beside another',
      Buffer.from(publicPem(keys.legacy) + publicPem(stranger)).toString('base64'),
    ],
    [
      'the private one',
      Buffer.from(keys.legacy.export({ type: 'pkcs8', format: 'pem' })).toString('base64'),
    ],
    [
      'of another kind',
      Buffer.from('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n').toString(
        'base64',
      ),
    ],
    ['a fingerprint', createHash('sha256').update(file).digest('hex')],
    ['sixty kilobytes', 'A'.repeat(60_000)],
  ])('is refused when it is %s', async (_, publicKey) => {
    const { status, body } = await logIn('legacy', publicKey);
    expect([status, body]).toEqual([400, expect.objectContaining({ statusCode: 400 })]);
    expect(JSON.stringify(body)).not.toContain(file.slice(40, 80));
  });

  it.each([
    null,
    1,
    true,
    {},
    [],
    ['legacy'],
    '',
    ' ',
    'legacy ',
    'legacy\0',
    'legacy\n',
    '\ud800',
    'a'.repeat(65),
    "legacy' OR true --",
    '../legacy',
    'légacy',
    '%',
    undefined,
  ])('is refused where the account is %j', async (accountId) => {
    expect(await logIn(accountId, file)).toMatchObject(malformed);
  });

  it.each<readonly [what: string, body: string]>([
    ['empty', ''],
    ['unfinished', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"legacy"'],
    ['a number', '1'],
    ['an object in an object', '{"account_id":{"account_id":"legacy"}}'],
    ['deep', '['.repeat(50_000)],
  ])('is refused where the body is %s', async (_, body) => {
    expect(await holders.post(loginPath, body)).toMatchObject(malformed);
  });
});
