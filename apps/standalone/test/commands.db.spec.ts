import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Audit, AuditLinker } from '@app/audit';
import { isApiKey, OperatorLogin, OperatorsService, tracesOf } from '@app/auth';
import { Actor, loadConfig, migrate } from '@app/core';
import { DevicesService } from '@app/devices';
import { SigningKeys } from '@app/keys';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';
import { runCommand } from '../../cli/src';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres';
import { EmbeddedPostgresError } from '../src/embedded-postgres.error';
import { inOwnInstallation } from '../src/own-installation';
import { Carillon, tester } from '@app/testing/harness';
import { printed } from '@app/testing/printed';

let carillon: Carillon;
let folder: string;
beforeAll(async () => {
  carillon = await Carillon.start();
  folder = mkdtempSync(join(tmpdir(), 'carillon commands '));
});
afterAll(async () => {
  await carillon.close();
  rmSync(folder, { recursive: true, force: true });
});

const environmentOf = (variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  DATABASE_URL: carillon.config.databaseUrl,
  MASTER_KEY: carillon.config.masterKey.toString('base64'),
  LOG_LEVEL: 'silent',
  ...variables,
});

/** As `npm run carillon -- …` runs it. @param variables over those of the server */
async function run(words: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(__dirname, '../launch.mjs'), 'carillon', ...words], {
    env: environmentOf(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, output, errors: errors.replace(/^Compiling .*\n/, '') };
}

/** As `run`, in this process. */
async function runHere(words: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const { result, ...texts } = await printed(() =>
    runCommand(
      words,
      async (work) => inOwnInstallation(loadConfig(environmentOf(variables)), work),
      [EmbeddedPostgresError],
    ),
  );
  return { code: result, ...texts };
}

const stranger = new Actor({ kind: 'anonymous', id: '', address: '192.0.2.1' });

describe('carillon operator reset-password', () => {
  const email = 'ada@example.com';
  const login = (password: string) => carillon.get(OperatorLogin).login(stranger, email, password);

  it('lets in who forgot the password, once, to choose another', async () => {
    const password = 'a forgotten password';
    await carillon.get(OperatorsService).create(tester, { email, role: 'OWNER', password });
    const before = await login(password);

    const { code, output, errors } = await run(['operator', 'reset-password', email]);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const [, given = ''] = /^The password of ada@example\.com is (\S{24})$/m.exec(output) ?? [];
    expect(await login(given)).toMatchObject({ passwordChangeRequired: true });
    await expect(login(password)).rejects.toThrow();

    const open = await carillon.sql<{ open: number }>(
      'SELECT count(*)::int AS open FROM operator_sessions WHERE operator_id = $1 AND ended_at IS NULL',
      [before.operator.id],
    );
    expect(open).toEqual([{ open: 1 }]); // the new one
    const [event] = await carillon.sql(
      `SELECT actor_kind, actor_id, outcome FROM audit_events WHERE action = 'operator.password' AND target = $1`,
      [`operator:${before.operator.id}`],
    );
    expect(event).toMatchObject({ actor_kind: 'system', actor_id: 'command line' });
  });

  it.each([
    ['somebody unknown', ['nobody@example.com'], 1, 'There is no operator nobody@example.com\n'],
    ['nobody', [], 64, 'operator reset-password wants one e-mail'],
    ['what is no e-mail', ['ada'], 1, 'email wants an e-mail address'],
  ])('refuses %s in a sentence', async (_, words, code, sentence) => {
    const refused = await runHere(['operator', 'reset-password', ...words]);
    expect(refused.code).toBe(code);
    expect(refused.errors).toContain(sentence);
    expect(refused.errors).not.toContain('    at ');
  });

  it('ends its process with the same code and sentence', async () => {
    const words = ['operator', 'reset-password', 'nobody@example.com'];
    expect(await run(words)).toEqual(await runHere(words));
  });

  it('works on what npm start keeps, whether it runs or not', async () => {
    const variables = { DATABASE_URL: '', MASTER_KEY: '', DATA_DIR: join(folder, 'data') };
    const none = await runHere(['operator', 'reset-password', 'owner@localhost'], variables);
    expect(none).toMatchObject({ code: 1 });
    expect(none.errors).toMatch(/DATABASE_URL: is required, for there are no data of npm start in/);

    let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: variables.DATA_DIR });
    try {
      await migrate(postgres.url, schema);
      const lost = await runHere(['operator', 'reset-password', 'owner@localhost'], variables);
      expect(lost).toMatchObject({ code: 1 });
      expect(lost.errors).toMatch(/MASTER_KEY: .*master\.key is gone, .*; put it back, or set/);
      writeFileSync(join(variables.DATA_DIR, 'master.key'), randomBytes(32).toString('base64'));
      const running = await runHere(['operator', 'reset-password', 'owner@localhost'], variables);
      expect(running).toMatchObject({ code: 1, errors: 'There is no operator owner@localhost\n' });
      await postgres.stop();
      const stopped = await runHere(['operator', 'reset-password', 'owner@localhost'], variables);
      expect(stopped).toMatchObject({ code: 1, errors: 'There is no operator owner@localhost\n' });
      postgres = await startEmbeddedPostgres({ dataDir: variables.DATA_DIR });
    } finally {
      await postgres.stop();
    }
  });
});

describe('carillon', () => {
  it.each([['nothing'], ['constructor'], ['import', 'constructor']])(
    'refuses %s %s with what it knows',
    async (...words) => {
      const refused = await runHere(words);
      expect(refused.code).toBe(64);
      expect(refused.errors).toContain('Wants a command: import powerauth, ');
    },
  );
});

describe('carillon gateways', () => {
  it('turns a database over, and says what it wants where it is told something else', async () => {
    expect(await runHere(['gateways', 'real'])).toMatchObject({ code: 0 });
    expect(await carillon.sql('SELECT gateways FROM installation')).toEqual([{ gateways: 'real' }]);
    const wrong = await runHere(['gateways', 'both'], {
      DATABASE_URL: '',
      MASTER_KEY: randomBytes(32).toString('base64'),
    });
    expect(wrong.code).toBe(64);
    expect(wrong.errors).toContain('gateways wants real or simulated');
  });
});

describe('carillon audit', () => {
  it('verifies what the workers have linked and signed, and names what was changed', async () => {
    expect(await runHere(['audit', 'checkpoint'])).toMatchObject({ code: 64 });
    const action = { action: 'thing.change', target: 'thing:1' };
    const { manager } = carillon.get(DataSource);
    await carillon.get(Audit).record(tester, action, manager);
    await carillon.until(async () => {
      await carillon.get(AuditLinker).link();
      return (await carillon.sql('SELECT FROM audit_checkpoints')).length > 0;
    });
    const { code, output } = await runHere(['audit', 'verify']);
    expect(code).toBe(0);
    expect(output).toMatch(/^In order: \d+ events are as they were linked, up to checkpoint 1\.\n/);

    const kept = await runHere(['audit', 'checkpoint']);
    const file = join(folder, 'checkpoint');
    writeFileSync(file, kept.output);
    expect(await runHere(['audit', 'verify', '--checkpoint', file])).toMatchObject({ code: 0 });

    const [first] = await carillon.sql<{ id: string }>('SELECT min(id) AS id FROM audit_events');
    await carillon.sql("UPDATE audit_events SET reason = 'none' WHERE id = $1", [first?.id]);
    const found = await run(['audit', 'verify']);
    expect(found).toMatchObject({ code: 1, output: '' });
    expect(found.errors).toBe(
      `The audit trail was tampered with. Event ${first?.id} was changed, or what stood before it: it is not what was linked first in chain 0.\n`,
    );
    await carillon.sql('UPDATE audit_events SET reason = NULL WHERE id = $1', [first?.id]);
  });

  it.each([
    [['audit'], 'Wants a command'],
    [['audit', 'verify', 'now'], 'Unexpected argument'],
    [['audit', 'verify', '--checkpoint', '/nowhere'], 'ENOENT'],
    [['audit', 'checkpoint', 'now'], 'audit checkpoint wants nothing more'],
  ])('%j is a wrong command', async (words, sentence) => {
    const { code, errors } = await runHere(words);
    expect(code).toBe(64);
    expect(errors).toContain(sentence);
  });
});

describe('carillon api-key generate', () => {
  it('prints a key with what a provisioning file has of it, another one each time', async () => {
    const keys = new Set<string>();
    for (let n = 0; n < 2; n++) {
      const { code, output } = await runHere(['api-key', 'generate']);
      const [, key = '', hash, prefix] =
        /^key: (ck_\w+)\nhash: (\w+)\nprefix: (ck_\w+)\n$/.exec(output) ?? [];
      expect([code, isApiKey(key), { hash, prefix }]).toEqual([0, true, tracesOf(key)]);
      keys.add(key);
    }
    expect(keys.size).toBe(2);
    expect(await runHere(['api-key', 'generate', 'more'])).toMatchObject({ code: 64 });
  });
});

describe('carillon user', () => {
  it('shows what is kept of a person as JSON, and erases it', async () => {
    const applicationId = await carillon.createApplication();
    const registration = { applicationId, platform: 'android', token: 'a-token' } as const;
    const registrant = { userId: 'zoë' };
    await carillon.get(DevicesService).register(tester, { ...registration, registrant });

    const shown = await runHere(['user', 'export', 'zoë']);
    expect({ ...shown, output: JSON.parse(shown.output) as object }).toMatchObject({
      ...{ code: 0, errors: '' },
      output: { userId: 'zoë', records: { devices: [{ token: 'a-token' }], users: [{}] } },
    });
    const erased = await runHere(['user', 'erase', 'zoë']);
    expect(erased).toMatchObject({ code: 0, errors: '' });
    expect(erased.output).toContain('devices: 1 erased\n');
    expect(await runHere(['user', 'erase', 'zoë'])).toMatchObject({
      ...{ code: 1, errors: 'There is no user zoë\n' },
    });
  });

  it.each([
    [['user', 'export'], 'user export wants one user id'],
    [['user', 'erase', 'ann', 'ben'], 'user erase wants one user id'],
  ])('%j is a mistake', async (words, says) => {
    const { code, errors } = await runHere(words);
    expect({ code, says: errors.split('\n')[0] }).toEqual({ code: 64, says });
  });
});

describe('carillon secrets status', () => {
  it('says which keys are needed: the present one, one before, one that is not given', async () => {
    await carillon.get(SigningKeys).jwks();
    const present = carillon.config.masterKey.toString('base64');
    const status = async (variables: NodeJS.ProcessEnv) => {
      const { code, output } = await runHere(['secrets', 'status'], variables);
      expect(code).toBe(0);
      expect(output).toMatch(
        /^signing_keys\.private_key: \d+ sealed with [0-9a-f]{8}, opened by /m,
      );
      return output;
    };
    expect(await status({})).toContain('All is sealed with MASTER_KEY');
    const next = randomBytes(32).toString('base64');
    const rotating = await status({ MASTER_KEY: next, MASTER_KEY_PREVIOUS: present });
    expect(rotating).toContain('MASTER_KEY_PREVIOUS is still needed');
    const lost = await status({ MASTER_KEY: next });
    expect(lost).toContain('can be opened by no key that is given');
    expect(await runHere(['secrets', 'status', 'more'])).toMatchObject({ code: 64 });
  });
});
