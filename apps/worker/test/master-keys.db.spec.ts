import { Allowances } from '@app/auth';
import { randomBytes } from 'node:crypto';
import { ApplicationStore, PushProfilesService } from '@app/applications';
import { AuditKeys } from '@app/audit';
import {
  assertMasterKey,
  ConfigError,
  nameOfColumn,
  Resealer,
  SealedSecrets,
  UnitsOfWork,
} from '@app/core';
import { SigningKeys } from '@app/keys';
import { Idempotency, KeyQuotas } from '@app/idempotency';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';
import { schema } from '../../../migrations';

const sealedForm = '^v1[.][0-9a-f]{8}[.][A-Za-z0-9_-]{16}[.]';

describe('a new master key', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
    await carillon.get(SigningKeys).jwks();
    await source().transaction((manager) => carillon.get(AuditKeys).signer(manager));
    const profiles = carillon.get(PushProfilesService);
    await profiles.configure(tester, applicationId, {
      apiSpaceId: 'space-1',
      issuer: 'https://bank.example',
      audience: 'https://push.example',
      sharedSecret: 'a secret that is long enough to be one',
    });
    await profiles.rotateSecret(tester, applicationId, { keepPreviousSeconds: 3_600 });
    const secrets = new SealedSecrets(carillon.config.masterKey);
    await carillon.sql("INSERT INTO provider_tokens VALUES ('team', $1, now())", [
      secrets.seal('token', 'provider-token:team'),
    ]);
    const request = { caller: "o'operator", key: 'k', fingerprint: 'f' };
    const units = carillon.get(UnitsOfWork);
    const quotas = new KeyQuotas(carillon.get(Allowances), carillon.config);
    const idempotency = new Idempotency(carillon.get(DataSource), units, secrets, quotas);
    await units.scope(async () => {
      const claimed = await idempotency.claim(request);
      if (!('claim' in claimed)) throw new Error('It is the first');
      await idempotency.keep(claimed.claim, { status: 200, contentType: '', body: 'done' });
    });
  });
  afterAll(() => carillon.close());

  const source = () => carillon.get(DataSource);
  const resealer = (secrets: SealedSecrets) => new Resealer(source(), secrets, schema.sealed);

  /** Opens every sealed text of the register. */
  const openAll = async (secrets: SealedSecrets) => {
    const opened: string[] = [];
    for (const column of schema.sealed) {
      const rows = await carillon.sql<Record<string, unknown> & { sealed: string }>(
        `SELECT *, ${column.column} AS sealed FROM ${column.table} WHERE ${column.column} IS NOT NULL
         ORDER BY ${column.key.join(', ')}`,
      );
      expect(rows).not.toEqual([]); // else nothing is shown for this column
      for (const row of rows) {
        const text = secrets.open(row.sealed, column.contextOf(row));
        opened.push(`${nameOfColumn(column)}: ${text}`);
      }
    }
    return opened;
  };

  it('finds every sealed column of the database in the register', async () => {
    const columns = await carillon.sql<{ table: string; column: string }>(
      `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'character varying')`,
    );
    const sealed: string[] = [];
    for (const { table, column } of columns) {
      const rows = await carillon.sql(
        `SELECT FROM ${table} WHERE "${column}"::text ~ '${sealedForm}' LIMIT 1`,
      );
      if (rows.length > 0) sealed.push(`${table}.${column}`);
    }
    expect(sealed.sort()).toEqual(schema.sealed.map(nameOfColumn).sort());
  });

  it('reaches everything, three times in a row, with several processes at once', async () => {
    const before = await openAll(new SealedSecrets(carillon.config.masterKey));
    let present = carillon.config.masterKey;
    for (let rotation = 0; rotation < 3; rotation += 1) {
      const next = randomBytes(32);
      const rotating = new SealedSecrets(next, present);
      expect(await openAll(rotating)).toEqual(before);
      await Promise.all([resealer(rotating).sealAnew(), resealer(rotating).sealAnew()]);
      const alone = new SealedSecrets(next);
      expect(await openAll(alone)).toEqual(before);
      await assertMasterKey(source(), alone, schema.sealed);
      present = next;
    }
    const store = new ApplicationStore(source(), new SealedSecrets(present));
    expect(await store.credential(applicationId, 'apns')).toBeDefined();
  });

  it('goes on in batches, past what no key opens', async () => {
    await carillon.sql('TRUNCATE provider_tokens');
    const names = Array.from({ length: 250 }, (_, index) => `team ${index}`);
    const stranger = new SealedSecrets(randomBytes(32));
    const oldKey = randomBytes(32);
    const sealer = new SealedSecrets(oldKey);
    for (const [index, name] of names.entries()) {
      const by = index === 100 ? stranger : sealer;
      await carillon.sql('INSERT INTO provider_tokens VALUES ($1, $2, now())', [
        name,
        by.seal(name, `provider-token:${name}`),
      ]);
    }
    const rotating = new SealedSecrets(randomBytes(32), oldKey);
    const passing = schema.sealed.filter(({ table }) => table === 'provider_tokens');
    await new Resealer(source(), rotating, passing).sealAnew();
    const rows = await carillon.sql<{ name: string; token: string }>(
      'SELECT name, token FROM provider_tokens',
    );
    const left = rows.filter(({ token }) => rotating.needsReseal(token));
    expect(left.map(({ name }) => name)).toEqual(['team 100']);
  });

  it('without the key before is refused for each lasting column, and names no row', async () => {
    const stranger = new SealedSecrets(randomBytes(32));
    for (const column of schema.sealed.filter(({ isPassing }) => !isPassing)) {
      const refused = assertMasterKey(source(), stranger, [column]);
      await expect(refused).rejects.toThrow(ConfigError);
      await expect(refused).rejects.toThrow(`in ${nameOfColumn(column)} with `);
    }
    const passing = schema.sealed.filter(({ isPassing }) => isPassing);
    await assertMasterKey(source(), stranger, passing);
  });
});
