import { randomBytes } from 'node:crypto';
import { AccessTokens, Assertions, RefreshTokens } from '@app/auth';
import { Config, SealedSecrets } from '@app/core';
import { SigningKeys } from '@app/keys';
import { Carillon } from '@app/testing/harness';
import { startWorker } from '../src/start';

/** What is kept for a while: how one is stored of which so much time is left. */
const kept = {
  revoked_tokens: '(jti, expires_at) VALUES ($1, now() + $2::interval)',
  used_assertions: "(issuer, jti, expires_at) VALUES ('client:crm', $1, now() + $2::interval)",
  refresh_tokens: `(id, family_id, service_account_id, key_id, hash, generation, expires_at, absolute_expires_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'billing', gen_random_uuid(), $1, 0,
      now() + $2::interval, now() + $2::interval)`,
  idempotency_keys: `(caller, key, fingerprint, created_at)
    VALUES ('someone', $1, '', now() - interval '24 hours' + $2::interval)`,
  audit_events: `(action, target, at, actor_kind, actor_id)
    VALUES ('thing.change', $1, now() - interval '30 days' + $2::interval, 'system', 'test')`,
};
const oneOfEach = Object.fromEntries(Object.keys(kept).map((table) => [table, 1]));

describe('what workers look after', () => {
  let carillon: Carillon;
  beforeEach(async () => {
    carillon = await Carillon.start({}, { AUDIT_RETENTION_DAYS: '30' });
    await carillon.sql(
      "INSERT INTO service_accounts (id, name, scopes) VALUES ('billing', 'Billing', '{}')",
    );
  });
  afterEach(() => carillon.close());

  const keep = async (name: string, left: string) => {
    for (const [table, row] of Object.entries(kept)) {
      await carillon.sql(`INSERT INTO ${table} ${row}`, [name, left]);
    }
  };
  const counts = async () => {
    // The rotation of the signing key left an event as well.
    const sums = Object.keys(kept).map(
      (table) =>
        `(SELECT count(*)::int FROM ${table} AS t WHERE to_jsonb(t) ->> 'action' IS DISTINCT FROM 'signing-key.rotate') AS ${table}`,
    );
    const [row] = await carillon.sql<Record<string, number>>(`SELECT ${sums.join(', ')}`);
    return row;
  };
  const secrets = () =>
    carillon.sql<{ sealed: string }>(
      `SELECT private_key AS sealed FROM signing_keys UNION ALL SELECT sealed FROM gateway_credentials`,
    );

  it('is kept as long as it is said to be, and keys and secrets are renewed, by several at their start', async () => {
    await carillon.createApplication();
    await carillon.get(SigningKeys).jwks();
    await carillon.sql("UPDATE signing_keys SET signs_from = now() - interval '91 days'");
    await carillon.sql('TRUNCATE audit_events');
    await keep('old', '-1 minute');
    await keep('new', '1 minute');

    const { masterKey } = carillon.config;
    const next = randomBytes(32);
    const renewed = Object.assign(new Config(), carillon.config, {
      masterKey: next,
      masterKeysPrevious: [masterKey],
    });
    const workers = await Promise.all([startWorker(renewed), startWorker(renewed)]);
    try {
      const seal = new SealedSecrets(next, masterKey);
      await carillon.until(async () => {
        const all = await secrets();
        return all.length === 4 && all.every(({ sealed }) => !seal.needsReseal(sealed));
      });
      await carillon.until(async () => (await counts())?.audit_events === 1);
      expect(await counts()).toEqual(oneOfEach);
    } finally {
      for (const worker of workers) await worker.close();
    }
  });

  it('is not gone before its time where the clock of a worker is ahead', async () => {
    const worker = await carillon.startWorker({ clockAheadMs: 90 * 60_000 });
    await keep('new', '1 minute');
    for (const what of [AccessTokens, Assertions, RefreshTokens]) {
      expect(await worker.get(what, { strict: false }).forgetExpired()).toBe(0);
    }
    // To the audit trail an hour is nothing.
    expect(await counts()).toEqual({ ...oneOfEach, audit_events: expect.any(Number) as number });
  });
});
