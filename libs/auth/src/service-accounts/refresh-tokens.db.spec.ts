import { createHash } from 'node:crypto';
import { CoreModule, type Permission } from '@app/core';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Carillon, tester } from '@app/testing/harness';
import { TokenSigner } from '@app/testing/token-signer';
import { schema } from '../../../../migrations';
import { AccessTokens } from '../access/access-tokens';
import { AuthModule } from '../auth.module';
import { OwnedKeys } from '../owned-keys';
import { RefreshTokens } from './refresh-tokens';
import { ServiceAccountLogin } from './service-account-login';
import { ServiceAccountsService } from './service-accounts.service';

const address = '203.0.113.9';
const scopes: Permission[] = ['messages:send', 'devices:read'];
const owner = { kind: 'service_account', id: 'billing' } as const;
const signer = TokenSigner.create();

@Module({})
class Process {}

describe('a refresh token', () => {
  let carillon: Carillon;
  let accounts: ServiceAccountsService;
  let tokens: RefreshTokens;
  let keyId: string;

  beforeAll(async () => {
    carillon = await Carillon.start({}, { PUBLIC_URL: 'https://push.example.com' });
    accounts = carillon.get(ServiceAccountsService);
    tokens = carillon.get(RefreshTokens);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE service_accounts, refresh_tokens, rate_limits, audit_events');
    await carillon.sql('DELETE FROM public_keys');
    const limits = { scopes, allowedIps: ['203.0.113.0/24'] };
    await accounts.create(tester, { accountId: owner.id, name: 'Billing', ...limits });
    const input = { publicKey: signer.publicKey };
    ({ id: keyId } = await carillon.get(OwnedKeys).add(tester, owner, input));
  });

  const logIn = (by = signer) => {
    const clientAssertion = by.assertion(owner.id, { aud: 'https://push.example.com' });
    const attempt = { accountId: owner.id, clientAssertion, rawBody: Buffer.alloc(0) };
    return carillon.get(ServiceAccountLogin).login({ ...attempt, address, userAgent: 'test' });
  };
  const login = async (by = signer) => (await logIn(by)).refreshToken;
  const refresh = async (token: string, from = address) =>
    (await tokens.refresh(token, from)).refreshToken;
  const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
  const refused = { code: 'INVALID_REFRESH_TOKEN', message: 'The refresh token is not valid' };
  const isRefused = (token: string, from?: string) =>
    expect(refresh(token, from)).rejects.toMatchObject(refused);
  /** As if the token had been used, or made, that long ago. */
  const age = (token: string, interval: string) =>
    carillon.sql(
      `UPDATE refresh_tokens SET used_at = used_at - $2::interval, expires_at = expires_at - $2::interval
       WHERE hash = $1`,
      [hashOf(token), interval],
    );
  const failures = async () =>
    (
      await carillon.sql<{ reason: string }>(
        `SELECT reason FROM audit_events WHERE action = 'service_account.refresh' AND outcome = 'failure' ORDER BY id`,
      )
    ).map(({ reason }) => reason);

  it('becomes a new pair, again and again', async () => {
    let token = await login();
    for (let n = 0; n < 5; n += 1) {
      const pair = await tokens.refresh(token, address);
      expect(pair).toMatchObject({ expiresInSeconds: 3600 });
      expect(pair.refreshToken).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(pair.refreshToken).not.toBe(token);
      token = pair.refreshToken;
    }
    const rows = await carillon.sql<{ families: number; last: number }>(
      `SELECT count(DISTINCT family_id)::int AS families, max(generation) AS last FROM refresh_tokens`,
    );
    expect(rows).toEqual([{ families: 1, last: 5 }]);
  });

  it('is stored as its hash only', async () => {
    const token = await login();
    const [row] = await carillon.sql<{ text: string }>(
      'SELECT r::text AS text FROM refresh_tokens r',
    );
    expect(row?.text).toContain(hashOf(token));
    expect(row?.text).not.toContain(token);
  });

  it('stays ended when the key of its login was disabled and is enabled again', async () => {
    const keys = carillon.get(OwnedKeys);
    const other = TokenSigner.create();
    await keys.add(tester, owner, { publicKey: other.publicKey });
    const [ended, kept] = [await login(), await login(other)];
    await keys.setEnabled(tester, keyId, false);
    await keys.setEnabled(tester, keyId, true);
    await isRefused(ended);
    expect(await refresh(kept)).toBeDefined();
  });

  it('that eight callers use at once gives each a pair, and a family that stays usable', async () => {
    const token = await login();
    const pairs = await Promise.all(Array.from({ length: 8 }, () => refresh(token)));
    expect(new Set(pairs).size).toBe(8);
    for (const next of pairs) expect(await refresh(next)).toBeDefined();
    expect(await failures()).toEqual([]);
  });

  it('gives no second pair when its successor was used, and ends the family', async () => {
    const first = await login();
    const second = await refresh(first);
    const third = await refresh(second);
    await isRefused(first);
    await isRefused(third);
    expect(await failures()).toEqual([
      'It was good once: its family has ended', // told once
    ]);
    const reuses = await carillon.sql(
      `SELECT target, address FROM audit_events WHERE action = 'service_account.reuse'`,
    );
    expect(reuses).toEqual([{ target: 'service_account:billing', address }]);
  });

  it('gives no second pair after ten seconds, and ends the family', async () => {
    const first = await login();
    const second = await refresh(first);
    await age(first, '11 seconds');
    await isRefused(first);
    await isRefused(second);
  });

  it('gives a second pair within ten seconds', async () => {
    const first = await login();
    await refresh(first);
    await age(first, '8 seconds');
    expect(await refresh(await refresh(first))).toBeDefined();
  });

  it('of generations ago ends the family, but no other', async () => {
    const first = await login();
    let last = first;
    for (let n = 0; n < 3; n += 1) last = await refresh(last);
    const other = await login();
    await isRefused(first);
    await isRefused(last);
    expect(await refresh(other)).toBeDefined();
  });

  it('ends after thirty days without use', async () => {
    const token = await login();
    await age(token, '30 days');
    await isRefused(token);
  });

  it('ends with its family after ninety days', async () => {
    const token = await login();
    await carillon.sql(`UPDATE refresh_tokens SET absolute_expires_at = now() + interval '1 hour'`);
    const next = await refresh(token);
    const [row] = await carillon.sql<{ at: boolean }>(
      'SELECT expires_at = absolute_expires_at AS at FROM refresh_tokens WHERE hash = $1',
      [hashOf(next)],
    );
    expect(row).toEqual({ at: true });
    await carillon.sql(`UPDATE refresh_tokens SET absolute_expires_at = now(), expires_at = now()`);
    await isRefused(next);
  });

  it.each([
    { what: 'is blocked', change: () => accounts.block(tester, owner.id) },
    {
      what: 'has another login mode',
      change: () => accounts.setLoginMode(tester, owner.id, { mode: 'signed' }),
    },
    {
      what: 'lost a scope',
      change: () => accounts.update(tester, owner.id, { scopes: ['devices:read'] }),
    },
    {
      what: 'lost an address',
      change: () => accounts.update(tester, owner.id, { allowedIps: [address] }),
    },
    { what: 'is gone', change: () => accounts.remove(tester, owner.id) },
    {
      what: 'has expired',
      change: () =>
        carillon.sql("UPDATE service_accounts SET expires_at = now() - interval '1 second'"),
    },
    {
      what: 'has its key disabled',
      change: () => carillon.get(OwnedKeys).setEnabled(tester, keyId, false),
    },
    { what: 'has its key removed', change: () => carillon.get(OwnedKeys).remove(tester, keyId) },
  ])('is refused when its account $what', async ({ change }) => {
    const token = await login();
    await change();
    await isRefused(token);
  });

  it('stays good when its account gets more', async () => {
    const token = await login();
    await accounts.update(tester, owner.id, {
      name: 'Billing 2',
      scopes: [...scopes, 'audit:read'],
    });
    await accounts.update(tester, owner.id, { allowedIps: null });
    expect(await refresh(token)).toBeDefined();
  });

  it('leaves nothing usable to whom an order to block overtakes', async () => {
    const families = [await login(), await login(), await login(), await login()];
    const results = await Promise.allSettled([
      ...families.slice(0, 2).map((token) => refresh(token)),
      accounts.block(tester, owner.id),
      ...families.slice(2).map((token) => refresh(token)),
    ]);
    await accounts.unblock(tester, owner.id);
    for (const result of results) {
      if (result.status === 'fulfilled' && typeof result.value === 'string') {
        await isRefused(result.value);
      }
    }
    for (const token of families) await isRefused(token);
  });

  it('stays refused after the account is unblocked', async () => {
    const token = await login();
    await accounts.block(tester, owner.id);
    await accounts.unblock(tester, owner.id);
    await isRefused(token);
    expect(await refresh(await login())).toBeDefined();
  });

  it('from another address is refused, and still good from the right one', async () => {
    const token = await login();
    await isRefused(token, '198.51.100.1');
    expect(await refresh(token)).toBeDefined();
    expect(await failures()).toEqual(['The account does not allow this address']);
  });

  it('outlives a restart of the server', async () => {
    const first = await login();
    const second = await refresh(first);
    const core = CoreModule.forRoot(carillon.config, schema, 'carillon test');
    const process = await NestFactory.createApplicationContext(
      { module: Process, imports: [core, AuthModule] },
      { logger: false, abortOnError: false },
    );
    const third = await process.get(RefreshTokens).refresh(second, address);
    await process.close();
    expect(await refresh(third.refreshToken)).toBeDefined();
    await isRefused(first);
  });

  it('is ended with its family by revoking any of it; what is unknown is no error', async () => {
    const first = await login();
    const second = await refresh(first);
    await tokens.revoke('unknown', address);
    await tokens.revoke(first, address);
    await tokens.revoke(first, address);
    await isRefused(second);
    const revocations = await carillon.sql(
      `SELECT actor_id FROM audit_events WHERE action = 'service_account.revoke'`,
    );
    expect(revocations).toEqual([{ actor_id: owner.id }]);
  });

  it.each<{ how: string; end: (used: string) => Promise<unknown> }>([
    { how: 'by its holder', end: (used) => tokens.revoke(used, address) },
    {
      how: 'because it was used twice',
      end: async (used) => {
        await age(used, '11 seconds');
        await isRefused(used);
      },
    },
  ])('that is revoked $how ends the access tokens of its family, and no other', async ({ end }) => {
    const first = await logIn();
    const second = await tokens.refresh(first.refreshToken, address);
    const other = await logIn();
    const isGood = async ({ accessToken }: { accessToken: string }) =>
      (await carillon.get(AccessTokens).inspect(accessToken)) !== undefined;
    for (const pair of [first, second, other]) expect(await isGood(pair)).toBe(true);
    await end(first.refreshToken);
    for (const pair of [first, second]) await carillon.until(async () => !(await isGood(pair)));
    await tokens.forgetExpired();
    expect(await isGood(other)).toBe(true);
    expect(await isGood(second)).toBe(false);
  });

  it.each([{ text: '' }, { text: 'x'.repeat(43) }, { text: '\0' }, { text: '\ud800' }])(
    'that is none of ours is refused and leaves no trace: $text',
    async ({ text }) => {
      await isRefused(text);
      expect(await failures()).toEqual([]);
    },
  );

  it('is guessed at most thirty times a minute, which is nothing to who has a good one', async () => {
    const good = await login();
    for (let n = 0; n < 30; n += 1) await isRefused('guess');
    await expect(refresh('guess')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await isRefused('guess', '203.0.113.10');
    expect(await refresh(good)).toBeDefined();
  });

  it('is forgotten when it has expired, and when too many logins were never refreshed', async () => {
    const expired = await login();
    const kept = await login();
    await carillon.sql('UPDATE refresh_tokens SET expires_at = now() WHERE hash = $1', [
      hashOf(expired),
    ]);
    await carillon.sql(
      `INSERT INTO refresh_tokens (id, family_id, service_account_id, key_id, hash, generation, created_at, expires_at, absolute_expires_at)
       SELECT gen_random_uuid(), gen_random_uuid(), $1, $2, 'hash' || n, 0, now() - interval '1 day', now() + interval '1 day', now() + interval '1 day'
       FROM generate_series(1, 1005) AS n`,
      [owner.id, keyId],
    );
    expect(await tokens.forgetExpired()).toBe(7);
    expect(await refresh(kept)).toBeDefined();
  });
});
