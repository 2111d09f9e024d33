import { randomBytes } from 'node:crypto';
import {
  Audit,
  AuditKeys,
  AuditLinker,
  AuditModule,
  AuditRetention,
  AuditTamperedError,
  verifyTrail,
} from '@app/audit';
import { Clock, CoreModule, SealedSecrets } from '@app/core';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { tester } from '@app/testing/harness';
import { until } from '@app/testing/time';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource, type EntityManager } from 'typeorm';
import { schema } from '../../../migrations';
import { linkHash, noHash, type StoredEvent, storedEvent } from './canonical-event';
import { verifyWithin } from './verify-trail';

@Module({})
class Process {}

const dayMs = 86_400_000;

/** All processes of an installation have the same. */
const masterKey = randomBytes(32).toString('base64');

/** An installation in one process. */
async function start(url: string, environment: NodeJS.ProcessEnv = {}) {
  const core = CoreModule.forRoot(
    testConfig(url, { MASTER_KEY: masterKey, ...environment }),
    schema,
    'carillon test',
  );
  const context = await NestFactory.createApplicationContext(
    { module: Process, imports: [core, AuditModule] },
    { logger: false, abortOnError: false },
  );
  const dataSource = context.get(DataSource);
  const keys = context.get(AuditKeys);
  const linker = context.get(AuditLinker);
  return {
    dataSource,
    linker,
    keys,
    audit: context.get(Audit),
    clock: context.get(Clock),
    retention: context.get(AuditRetention),
    sql: <Row>(query: string, parameters?: unknown[]) => dataSource.query<Row[]>(query, parameters),
    verify: (kept?: string) => verifyTrail(dataSource, keys, kept),
    /** Links all that there is, once no transaction of any test is in the way. */
    link: () => linkAll(dataSource, linker),
    close: () => context.close(),
  };
}
type Started = Awaited<ReturnType<typeof start>>;

/** Events 1 to `count`, in turn of no application, of the first and of the second. */
const record = ({ sql }: Started, count: number, age = '0') =>
  sql(
    `INSERT INTO audit_events (at, actor_kind, actor_id, action, target, application_id, reason, before, after, address)
     SELECT now() - $2::interval, 'system', 'test', 'thing.change', 'thing:' || n, nullif(n % 3, 0), 'why ' || n,
       '{"a": 12345678901234567890, "b": [1, 2]}', jsonb_build_object('n', n), '192.0.2.1'
     FROM generate_series(1, $1) n`,
    [count, age],
  );

/** Three checkpoints of six events each, 1 to 18; 20 to 24, for which none stands yet; 19 was never committed. */
const startTrail = async (url: string) => {
  const started = await start(url);
  const now = Date.now();
  for (const minute of [0, 2, 4]) {
    started.clock.now = () => new Date(now + minute * 60_000);
    await record(started, 6);
    await started.link();
  }
  await started.sql(`SELECT nextval('audit_events_id_seq')`);
  await record(started, 5);
  await started.link();
  return started;
};

/** Puts the link of event 19 where it would be. */
const linked = (hash: string) => `
  UPDATE audit_links SET first_id = 19, event_ids = 19::bigint || event_ids, chains = 0 || chains,
    hashes = ${hash} || hashes WHERE first_id = 20`;
const unlink = (place: number) => `
  UPDATE audit_links SET event_ids = event_ids[:${place - 1}] || event_ids[${place + 1}:],
    chains = chains[:${place - 1}] || chains[${place + 1}:], hashes = hashes[:${place - 1}] || hashes[${place + 1}:],
    first_id = event_ids[CASE ${place} WHEN 1 THEN 2 ELSE 1 END]
  WHERE first_id = 1`;
const change = (column: string, value: string, id = 8) =>
  `UPDATE audit_events SET ${column} = ${value} WHERE id = ${id}`;
const event = (id: number, values = "now(), 'system', '', 'thing.change', 'thing:7'") =>
  `INSERT INTO audit_events (id, at, actor_kind, actor_id, action, target) VALUES (${id}, ${values})`;

describe('a linked audit trail', () => {
  let database: TestDatabase;
  let trail: Started;

  beforeAll(async () => {
    database = await createTestDatabase();
    trail = await startTrail(database.url);
  });
  afterAll(async () => {
    await trail.close();
    await database.drop();
  });

  /** Tries something that is undone afterwards. */
  const meddled = async (
    work: (manager: EntityManager, verify: () => Promise<unknown>) => Promise<void>,
  ) => {
    const transaction = trail.dataSource.createQueryRunner();
    await transaction.startTransaction();
    try {
      await work(transaction.manager, () => verifyWithin(transaction.manager, trail.keys));
    } finally {
      await transaction.rollbackTransaction();
      await transaction.release();
    }
  };

  it('is in order where nobody touched it', async () => {
    const { verify, sql } = trail;
    expect(await verify()).toMatchObject({ events: 23, unsigned: 5, checkpoint: 3, unlinked: 0 });
    expect(await sql('SELECT chain, length FROM audit_heads ORDER BY chain')).toEqual([
      { chain: 0, length: '7' },
      { chain: 1, length: '8' },
      { chain: 2, length: '8' },
    ]);
  });

  it.each([
    [
      'the time of an event by a microsecond',
      change('at', "at + interval '1 microsecond'"),
      'Event 8 was changed',
    ],
    ['the time of an event to never', change('at', "'infinity'"), 'Event 8 was changed'],
    ['the kind of caller', change('actor_kind', "'operator'"), 'Event 8 was changed'],
    ['the caller', change('actor_id', "'tests'"), 'Event 8 was changed'],
    ['the action', change('action', "'thing.chance'"), 'Event 8 was changed'],
    ['the target', change('target', "'thing:9'"), 'Event 8 was changed'],
    ['the application', change('application_id', '1'), 'Event 8 was changed'],
    ['the application to none', change('application_id', 'NULL'), 'Event 8 was changed'],
    ['no application to 0', change('application_id', '0', 9), 'Event 9 was changed'],
    ['the outcome', change('outcome', "'failure'"), 'Event 8 was changed'],
    ['the reason', change('reason', "'why not'"), 'Event 8 was changed'],
    ['the reason to none', change('reason', 'NULL'), 'Event 8 was changed'],
    ['the address', change('address', "'192.0.2.2'"), 'Event 8 was changed'],
    [
      'what was, by the last of twenty digits',
      change('before', `'{"a": 12345678901234567891, "b": [1, 2]}'`),
      'Event 8 was changed',
    ],
    ['what was, to none', change('before', 'NULL'), 'Event 8 was changed'],
    ['what was, to null', change('before', `'null'`), 'Event 8 was changed'],
    ['what is', change('after', `'{"n": 3}'`), 'Event 8 was changed'],
    ['what is, from a number to text', change('after', `'{"n": "2"}'`), 'Event 8 was changed'],
    [
      'text between two columns',
      "UPDATE audit_events SET actor_id = actor_id || action, action = '' WHERE id = 8",
      'Event 8 was changed',
    ],
    ['the first event', change('reason', "''", 1), 'Event 1 was changed'],
    ['the last event that is signed', change('reason', "''", 18), 'Event 18 was changed'],
    ['the last event', change('reason', "''", 24), 'Event 24 was changed'],
    ['the id of an event to one that was not', change('id', '1000', 8), 'Event 8 was removed'],
    ['the first event away', 'DELETE FROM audit_events WHERE id = 1', 'Event 1 was removed'],
    ['one in the middle away', 'DELETE FROM audit_events WHERE id = 8', 'Event 8 was removed'],
    ['the last one away', 'DELETE FROM audit_events WHERE id = 24', 'Event 24 was removed'],
    ['all of them away', 'DELETE FROM audit_events', 'Event 1 was removed'],
    [
      'an application away',
      'DELETE FROM audit_events WHERE application_id = 1',
      'Event 1 was removed',
    ],
    [
      'the first away with its link',
      `DELETE FROM audit_events WHERE id = 1; ${unlink(1)}`,
      'Event 4 was changed, or what stood before it',
    ],
    [
      'one away with its link',
      `DELETE FROM audit_events WHERE id = 2; ${unlink(2)}`,
      'Event 5 was changed, or what stood before it',
    ],
    [
      'the signed end away with its links',
      'DELETE FROM audit_events WHERE id > 12; DELETE FROM audit_links WHERE last_id > 12',
      'Event 18 was removed',
    ],
    [
      'the unsigned end away with its links',
      'DELETE FROM audit_events WHERE id > 18; DELETE FROM audit_links WHERE last_id > 18',
      'Event 22 was changed or removed',
    ],
    ['everything away', 'TRUNCATE audit_events, audit_links, audit_heads', 'Event 6 was removed'],
    ['one before the first', event(-5), 'Event -5 was put in between'],
    ['one with id 0', event(0), 'Event 0 was put in between'],
    [
      'one in between, in place of a removed one',
      `DELETE FROM audit_events WHERE id = 8; ${event(8)}`,
      'Event 8 was changed',
    ],
    ['one in between', event(19), 'Event 19 was put in between'],
    [
      'one in between with a made-up link',
      `${event(19)}; ${linked("sha256('forged')")}`,
      'Event 19 was changed, or what stood before it',
    ],
    [
      'two events for each other',
      'UPDATE audit_events SET id = 1000 WHERE id = 8; UPDATE audit_events SET id = 8 WHERE id = 11; UPDATE audit_events SET id = 11 WHERE id = 1000',
      'Event 8 was changed',
    ],
    [
      'two neighbours for each other',
      'UPDATE audit_events SET id = 1000 WHERE id = 8; UPDATE audit_events SET id = 8 WHERE id = 9; UPDATE audit_events SET id = 9 WHERE id = 1000',
      'Event 8 was changed',
    ],
    [
      'what two events say',
      `UPDATE audit_events SET after = jsonb_build_object('n', 7 - (after ->> 'n')::int) WHERE id IN (9, 10)`,
      'Event 9 was changed',
    ],
    [
      'a link',
      `UPDATE audit_links SET hashes[2] = sha256('x') WHERE first_id = 7`,
      'Event 8 was changed',
    ],
    [
      'the chain of a link',
      'UPDATE audit_links SET chains[2] = 1 WHERE first_id = 7',
      'Event 8 was changed',
    ],
    [
      'the links of an event away',
      'UPDATE audit_links SET hashes = hashes[2:] WHERE first_id = 7',
      'links of events 7 to 12 were changed',
    ],
    [
      'a head',
      "UPDATE audit_heads SET hash = sha256('x') WHERE chain = 1",
      'Event 23 was changed or removed',
    ],
    [
      'a checkpoint',
      `UPDATE audit_checkpoints SET jws = replace(jws, '.', '.e') WHERE number = 2`,
      'Checkpoint 2 is forged',
    ],
    [
      'a checkpoint for another',
      'UPDATE audit_checkpoints AS it SET jws = (SELECT jws FROM audit_checkpoints WHERE number = 1) WHERE number = 2',
      'Checkpoint 2 is not the one that stood there',
    ],
    [
      'a checkpoint away',
      'DELETE FROM audit_checkpoints WHERE number = 2',
      'Checkpoint 2 was removed',
    ],
    [
      'the first checkpoint away',
      'DELETE FROM audit_checkpoints WHERE number = 1',
      'Checkpoint 1 was removed',
    ],
    [
      'what a checkpoint is said to stand for',
      'UPDATE audit_checkpoints SET up_to = 7 WHERE number = 1',
      'Checkpoint 1 is not the one that stood there',
    ],
    ['the key away', 'DELETE FROM audit_keys', 'Checkpoint 1 is forged'],
    [
      'the key for one that is sealed with another master key',
      "UPDATE audit_keys SET private_key = 'v1.00000000.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
      'Checkpoint 1 is forged',
    ],
    [
      'a made-up beginning',
      "INSERT INTO audit_bases VALUES (6, 'a.b.c')",
      'events up to 6 is signed by no key of ours',
    ],
    [
      'a checkpoint as the beginning',
      'INSERT INTO audit_bases SELECT up_to, jws FROM audit_checkpoints WHERE number = 2',
      'events up to 12 is signed by no key of ours',
    ],
  ])('finds meddling: %s', async (_, tamper, finding) => {
    await meddled(async (manager, verify) => {
      for (const statement of tamper.split('; ')) await manager.query(statement);
      await expect(verify()).rejects.toThrow(finding);
      await expect(verify()).rejects.toBeInstanceOf(AuditTamperedError);
    });
  });

  it.each([
    ['between others', 'NULL', 6],
    ['that begins a chain', '5', undefined],
  ])('finds an event with a fitting link %s', async (_, chain, after) => {
    await meddled(async (manager, verify) => {
      await manager.query(event(19));
      await manager.query(`UPDATE audit_events SET application_id = ${chain} WHERE id = 19`);
      const [forged] = await manager.query<[StoredEvent]>(
        `SELECT ${storedEvent} FROM audit_events WHERE id = 19`,
      );
      const [{ last }] = await manager.query<[{ last: Buffer }]>(
        `SELECT hashes[${after ?? 0}] AS last FROM audit_links WHERE first_id = 13`,
      );
      const hash = linkHash(after === undefined ? noHash : last, forged).toString('hex');
      const made = linked(`'\\x${hash}'::bytea`);
      await manager.query(after === undefined ? made.replace('0 || chains', '5 || chains') : made);
      await expect(verify()).rejects.toThrow('Event 19 was put in between');
    });
  });
});

describe('the linked audit trail', () => {
  let database: TestDatabase;
  let running: Started[];

  beforeEach(async () => {
    database = await createTestDatabase();
    running = [];
  });
  afterEach(async () => {
    for (const { close } of running) await close();
    await database.drop();
  });

  const begin = async (environment?: NodeJS.ProcessEnv) => {
    const started = await start(database.url, environment);
    running.push(started);
    return started;
  };
  const beginTrail = async () => {
    const started = await startTrail(database.url);
    running.push(started);
    return started;
  };

  it('finds who changed an event and linked all that follow anew', async () => {
    const started = await beginTrail();
    const { sql, verify, linker } = started;
    await sql("UPDATE audit_events SET reason = 'none' WHERE id = 11");
    await sql('TRUNCATE audit_links, audit_heads');
    await started.link();
    expect(await linker.link()).toBe(0);
    await expect(verify()).rejects.toThrow(
      'An event of chain 2 up to event 12 was changed, removed or put in with its links',
    );
  });

  it('tells until when events are signed: those after that, who has the database can write anew', async () => {
    const started = await beginTrail();
    const { sql, verify } = started;
    await sql("UPDATE audit_events SET target = 'thing:99' WHERE id = 20");
    await sql('DELETE FROM audit_links WHERE first_id = 20');
    for (const [chain, place] of [
      [0, 6],
      [1, 4],
      [2, 5],
    ]) {
      await sql(
        `UPDATE audit_heads SET event_id = 12 + $2, length = 6,
           hash = (SELECT hashes[$2] FROM audit_links WHERE first_id = 13) WHERE chain = $1`,
        [chain, place],
      );
    }
    await started.link();
    expect(await verify()).toMatchObject({ events: 23, unsigned: 5, checkpoint: 3 });
  });

  it('cannot be signed by who has the database alone', async () => {
    const { sql, verify, dataSource, linker, clock } = await beginTrail();
    await sql('TRUNCATE audit_keys');
    const other = new AuditKeys(new SealedSecrets(randomBytes(32)));
    await dataSource.transaction((manager) => other.signer(manager));
    clock.now = () => new Date(Date.now() + dayMs);
    await linkAll(dataSource, linker);
    await expect(verify()).rejects.toThrow('Checkpoint 1 is forged');
  });

  it('shows by a checkpoint that was kept elsewhere that its end was cut off', async () => {
    const { sql, verify } = await beginTrail();
    const [{ jws }] = (await sql<{ jws: string }>(
      'SELECT jws FROM audit_checkpoints WHERE number = 3',
    )) as [{ jws: string }];
    expect(await verify(jws)).toMatchObject({ checkpoint: 3 });
    await sql('DELETE FROM audit_checkpoints WHERE number = 3');
    await sql('DELETE FROM audit_links WHERE first_id > 12');
    await sql('DELETE FROM audit_events WHERE id > 12');
    await sql(
      `UPDATE audit_heads SET event_id = 9 + chain, hash = (SELECT hashes[3 + chain] FROM audit_links WHERE first_id = 7)`,
    );
    await sql(
      `UPDATE audit_heads SET event_id = 12, hash = (SELECT hashes[6] FROM audit_links WHERE first_id = 7) WHERE chain = 0`,
    );
    expect(await verify()).toMatchObject({ events: 12 });
    await expect(verify(jws)).rejects.toThrow('Checkpoint 3, which was kept, is not in the trail');
    await expect(verify('a.b.c')).rejects.toThrow('signed by no key of this trail');
  });

  it('is linked once, in the order of ids, by several at once', async () => {
    const [one, other] = [await begin(), await begin()];
    await record(one, 12_000);
    await until(async () => {
      await Promise.all([one.linker.link(), other.linker.link()]);
      return (await unlinked(one.dataSource)) === 0;
    });
    expect(await one.verify()).toMatchObject({ events: 12_000, unlinked: 0 });
  });

  it('waits for who may still commit an event before others', async () => {
    const started = await begin();
    const { dataSource, linker, verify } = started;
    await record(started, 2);
    await started.link();
    const late = dataSource.createQueryRunner();
    await late.startTransaction();
    await late.query(
      `INSERT INTO audit_events (actor_kind, actor_id, action, target) VALUES ('system', '', 'thing.change', 'late')`,
    );
    await record(started, 3);
    for (let n = 0; n < 3; n += 1) expect(await linker.link()).toBe(0);
    expect(await verify()).toMatchObject({ events: 2, unlinked: 3 });
    await late.commitTransaction();
    await late.release();
    await started.link();
    expect(await verify()).toMatchObject({ events: 6, unlinked: 0 });
  });

  it('goes on after an event that was undone', async () => {
    const started = await begin();
    await started.dataSource
      .transaction(async (manager) => {
        await started.audit.record(tester, { action: 'a.b', target: 'c' }, manager);
        throw new Error('undone');
      })
      .catch(() => undefined);
    await record(started, 2);
    await started.link();
    expect(await started.verify()).toMatchObject({ events: 2 });
  });

  it('links what Carillon never writes too', async () => {
    const started = await begin();
    await started.sql(
      `INSERT INTO audit_events (at, actor_kind, actor_id, action, target, application_id, after, before) VALUES
         ('infinity', '', '', '', '', -7, '"\\u0001 \\" \\\\ /\u2028"', '[1e400, 1.10, {"b b": 1, "a": " "}]'),
         ('290000-01-01', 'martian', 'é', E'\\t', '', 2147483647, $1::jsonb, NULL)`,
      [`${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    );
    await started.link();
    expect(await started.verify()).toMatchObject({ events: 2 });
  });

  describe('forgets', () => {
    it('what is older than a year, in any number of processes at once, and stays whole', async () => {
      const [one, other] = [await begin(), await begin()];
      await record(one, 11_000, '366 days');
      await record(one, 3, '364 days');
      expect(await one.retention.forgetOld()).toBe(0); // It is not linked yet.
      await one.link();
      const forgotten = await Promise.all([one.retention.forgetOld(), other.retention.forgetOld()]);
      expect(forgotten[0] + forgotten[1]).toBe(11_000);
      expect(await one.verify()).toMatchObject({ events: 3 });
      one.clock.now = () => new Date(Date.now() + 2 * dayMs);
      expect(await one.retention.forgetOld()).toBe(3);
      expect(await one.verify()).toMatchObject({ events: 0 });
      await record(one, 4);
      await one.link();
      expect(await one.verify()).toMatchObject({ events: 4, unsigned: 0 });
      const [{ count }] = (await one.sql<{ count: number }>(
        'SELECT count(*)::int FROM audit_bases',
      )) as [{ count: number }];
      expect(count).toBe(1);
    });

    it.each([
      { days: '30', left: 1 },
      { days: '0', left: 2 },
    ])('with a retention of $days days all but $left of two', async ({ days, left }) => {
      const started = await begin({ AUDIT_RETENTION_DAYS: days });
      await record(started, 1, '31 days');
      await record(started, 1, '29 days');
      await started.link();
      await started.retention.forgetOld();
      expect(await started.verify()).toMatchObject({ events: left });
    });

    it.each([
      ['changed', "UPDATE audit_events SET reason = '' WHERE id = 2", 'Event 2 was changed'],
      ['removed', 'DELETE FROM audit_events WHERE id = 2', 'Event 2 was removed'],
    ])('nothing where something was %s', async (_, tamper, finding) => {
      const started = await begin();
      await record(started, 6, '400 days');
      await started.link();
      await started.sql(tamper);
      await expect(started.retention.forgetOld()).rejects.toThrow(finding);
      const [{ count }] = (await started.sql<{ count: number }>(
        'SELECT count(*)::int FROM audit_events',
      )) as [{ count: number }];
      expect(count).toBeGreaterThan(4);
    });

    it('and shows what was put where the forgotten was, and a beginning for another', async () => {
      const started = await begin();
      await record(started, 6, '400 days');
      await record(started, 6);
      await started.link();
      await started.retention.forgetOld();
      await started.sql(event(3));
      await expect(started.verify()).rejects.toThrow('Event 3 was put in between');
      await started.sql('DELETE FROM audit_events WHERE id = 3');
      await started.sql('UPDATE audit_bases SET up_to = 7');
      await expect(started.verify()).rejects.toThrow('events up to 7 is signed by no key of ours');
      await started.sql('DELETE FROM audit_bases');
      await expect(started.verify()).rejects.toThrow(AuditTamperedError);
    });

    it('nothing younger than thirty days, whatever it is asked', async () => {
      const started = await begin();
      await record(started, 6);
      await started.link();
      started.clock.now = () => new Date(Date.now() + 500 * dayMs);
      await expect(started.retention.forgetOld()).rejects.toThrow('keeps thirty days');
      expect(await started.verify()).toMatchObject({ events: 6 });
    });
  });
});

async function unlinked(dataSource: DataSource): Promise<number> {
  const [{ count }] = await dataSource.query<[{ count: number }]>(
    `SELECT count(*)::int FROM audit_events WHERE id > coalesce((SELECT max(last_id) FROM audit_links), 0)
       AND id > coalesce((SELECT max(up_to) FROM audit_bases), 0)`,
  );
  return count;
}

async function linkAll(dataSource: DataSource, linker: AuditLinker): Promise<void> {
  await until(async () => {
    await linker.link();
    return (await unlinked(dataSource)) === 0;
  });
}
