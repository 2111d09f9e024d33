import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '@app/core';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { startApi } from '../src/start';
import { testConfig } from '@app/testing/config';

let folder: string;
let database: TestDatabase;
let client: Client;
let config: ServiceConfig;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-'));
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  provision('{}');
  config = testConfig(database.url, { PROVISION_FILE: join(folder, 'provision.yaml') });
});
afterEach(async () => {
  await client.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const provision = (text: string) => {
  writeFileSync(join(folder, 'provision.yaml'), text);
};

async function startAndStop(): Promise<void> {
  await (await startApi(config)).close();
}

/** Everything that provisioning writes. */
async function stored() {
  const rows = async (table: string) =>
    (await client.query<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1`)).rows;
  return [
    await rows('applications'),
    await rows('gateway_credentials'),
    await rows('activations'),
    await rows('lane_limits'),
  ];
}

const provisioned = (teamId: string) => `
applications:
  - id: 1
    name: Mobile bank
    apns: { bundle: com.example.bank, keyId: K, teamId: ${teamId}, environment: production, privateKeyFile: apns.p8 }
    limits: { apnsPerSecond: 100 }
activations:
  - { activationId: a-1, userId: alice, status: ACTIVE }
`;

describe('a start', () => {
  beforeEach(() => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(folder, 'apns.p8'), pem);
  });

  it('applies the provisioning file, and the same file again changes nothing', async () => {
    provision(provisioned('TEAM1'));
    await startAndStop();
    const first = await stored();
    expect(first).toMatchObject([
      [{ id: 1, name: 'Mobile bank' }],
      [{ gateway: 'apns', facts: { teamId: 'TEAM1' } }],
      [{ id: 'a-1', user_id: 'alice', status: 'ACTIVE' }],
      [{ gateway: 'apns', per_second: 100 }],
    ]);
    await startAndStop();
    expect(await stored()).toEqual(first);
  });

  it('follows a changed file, with a new version of the credentials', async () => {
    provision(provisioned('TEAM1'));
    await startAndStop();
    const before = (await stored())[1]?.[0];
    provision(provisioned('TEAM2'));
    await startAndStop();
    const after = (await stored())[1]?.[0];
    expect(after).toMatchObject({ facts: { teamId: 'TEAM2' } });
    expect(after?.version).not.toBe(before?.version);
  });

  it('in several processes at once provisions once', async () => {
    provision(provisioned('TEAM1'));
    await Promise.all([startAndStop(), startAndStop(), startAndStop()]);
    expect((await stored()).map((rows) => rows.length)).toEqual([1, 1, 1, 1]);
  });

  it('is refused by a broken provisioning file, of which nothing is applied', async () => {
    provision(provisioned('TEAM1').replace('ACTIVE', 'GONE'));
    await expect(startApi(config)).rejects.toThrow(
      /PROVISION_FILE .*provision\.yaml: activations\[0\]\.status: wants one of CREATED/,
    );
    expect(await stored()).toEqual([[], [], [], []]);
  });

  it('is refused in production behind a proxy with TLS that is not named', async () => {
    const PUBLIC_URL = 'https://push.example.com';
    const at = (environment: NodeJS.ProcessEnv) =>
      startApi(testConfig(database.url, { PUBLIC_URL, ...environment }));
    await expect(at({ NODE_ENV: 'production' })).rejects.toThrow(
      /TRUSTED_PROXIES: PUBLIC_URL is https, .* say none/,
    );
    for (const TRUSTED_PROXIES of ['none', '127.0.0.1']) {
      await (await at({ NODE_ENV: 'production', TRUSTED_PROXIES })).close();
    }
    await (await at({})).close(); // only a warning
  });

  it('is refused when the schema is too new', async () => {
    provision('{}');
    await client.query("INSERT INTO required_migrations VALUES ('DropReason1900000000000')");
    await expect(startApi(config)).rejects.toThrow(/schema is too new .*start a newer version/);
    await client.query('DELETE FROM required_migrations');
  });

  it('is refused when the schema is behind', async () => {
    provision('{}');
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await expect(startApi(config)).rejects.toThrow(/schema is behind .*run: npm run migrate/);
  });
});
