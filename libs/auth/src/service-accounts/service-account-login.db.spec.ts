import { constants, createHash, createPublicKey, randomUUID, sign } from 'node:crypto';
import { type Permission } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';
import { TokenSigner } from '@app/testing/token-signer';
import { AccessTokens } from '../access/access-tokens';
import type { LoginAttempt } from './login-proof';
import { OwnedKeys } from '../owned-keys';
import { ServiceAccountLogin } from './service-account-login';
import { ServiceAccountsService } from './service-accounts.service';

const address = '203.0.113.9';
const owner = { kind: 'service_account', id: 'billing' } as const;
const scopes: Permission[] = ['messages:send', 'devices:read'];
const publicUrl = 'https://push.example.com';
const body = Buffer.from('{"account_id":"billing", "public_key":"…"}');
const refused = {
  code: 'INVALID_CREDENTIALS',
  message: 'The account or its credentials are not valid',
};

describe('a login of a service account', () => {
  const signer = TokenSigner.create();
  const foreign = TokenSigner.create();
  let carillon: Carillon;
  let accounts: ServiceAccountsService;
  let keyId: string;

  beforeAll(async () => {
    carillon = await Carillon.start({}, { PUBLIC_URL: publicUrl });
    accounts = carillon.get(ServiceAccountsService);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql(
      'TRUNCATE service_accounts, refresh_tokens, rate_limits, used_assertions, audit_events CASCADE',
    );
    await carillon.sql('DELETE FROM public_keys');
    const limits = { scopes, allowedIps: ['203.0.113.0/24'] };
    await accounts.create(tester, { accountId: owner.id, name: 'Billing', ...limits });
    const input = { publicKey: signer.publicKey, kid: 'k1' };
    ({ id: keyId } = await carillon.get(OwnedKeys).add(tester, owner, input));
  });

  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const toLegacy = () =>
    accounts.setLoginMode(tester, owner.id, { mode: 'legacy_public_key', reason: 'old client' });
  const toSigned = (until?: Date) =>
    accounts.setLoginMode(tester, owner.id, {
      mode: 'signed',
      ...(until && { until, reason: 'old client' }),
    });
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const login = (attempt: Partial<LoginAttempt>) =>
    carillon.get(ServiceAccountLogin).login({
      accountId: owner.id,
      rawBody: body,
      address,
      userAgent: 'paymentsgate.nodejs-secure-api',
      ...attempt,
    });
  const key = (of = signer) => ({ publicKey: base64(of.publicKey) });
  const assertion = (claims: object = {}, header: object = {}, by = signer) => ({
    clientAssertion: by.assertion(owner.id, { aud: publicUrl, ...claims }, header),
  });
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  const signature = ({
    t = String(nowSeconds()),
    n = randomUUID(),
    text = (time: string, nonce: string, digest: string) =>
      `POST\n/auth/token\n${time}\n${nonce}\n${digest}`,
    signed = body,
    by = signer,
    hash = 'sha256',
    padding = constants.RSA_PKCS1_PSS_PADDING,
    saltLength = constants.RSA_PSS_SALTLEN_MAX_SIGN,
  } = {}) => {
    const digest = createHash('sha256').update(signed).digest('hex');
    const options = { key: by.privateKey, padding, saltLength };
    const s = sign(hash, Buffer.from(text(t, n, digest)), options).toString('base64');
    return { ...key(), signatureHeader: `t=${t},n=${n},s=${s}` };
  };
  const reasons = async () =>
    (
      await carillon.sql<{ reason: string }>(
        `SELECT reason FROM audit_events WHERE action = 'service_account.login' AND outcome = 'failure' ORDER BY id`,
      )
    ).map(({ reason }) => reason);

  describe('by the public key alone', () => {
    beforeEach(toLegacy);

    it('gives tokens of the documented shape, and tells when it ends', async () => {
      const tokens = await login(key());
      const { legacyUntil } = await accounts.get(tester, owner.id);
      expect(tokens).toMatchObject({ expiresInSeconds: 3600, legacyUntil });
      expect(tokens.accessToken.split('.')[1]).not.toMatch(/[-_]/);
      expect(await carillon.get(AccessTokens).inspect(tokens.accessToken)).toMatchObject({
        sub: owner.id,
        kind: 'service_account',
        scope: 'devices:read messages:send',
        key_id: keyId,
      });
    });

    it('is told of in the account and in the audit trail, and its key is not', async () => {
      await login(key());
      expect(await accounts.get(tester, owner.id)).toMatchObject({
        lastLoginAt: expect.any(Date) as Date,
        lastLegacyLoginAt: expect.any(Date) as Date,
        lastLegacyAddress: address,
        lastLegacyUserAgent: 'paymentsgate.nodejs-secure-api',
      });
      const events = await carillon.sql(
        `SELECT actor_kind, actor_id, target, outcome, after, address FROM audit_events WHERE action = 'service_account.login'`,
      );
      expect(events).toEqual([
        {
          actor_kind: 'service_account',
          actor_id: owner.id,
          target: 'service_account:billing',
          outcome: 'success',
          after: { proof: 'public_key', userAgent: 'paymentsgate.nodejs-secure-api' },
          address,
        },
      ]);
    });

    it('ends with the period, as do the tokens that it gave', async () => {
      const soon = new Date(Date.now() + 1_800_000);
      await accounts.setLoginMode(tester, owner.id, { mode: 'legacy_public_key', until: soon });
      const { expiresInSeconds } = await login(key());
      expect(expiresInSeconds).toBeLessThanOrEqual(1800);
      const [row] = await carillon.sql<{ end: Date }>(
        'SELECT absolute_expires_at AS end FROM refresh_tokens',
      );
      expect(row?.end).toEqual(soon);
      await carillon.sql(`UPDATE service_accounts SET legacy_until = now()`);
      await expect(login(key())).rejects.toMatchObject({ code: 'SIGNATURE_REQUIRED' });
    });

    it.each([
      { what: 'an unknown account', attempt: () => ({ accountId: 'nobody', ...key() }) },
      { what: 'a wrong key', attempt: () => key(foreign) },
      { what: 'a wrong address', attempt: () => ({ ...key(), address: '198.51.100.1' }) },
      { what: 'no address', attempt: () => ({ ...key(), address: undefined }) },
      { what: 'a signature', attempt: () => signature() },
      { what: 'an assertion', attempt: () => assertion() },
    ])('is refused like any other for $what', async ({ attempt }) => {
      await expect(login(attempt())).rejects.toMatchObject(refused);
      expect(await reasons()).toHaveLength(1);
    });

    it.each([
      { what: 'blocked', change: () => accounts.block(tester, owner.id) },
      {
        what: 'expired',
        change: () =>
          carillon.sql("UPDATE service_accounts SET expires_at = now() - interval '1 second'"),
      },
      { what: 'gone', change: () => accounts.remove(tester, owner.id) },
      {
        what: 'without the key',
        change: () => carillon.get(OwnedKeys).setEnabled(tester, keyId, false),
      },
    ])('is refused like any other to an account that is $what', async ({ change }) => {
      await login(key());
      await change();
      await expect(login(key())).rejects.toMatchObject(refused);
    });

    it('is limited where it fails, and never where it succeeds', async () => {
      for (let n = 0; n < 10; n += 1) {
        await expect(login(key(foreign))).rejects.toMatchObject(refused);
      }
      await expect(login(key(foreign))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      const other = { ...key(foreign), address: '203.0.113.10' };
      await expect(login(other)).rejects.toMatchObject(refused);
      const logins = await Promise.all(Array.from({ length: 40 }, () => login(key())));
      expect(new Set(logins.map(({ refreshToken }) => refreshToken)).size).toBe(40);
      // Of an address once, for a failure that repeats is no news.
      expect(await reasons()).toHaveLength(2);
    });

    it('gives nothing to whom an order to block overtakes', async () => {
      const results = await Promise.allSettled([
        ...Array.from({ length: 6 }, () => login(key())),
        accounts.block(tester, owner.id),
        ...Array.from({ length: 6 }, () => login(key())),
      ]);
      const given = results.flatMap((result) =>
        result.status === 'fulfilled' && 'accessToken' in result.value ? [result.value] : [],
      );
      for (const { accessToken } of given) {
        expect(await carillon.get(AccessTokens).inspect(accessToken)).toBeUndefined();
      }
      const [live] = await carillon.sql<{ count: number }>(
        'SELECT count(*)::int FROM refresh_tokens WHERE revoked_at IS NULL',
      );
      expect(live).toEqual({ count: 0 });
    });
  });

  describe('by a public key that is not enough', () => {
    it.each([{ mode: 'assertion_only' as const }, { mode: 'signed' as const }])(
      'is told so in the mode $mode, if it is the right one',
      async ({ mode }) => {
        await accounts.setLoginMode(tester, owner.id, { mode });
        await expect(login(key())).rejects.toMatchObject({ code: 'SIGNATURE_REQUIRED' });
        await expect(login(key(foreign))).rejects.toMatchObject(refused);
        await expect(login({ ...key(), address: '::1' })).rejects.toMatchObject(refused);
      },
    );
  });

  describe('by a signature', () => {
    beforeEach(() => toSigned());

    it.each([
      { what: 'the longest salt', saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN },
      { what: "a salt of the digest's length", saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      { what: 'a salt of 20 bytes', saltLength: 20 },
    ])('with $what gives tokens that are not legacy', async ({ saltLength }) => {
      expect(await login(signature({ saltLength }))).toMatchObject({ legacyUntil: undefined });
      expect(await accounts.get(tester, owner.id)).toMatchObject({ lastLegacyLoginAt: null });
    });

    it('may be 59 s off, and no more', async () => {
      expect(await login(signature({ t: String(nowSeconds() - 58) }))).toBeDefined();
      expect(await login(signature({ t: String(nowSeconds() + 58) }))).toBeDefined();
      for (const off of [-62, 62, 86_400, -nowSeconds()]) {
        const late = signature({ t: String(nowSeconds() + off) });
        await expect(login(late)).rejects.toMatchObject(refused);
      }
    });

    it('is good once, also for eight at once', async () => {
      const attempt = signature();
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => login(attempt)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(new Set(await reasons())).toEqual(new Set(['The proof was used before']));
    });

    it.each([
      { what: 'by another key', changes: { by: foreign } },
      { what: 'over another body', changes: { signed: Buffer.from('{}') } },
      {
        what: 'over another time',
        changes: { text: (_: string, n: string, d: string) => `POST\n/auth/token\n1\n${n}\n${d}` },
      },
      {
        what: 'over another nonce',
        changes: {
          text: (t: string, _: string, d: string) => `POST\n/auth/token\n${t}\nanother-nonce\n${d}`,
        },
      },
      {
        what: 'over another path',
        changes: {
          text: (t: string, n: string, d: string) => `POST\n/auth/token/refresh\n${t}\n${n}\n${d}`,
        },
      },
      {
        what: 'over another method',
        changes: {
          text: (t: string, n: string, d: string) => `PUT\n/auth/token\n${t}\n${n}\n${d}`,
        },
      },
      { what: 'with SHA-512', changes: { hash: 'sha512' } },
      {
        what: 'in PKCS#1 v1.5',
        changes: { padding: constants.RSA_PKCS1_PADDING },
      },
    ])('$what is refused like any other, and spends no nonce', async ({ changes }) => {
      const n = randomUUID();
      await expect(login(signature({ n, ...changes }))).rejects.toMatchObject(refused);
      expect(await login(signature({ n }))).toBeDefined();
    });

    it.each([
      { what: 'empty', header: '' },
      { what: 'without a nonce', header: `t=1,s=${'A'.repeat(344)}` },
      { what: 'with a short nonce', header: `t=1,n=a,s=${'A'.repeat(344)}` },
      { what: 'with a short signature', header: 't=1,n=12345678,s=AAAA' },
      { what: 'in base64url', header: `t=1,n=12345678,s=${'-_'.repeat(172)}` },
      { what: 'in another order', header: `n=12345678,t=1,s=${'A'.repeat(344)}` },
      { what: 'of a fraction', header: `t=1.5,n=12345678,s=${'A'.repeat(344)}` },
      { what: 'twice', header: `t=1,n=12345678,s=${'A'.repeat(344)}, t=1` },
    ])('$what is no signature', async ({ header }) => {
      const attempt = { ...key(), signatureHeader: header };
      await expect(login(attempt)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        field: 'X-Signature',
      });
    });

    it('wants a public key that says which, and no second proof', async () => {
      const { signatureHeader } = signature();
      await expect(login({ signatureHeader })).rejects.toMatchObject({ field: 'public_key' });
      const both = { ...signature(), ...assertion() };
      await expect(login(both)).rejects.toMatchObject({ field: 'client_assertion' });
    });

    it('and by the key alone both work until the period ends, and only the latter is legacy', async () => {
      await toSigned(inAnHour());
      expect(await login(signature())).toMatchObject({ legacyUntil: undefined });
      expect(await accounts.get(tester, owner.id)).toMatchObject({ lastLegacyLoginAt: null });
      expect((await login(key())).legacyUntil).toBeInstanceOf(Date);
      expect(await accounts.get(tester, owner.id)).toMatchObject({ lastLegacyAddress: address });
      await carillon.sql('UPDATE service_accounts SET legacy_until = now()');
      await expect(login(key())).rejects.toMatchObject({ code: 'SIGNATURE_REQUIRED' });
      expect(await login(signature())).toBeDefined();
    });
  });

  describe('by an assertion', () => {
    it.each([
      { what: 'for our origin', claims: {}, header: {} },
      { what: 'for this endpoint', claims: { aud: `${publicUrl}/auth/token` }, header: {} },
      { what: 'that names its key', claims: {}, header: { kid: 'k1' } },
    ])('$what gives tokens', async ({ claims, header }) => {
      expect(await login(assertion(claims, header))).toMatchObject({ legacyUntil: undefined });
      await toSigned();
      expect(await login({ ...key(), ...assertion(claims, header) })).toBeDefined();
    });

    it('is good once, here and at the endpoint of OAuth', async () => {
      const attempt = assertion();
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => login(attempt)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it.each([
      { what: 'for another audience', claims: { aud: 'https://evil.example' }, header: {} },
      { what: 'for several audiences', claims: { aud: [publicUrl] }, header: {} },
      { what: 'for no audience', claims: { aud: undefined }, header: {} },
      {
        what: 'for the endpoint of OAuth',
        claims: { aud: `${publicUrl}/api/oauth/token` },
        header: {},
      },
      { what: 'without a jti', claims: { jti: undefined }, header: {} },
      { what: 'of another issuer', claims: { iss: 'crm' }, header: {} },
      { what: 'about another subject', claims: { sub: 'crm' }, header: {} },
      { what: 'that has expired', claims: { iat: 1, exp: 2 }, header: {} },
      { what: 'that lives too long', claims: { exp: nowSeconds() + 7200 }, header: {} },
      { what: 'of another algorithm', claims: {}, header: { alg: 'PS256' } },
      { what: 'of another class', claims: {}, header: { typ: 'at+jwt' } },
      { what: 'that names another key', claims: {}, header: { kid: 'k2' } },
    ])('$what is refused like any other', async ({ claims, header }) => {
      await expect(login(assertion(claims, header))).rejects.toMatchObject(refused);
    });

    it.each([{ text: 'x' }, { text: 'a.b.c' }, { text: 'x'.repeat(9000) }])(
      'that is none is refused like any other',
      async ({ text }) => {
        await expect(login({ clientAssertion: text })).rejects.toMatchObject(refused);
      },
    );

    it('by a foreign key, or beside one, is refused', async () => {
      await expect(login(assertion({}, {}, foreign))).rejects.toMatchObject(refused);
      await expect(login({ ...key(foreign), ...assertion() })).rejects.toMatchObject(refused);
    });
  });

  describe('with something that is no key', () => {
    const pem = signer.publicKey;
    const privatePem = signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    it.each([
      { what: 'nothing', publicKey: undefined },
      { what: 'an empty text', publicKey: '' },
      { what: 'PEM itself', publicKey: pem },
      { what: 'base64 with a line break', publicKey: `${base64(pem)}\n` },
      { what: 'base64 without its padding', publicKey: base64(`${pem}\n`).replace(/=+$/, '-') },
      { what: 'base64url', publicKey: Buffer.from(`${pem}?>~`).toString('base64url') },
      { what: 'junk between', publicKey: `${base64(pem).slice(0, 8)}*${base64(pem).slice(8)}` },
      { what: 'too much', publicKey: base64(pem.padStart(9000)) },
      { what: 'no PEM', publicKey: base64('hello') },
      { what: 'a private key', publicKey: base64(privatePem) },
      { what: 'two keys', publicKey: base64(pem + foreign.publicKey) },
    ])('$what, is a bad request, whoever sends it', async ({ publicKey }) => {
      const wrong = { kind: 'invalid', field: 'public_key' };
      await expect(login({ publicKey })).rejects.toMatchObject(wrong);
      await expect(login({ accountId: 'nobody', publicKey })).rejects.toMatchObject(wrong);
    });

    it.each([
      { accountId: '' },
      { accountId: 'a\0b' },
      { accountId: 'ä' },
      { accountId: 'a'.repeat(65) },
    ])('of an account that can not be: $accountId', async ({ accountId }) => {
      await expect(login({ accountId, ...key() })).rejects.toMatchObject({ field: 'account_id' });
    });
  });

  it.each([
    { what: 'as it is', spell: (pem: string) => pem },
    {
      what: 'in PKCS#1',
      spell: (pem: string) =>
        createPublicKey(pem).export({ type: 'pkcs1', format: 'pem' }).toString(),
    },
    { what: 'with CRLF', spell: (pem: string) => pem.replaceAll('\n', '\r\n') },
    { what: 'without a line break at its end', spell: (pem: string) => pem.trimEnd() },
    { what: 'after empty lines', spell: (pem: string) => `\n\n${pem}` },
    {
      what: 'after a comment',
      spell: (pem: string) => `Bag Attributes\n    friendlyName: x\n${pem}`,
    },
    { what: 'after a byte order mark', spell: (pem: string) => `\ufeff${pem}` },
  ])('knows a key $what', async ({ spell }) => {
    await toLegacy();
    expect(await login({ publicKey: base64(spell(signer.publicKey)) })).toBeDefined();
  });
});
