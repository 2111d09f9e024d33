import { Audit, AuditModule } from '@app/audit';
import { Actor, CoreModule } from '@app/core';
import { type INestApplicationContext, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { schema } from '../../../migrations';

@Module({})
class Process {}

const stranger = new Actor({ kind: 'anonymous', id: '', address: '192.0.2.1' });
const login = { action: 'client.login', target: 'client:crm' };

describe('the audit trail', () => {
  let database: TestDatabase;
  let contexts: INestApplicationContext[];

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    contexts = [];
  });
  afterEach(async () => {
    await sql('TRUNCATE audit_events');
    for (const context of contexts) await context.close();
  });

  const start = async () => {
    const config = testConfig(database.url);
    const core = CoreModule.forRoot(config, schema, 'carillon test');
    const context = await NestFactory.createApplicationContext(
      { module: Process, imports: [core, AuditModule] },
      { logger: false, abortOnError: false },
    );
    contexts.push(context);
    const { manager } = context.get(DataSource);
    return { audit: context.get(Audit), manager };
  };
  const sql = <Row>(query: string, parameters?: unknown[]) =>
    contexts[0]?.get(DataSource).query<Row[]>(query, parameters) ?? Promise.resolve([]);
  const count = async () => {
    const [row] = await sql<{ count: number }>('SELECT count(*)::int FROM audit_events');
    return row?.count;
  };
  /** Many, the oldest first. */
  const record = (events: number, interval: string) =>
    sql(
      `INSERT INTO audit_events (at, actor_kind, actor_id, action, target)
       SELECT now() - $2::interval, 'system', 'test', 'thing.change', 'thing:' || n FROM generate_series(1, $1) n`,
      [events, interval],
    );

  it('finds a rare action among many registrations by its index', async () => {
    await start();
    await record(100, '2 days');
    await sql(`UPDATE audit_events SET action = 'campaign.launch' WHERE target = 'thing:1'`);
    await sql(
      `INSERT INTO audit_events (actor_kind, actor_id, action, target)
       SELECT 'client', 'app', 'device.register', 'device:' || n FROM generate_series(1, 20000) n`,
    );
    await sql('ANALYZE audit_events');
    const plan = await sql<object>(
      'EXPLAIN SELECT * FROM audit_events WHERE action = $1 ORDER BY id DESC LIMIT 50',
      ['campaign.launch'],
    );
    expect(JSON.stringify(plan)).toContain('audit_events_action_idx');
  });

  it('tells the same failure once a minute, whichever process hears of it', async () => {
    const [one, other] = [await start(), await start()];
    for (let n = 0; n < 5; n += 1) {
      await one.audit.recordFailure(stranger, login, 'There is no such key');
      await other.audit.recordFailure(stranger, login, 'There is no such key');
    }
    expect(await count()).toBe(1);
    await sql(`UPDATE audit_events SET at = at - interval '1 minute'`);
    await one.audit.recordFailure(stranger, login, 'There is no such key');
    expect(await count()).toBe(2);
  });

  it('tells the log of each failure, with the address for who bans it', async () => {
    const said = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    const { audit } = await start();
    for (let n = 0; n < 3; n += 1) await audit.recordFailure(stranger, login, 'It has expired');
    const lines = said.mock.calls.map(([line]) => String(line));
    said.mockRestore();
    const line = `Refused ${login.action} from 192.0.2.1, ${login.target}: It has expired`;
    expect(lines.filter((one) => one === line)).toHaveLength(3);
  });

  it('tells failures that differ, and all that succeeds', async () => {
    const { audit, manager } = await start();
    const elsewhere = new Actor({ kind: 'anonymous', id: '', address: '192.0.2.2' });
    const nowhere = new Actor({ kind: 'anonymous', id: '' });
    await audit.record(stranger, login, manager);
    await audit.record(stranger, login, manager);
    await audit.recordFailure(stranger, login, 'There is no such key');
    await audit.recordFailure(stranger, login, 'It has expired');
    await audit.recordFailure(elsewhere, login, 'It has expired');
    await audit.recordFailure(nowhere, login, 'It has expired');
    await audit.recordFailure(stranger, { ...login, target: 'client:erp' }, 'It has expired');
    await audit.recordFailure(stranger, { ...login, action: 'client.refresh' }, 'It has expired');
    expect(await count()).toBe(8);
  });
});
