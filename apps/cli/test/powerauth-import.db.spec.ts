import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApplicationStore } from '@app/applications';
import { assertServiceConfig, loadConfig, loadServiceConfig, SealedSecrets } from '@app/core';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';
import { importPowerAuth, type ImportOptions } from '../src/import/import-powerauth';
import { runCommand } from '../src';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { printed } from '@app/testing/printed';
import {
  apnsKey,
  campaignUsers,
  createPowerAuthTables,
  longFcmToken,
  type Release,
  serviceAccount,
  soundRegistrations,
} from './powerauth-push-database';

const releases: readonly Release[] = ['1.0', '1.10'];
const schemaOf = (release: Release) => `push_${release.replace('.', '_')}`;

describe('the import from PowerAuth Push Server', () => {
  const masterKey = randomBytes(32);
  let original: TestDatabase;
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    original = await createTestDatabase();
    for (const release of releases) {
      await createPowerAuthTables(original.url, schemaOf(release), release);
    }
  });
  afterAll(() => original.drop());

  /** Gives each test an empty database of ours, or all of them the same one. */
  function useDatabase(before: typeof beforeEach = beforeEach, after = afterEach): void {
    before(async () => {
      database = await createTestDatabase();
      dataSource = new DataSource({
        type: 'postgres',
        url: database.url,
        entities: schema.entities,
      });
      await dataSource.initialize();
    });
    after(async () => {
      await dataSource.destroy();
      await database.drop();
    });
  }

  const environment = () => ({
    NODE_ENV: 'test',
    DATABASE_URL: database.url,
    MASTER_KEY: masterKey.toString('base64'),
    LOG_LEVEL: 'warn',
  });
  const importFrom = async (release: Release, changes: Partial<ImportOptions> = {}) => {
    const config = loadConfig(environment());
    assertServiceConfig(config);
    const refused: string[] = [];
    const progress: [number, number][] = [];
    const tallies = await importPowerAuth(
      config,
      {
        databaseUrl: original.url,
        schema: schemaOf(release),
        timeZone: 'UTC',
        apnsEnvironment: 'production',
        dryRun: false,
        ...changes,
      },
      {
        progress: (done, total) => progress.push([done, total]),
        refused: (line) => refused.push(line),
      },
    );
    const counts = Object.fromEntries(
      tallies.map(({ name, read, imported, present, refused: no }) => [
        name,
        [read, imported, present, no],
      ]),
    );
    return { counts, refused, progress };
  };
  const sql = <Row>(query: string, parameters?: unknown[]) =>
    dataSource.query<Row[]>(query, parameters);
  /** In the original's database. */
  const change = async (release: Release, statement: string) => {
    const source = new DataSource({ type: 'postgres', url: original.url });
    await source.initialize();
    await source.query(`SET search_path TO ${schemaOf(release)}`);
    await source.query(statement).finally(() => source.destroy());
  };
  /** All that is stored, secrets included. */
  const everything = async () => {
    const stored: unknown[] = [];
    for (const { tableName } of dataSource.entityMetadatas) {
      stored.push([tableName, await sql(`SELECT * FROM ${tableName} ORDER BY 1, 2`)]);
    }
    return [stored, await sql('SELECT last_value FROM campaigns_id_seq')];
  };

  describe.each(releases)('of release %s', (release) => {
    useDatabase();

    it('brings every sound row, and tells why it refuses the others', async () => {
      const { counts, refused, progress } = await importFrom(release);
      expect(counts).toEqual({
        applications: [2, 2, 0, 0],
        'APNs credentials': [2, 1, 0, 1],
        'FCM credentials': [2, 1, 0, 1],
        registrations: [soundRegistrations + 11, soundRegistrations + 5, 0, 6],
        campaigns: [7, 3, 0, 4],
        // One of them is listed twice.
        'campaign users': [campaignUsers + 4, campaignUsers + 1, 1, 2],
      });
      expect(refused).toEqual([
        "push_app_credentials 2: privateKey wants Apple's .p8 file: an EC P-256 private key in PEM",
        "push_app_credentials 2: serviceAccount wants the service account's JSON file",
        'push_device_registration 9011: it has no user',
        'push_device_registration 9012: its platform is neither iOS nor Android',
        'push_device_registration 9013: its platform is neither iOS nor Android',
        'push_device_registration 9014: token wants an APNs device token: an even number of hexadecimal digits, at most 200',
        'push_device_registration 9015: token wants an APNs device token: an even number of hexadecimal digits, at most 200',
        'push_device_registration 9016: its application is not imported',
        'push_campaign 23: its message is not the JSON of a message',
        'push_campaign 24: its message is not the JSON of a message',
        'push_campaign 25: extras must not contain "aps"; it is ours to fill.',
        'push_campaign 26: its application is not imported',
        'push_campaign_user 9003: its campaign is not imported',
        'push_campaign_user 9004: its user id wants 1 to 255 characters',
      ]);
      const total = 2 + soundRegistrations + 11 + 7 + campaignUsers + 4;
      expect(progress.at(-1)).toEqual([total, total]);
    });

    it('changes nothing a second time', async () => {
      await importFrom(release);
      const before = await everything();
      const { counts } = await importFrom(release);
      expect(await everything()).toEqual(before);
      expect(counts).toMatchObject({
        applications: [2, 0, 2, 0],
        'APNs credentials': [2, 0, 1, 1],
        registrations: [soundRegistrations + 11, 0, soundRegistrations + 5, 6],
        campaigns: [7, 0, 3, 4],
        'campaign users': [campaignUsers + 4, 0, campaignUsers + 2, 2],
      });
    });

    it('tells the same in a dry run, and changes nothing', async () => {
      const before = await everything();
      const rehearsal = await importFrom(release, { dryRun: true });
      expect(await everything()).toEqual(before);
      expect(await importFrom(release)).toEqual(rehearsal);
    });
  });

  describe.each(releases)('of release %s, done once,', (release) => {
    const applicationId = release === '1.0' ? 7 : 1;
    useDatabase(beforeAll, afterAll);
    beforeAll(() => importFrom(release));

    it('keeps applications under their numbers, with keys that open', async () => {
      const store = new ApplicationStore(dataSource, new SealedSecrets(masterKey));
      expect(await sql('SELECT id, name FROM applications ORDER BY id')).toMatchObject(
        [
          { id: applicationId, name: release === '1.0' ? 'PowerAuth 7' : 'PowerAuth mobile-bank' },
          { id: 8, name: 'PowerAuth 8' },
        ].toSorted((a, b) => a.id - b.id),
      );
      expect(await store.credential(applicationId, 'apns')).toMatchObject({
        bundle: 'com.example.bank',
        keyId: 'KEYID12345',
        teamId: 'TEAMID1234',
        environment: release === '1.0' ? 'production' : 'development',
        privateKey: apnsKey,
      });
      expect(await store.credential(applicationId, 'fcm')).toMatchObject({
        projectId: 'mobile-bank',
        serviceAccount,
      });
      expect(await store.credential(8, 'apns')).toBeUndefined();
    });

    it('leads each activation to its device, and shares a device among activations', async () => {
      const devices = await sql(
        `SELECT activations.id, user_id, status, application_id, platform, token, registered_at
         FROM activations JOIN devices ON devices.id = device_id
         WHERE activations.id IN ('activation-2', 'activation-3', 'shared-1', 'shared-2', 'long') OR user_id = 'carl'
         ORDER BY user_id, token`,
      );
      const common = {
        application_id: applicationId,
        registered_at: new Date('2020-06-02T12:00Z'),
      };
      const hex = 'c81e728d9d4c2f636f067f89cc14862c';
      expect(devices).toEqual([
        {
          ...common,
          id: 'shared-1',
          user_id: 'ann',
          status: 'ACTIVE',
          platform: 'ios',
          token: 'abcd',
        },
        {
          ...common,
          id: 'long',
          user_id: 'ann',
          status: 'BLOCKED',
          platform: 'android',
          token: longFcmToken,
        },
        {
          ...common,
          id: 'shared-2',
          user_id: 'ben',
          status: 'BLOCKED',
          platform: 'ios',
          token: 'abcd',
        },
        {
          ...common,
          id: expect.stringMatching(/^\d+:carl$/) as string,
          user_id: 'carl',
          status: 'ACTIVE',
          platform: 'android',
          token: 'carls',
        },
        {
          ...common,
          id: 'activation-2',
          user_id: 'user-2',
          status: 'ACTIVE',
          platform: 'ios',
          token: hex + hex,
          registered_at: new Date('2020-06-01T12:00:02Z'),
        },
        {
          ...common,
          id: 'activation-3',
          user_id: 'user-3',
          status: 'BLOCKED',
          platform: 'android',
          token: 'fcm:token-3',
          registered_at: new Date('2020-06-01T12:00:03Z'),
        },
      ]);
      expect(await sql('SELECT count(*)::int FROM devices')).toEqual([
        { count: soundRegistrations + 4 },
      ]);
    });

    it('keeps campaigns under their ids, with content, state and times', async () => {
      const sentAt = new Date('2020-07-02T00:00Z');
      const campaigns = await sql(
        `SELECT campaigns.id, name, state, content, personal, launched_at, completed_at
         FROM campaigns JOIN messages ON messages.id = message_id ORDER BY 1`,
      );
      const old = { title: 'Old news', validUntil: '2017-12-11T13:22:29.923Z', silent: false };
      const common = { name: 'Old news', content: old, personal: false, launched_at: sentAt };
      expect(campaigns).toEqual([
        {
          id: 20,
          name: 'Balance update',
          state: 'draft',
          personal: false,
          launched_at: null,
          completed_at: null,
          content: {
            title: 'Balance update',
            titleLocKey: 'of later releases',
            body: 'Your balance is now $745.00',
            icon: 'custom-icon',
            badge: 3,
            sound: 'default',
            category: 'balance-update',
            collapseKey: 'balance-update',
            validUntil: '2030-12-11T21:22:29.923Z',
            extras: { _comment: 'Any custom data.', list: [1, { deep: true }] },
            silent: false,
          },
        },
        { ...common, id: 21, state: 'completed', completed_at: new Date('2020-07-03T00:00Z') },
        { ...common, id: 22, state: 'cancelled', completed_at: null },
      ]);
      expect(await sql(`SELECT nextval('campaigns_id_seq')::int AS next`)).toEqual([{ next: 23 }]);
    });
  });

  describe('row by row', () => {
    useDatabase();

    it('adds what is new and takes what is newer there; what is newer here stays', async () => {
      await importFrom('1.0');
      await sql(
        `UPDATE activations SET status = 'BLOCKED', updated_at = now() WHERE id = 'activation-4'`,
      );
      await sql(`DELETE FROM devices WHERE token = 'fcm:token-5'`);
      await change(
        '1.0',
        `INSERT INTO push_device_registration SELECT 9101, 'activation-new', 'dora', 7, 'android', 'doras', now(), true;
       UPDATE push_device_registration SET push_token = 'moved', timestamp_last_registered = '2020-06-03' WHERE id = 1;
       UPDATE push_device_registration SET is_active = false WHERE id = 2;
       INSERT INTO push_campaign_user VALUES (9101, 20, 'dora', now())`,
      );
      try {
        const { counts } = await importFrom('1.0');
        expect(counts).toMatchObject({
          registrations: [soundRegistrations + 12, 3, soundRegistrations + 3, 6],
          'campaign users': [campaignUsers + 5, 1, campaignUsers + 2, 2],
        });
        const activations = await sql(
          `SELECT activations.id, token, status FROM activations LEFT JOIN devices ON devices.id = device_id
         WHERE activations.id ~ '^activation-([1245]|new)$' ORDER BY 1`,
        );
        expect(activations).toMatchObject([
          { id: 'activation-1', token: 'moved', status: 'ACTIVE' },
          { id: 'activation-2', status: 'BLOCKED' },
          { id: 'activation-4', status: 'BLOCKED' },
          { id: 'activation-5', token: null },
          { id: 'activation-new', token: 'doras', status: 'ACTIVE' },
        ]);
      } finally {
        await change(
          '1.0',
          `DELETE FROM push_device_registration WHERE id = 9101; DELETE FROM push_campaign_user WHERE id = 9101;
         UPDATE push_device_registration SET push_token = 'fcm:token-1' WHERE id = 1;
         UPDATE push_device_registration SET is_active = true WHERE id = 2`,
        );
      }
    });

    it('leaves alone a campaign and an application that are here under the same number', async () => {
      await sql(`INSERT INTO applications (id, name) VALUES (7, 'Mine')`);
      await sql(
        `WITH message AS (
         INSERT INTO messages (id, application_id, priority, state, content)
         VALUES (gen_random_uuid(), 7, 'campaign', 'draft', '{"silent":false}') RETURNING id)
       INSERT INTO campaigns (id, message_id, name) SELECT 20, id, 'Mine' FROM message`,
      );
      const { counts, refused } = await importFrom('1.0');
      expect(counts).toMatchObject({ applications: [2, 1, 1, 0], campaigns: [7, 2, 0, 5] });
      expect(refused).toContain('push_campaign 20: there is another campaign of this id here');
      expect(await sql('SELECT name FROM applications WHERE id = 7')).toEqual([{ name: 'Mine' }]);
      expect(await sql('SELECT FROM campaign_users WHERE campaign_id = 20')).toEqual([]);
    });

    it('reads times in the time zone of the server that wrote them', async () => {
      await importFrom('1.0', { timeZone: 'Europe/Prague' });
      expect(await sql(`SELECT updated_at FROM activations WHERE id = 'shared-1'`)).toEqual([
        { updated_at: new Date('2020-06-02T10:00Z') },
      ]);
    });

    it('refuses a token of the other APNs environment', async () => {
      await change(
        '1.10',
        `UPDATE push_device_registration SET environment = 'production' WHERE id = 2`,
      );
      const { refused } = await importFrom('1.10');
      expect(refused).toContain(
        'push_device_registration 2: its token is for APNs production, its application for development',
      );
      await change('1.10', 'UPDATE push_device_registration SET environment = NULL WHERE id = 2');
    });
  });

  describe('says what is wrong and changes nothing', () => {
    useDatabase();

    const refusal = async (changes: Partial<ImportOptions>) => {
      const before = await everything();
      const { message } = await importFrom('1.0', changes).then(
        () => new Error('it was done'),
        (error: unknown) => error as Error,
      );
      expect(await everything()).toEqual(before);
      return message;
    };
    const without = async (statement: string, restore: string) => {
      await change('1.0', statement);
      try {
        return await refusal({});
      } finally {
        await change('1.0', restore);
      }
    };

    it('of a URL that leads nowhere, without its password', async () => {
      const message = await refusal({ databaseUrl: 'postgres://ann:s3cret@127.0.0.1:1/push' });
      expect(message).toMatch(
        /^--database-url: 127\.0\.0\.1:1\/push can’t be used: .*ECONNREFUSED/,
      );
      expect(message).not.toContain('s3cret');
      const wrong = Object.assign(new URL(original.url), { password: 's3cret' }).href;
      expect(await refusal({ databaseUrl: wrong })).toMatch(/password authentication failed/);
      expect(await refusal({ databaseUrl: 'jdbc:oracle:thin:@host' })).toContain('Oracle');
    });

    it('of a missing schema, table or column', async () => {
      expect(await refusal({ schema: 'nowhere' })).toBe(
        'There is no table push_app_credentials in nowhere',
      );
      const table = 'push_campaign';
      expect(
        await without(`ALTER TABLE ${table} RENAME TO gone`, `ALTER TABLE gone RENAME TO ${table}`),
      ).toBe('There is no table push_campaign in push_1_0');
      expect(
        await without(
          'ALTER TABLE push_device_registration RENAME push_token TO gone',
          'ALTER TABLE push_device_registration RENAME gone TO push_token',
        ),
      ).toBe('The table push_device_registration in push_1_0 has no column push_token');
    });

    it('of a master key that is not the one of our database', async () => {
      const other = new SealedSecrets(randomBytes(32)).seal('a key', 'signing-key:a');
      await sql(
        `INSERT INTO signing_keys (kid, public_jwk, private_key, signs_from) VALUES ('a', '{}', $1, now())`,
        [other],
      );
      expect(await refusal({})).toContain("MASTER_KEY: this database's secrets were sealed with");
    });

    it('of a time zone', async () => {
      expect(await refusal({ timeZone: 'Moon/Crater' })).toContain('Europe/Prague');
    });
  });

  describe('as a command', () => {
    useDatabase(beforeAll, afterAll);

    const carillon = async (...commandLine: string[]) => {
      const program = join(__dirname, '../src/main.ts');
      const child = spawn(
        process.execPath,
        [join(__dirname, '../../../scripts/run-typescript.mjs'), program, ...commandLine],
        { env: { ...process.env, ...environment() }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const [output, errors] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code: child.exitCode, output, errors };
    };

    it('prints progress, refusals and a summary', async () => {
      const { code, output, errors } = await carillon(
        'import',
        'powerauth',
        ...['--database-url', original.url, '--schema', schemaOf('1.10'), '--dry-run'],
      );
      expect(code).toBe(0);
      expect(output).toContain('█');
      expect(output).toMatch(/^registrations +2511 +2505 +0 +6$/m);
      expect(output).toContain('A dry run: nothing was changed.');
      expect(errors).toMatch(/^Refused: push_device_registration 9011: it has no user$/m);
      expect(output + errors).not.toContain(new URL(original.url).password);
      expect(output + errors).not.toContain('PRIVATE KEY');
    });

    it.each([
      ['nothing', []],
      ['another command', ['export', 'powerauth', '--database-url', 'postgres://host/push']],
      ['no database', ['import', 'powerauth']],
      ['an unknown option', ['import', 'powerauth', '--databse-url', 'postgres://host/push']],
    ])('explains itself when given %s', async (_, commandLine) => {
      const { result, errors } = await printed(() =>
        runCommand(commandLine, async (work) => work(loadServiceConfig(environment()))),
      );
      expect(result).toBe(64);
      expect(errors).toContain('Usage: carillon import powerauth --database-url <url>');
    });

    it('ends with code 1 and one sentence when it can’t', async () => {
      const { code, errors } = await carillon(
        ...['import', 'powerauth', '--database-url', original.url],
      );
      expect(code).toBe(1);
      expect(errors).toBe('There is no table push_app_credentials in public\n');
    });
  });
});
