import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Actor, Clock, CoreModule } from '@app/core';
import {
  type KeyOwner,
  KeyExistsError,
  KeyNotFoundError,
  KeysModule,
  type PublicKeyInput,
  PublicKeys,
} from '@app/keys';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource, type EntityManager } from 'typeorm';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { until } from '@app/testing/time';
import { schema } from '../../../migrations';

@Module({})
class Process {}

const actor = Actor.system('test');
const owner: KeyOwner = { kind: 'client', id: 'crm' };
const unknownId = '00000000-0000-4000-8000-000000000000';

/** Another public key each time, without the pair that would take long to make. */
function publicKey(bits = 2048): string {
  const n = randomBytes(bits / 8);
  n[0] = 0xff;
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

describe('public keys', () => {
  let database: TestDatabase;
  let contexts: INestApplicationContext[];
  let now: Date;
  let elapsedMs = 1;
  /** Two processes. */
  let keys: PublicKeys;
  let others: PublicKeys;

  const start = async () => {
    const core = CoreModule.forRoot(testConfig(database.url), schema, 'carillon test');
    const context = await NestFactory.createApplicationContext(
      { module: Process, imports: [core, KeysModule] },
      { logger: false, abortOnError: false },
    );
    const clock = context.get(Clock);
    clock.now = () => now;
    clock.elapsedMs = () => elapsedMs;
    contexts.push(context);
    return context.get(PublicKeys);
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    contexts = [];
    now = new Date();
    [keys, others] = [await start(), await start()];
  });
  afterAll(async () => {
    for (const context of contexts) await context.close();
    await database.drop();
  });
  beforeEach(async () => {
    now = new Date();
    await sql('TRUNCATE audit_events');
    for (const { id } of await keys.list('client', [owner.id])) await remove(id);
    await sql('TRUNCATE public_keys, audit_events');
  });

  const sql = async <Row>(query: string, parameters?: unknown[]): Promise<Row[]> => {
    const [context] = contexts;
    return context === undefined ? [] : context.get(DataSource).query<Row[]>(query, parameters);
  };
  const transact = <Result>(work: (manager: EntityManager) => Promise<Result>) => {
    const [context] = contexts;
    if (context === undefined) throw new Error('Nothing is started');
    return context.get(DataSource).transaction(work);
  };
  const add = (input: Partial<PublicKeyInput> = {}, of = owner, process = keys) =>
    transact((manager) => process.add(manager, actor, of, { publicKey: publicKey(), ...input }));
  const setEnabled = (id: string, enabled: boolean) =>
    transact((manager) => keys.setEnabled(manager, actor, id, enabled));
  const remove = (id: string) => transact((manager) => keys.remove(manager, actor, id));
  const get = (id: string) => transact((manager) => keys.get(manager, id));
  const kidsOf = async (of: PublicKeys, who = owner) =>
    (await of.usable(who)).map(({ kid }) => kid);
  /** What the other process takes for true once what it knew is 5 s old. */
  const kidsLater = (of: PublicKeys) => {
    elapsedMs += 5_000;
    return kidsOf(of);
  };

  it('are named after their fingerprint where nobody names them', async () => {
    const { kid, fingerprint } = await add();
    expect(kid).toBe(fingerprint.slice(0, 16));
    expect(await add({ kid: 'primary', description: 'of 2026' })).toMatchObject({
      kid: 'primary',
      description: 'of 2026',
      enabled: true,
    });
  });

  it('are usable newest first', async () => {
    await add({ kid: 'old' });
    now = new Date(now.getTime() + 1);
    await add({ kid: 'new' });
    await add({ kid: 'off', enabled: false });
    expect(await kidsOf(keys)).toEqual(['new', 'old']);
  });

  it.each([
    { field: 'kid', input: { kid: '' } },
    { field: 'kid', input: { kid: 'two words' } },
    { field: 'kid', input: { kid: 'k'.repeat(129) } },
    { field: 'kid', input: { kid: 'k\0' } },
    { field: 'description', input: { description: 'd'.repeat(201) } },
    { field: 'description', input: { description: 'd\0' } },
    { field: 'description', input: { description: '\ud800' } },
    { field: 'notAfter', input: { notAfter: new Date(0) } },
    { field: 'notAfter', input: { notAfter: new Date(NaN) } },
    { field: 'publicKey', input: { publicKey: 'hunter2' } },
  ])('are refused with a wrong $field: $input', async ({ field, input }) => {
    await expect(add(input)).rejects.toMatchObject({ code: 'INVALID_KEY', field });
  });

  it('are refused twice for one owner, by kid and by key, and not for two', async () => {
    const text = publicKey();
    await add({ kid: 'a', publicKey: text });
    await expect(add({ kid: 'a' })).rejects.toThrow(KeyExistsError);
    await expect(add({ kid: 'a' })).rejects.toThrow(/kid/);
    await expect(add({ kid: 'b', publicKey: text })).rejects.toThrow(/publicKey/);
    const unnamed = publicKey();
    await add({ publicKey: unnamed });
    await expect(add({ publicKey: unnamed })).rejects.toThrow(/publicKey/);
    const other: KeyOwner = { kind: 'client', id: 'billing' };
    const { fingerprint } = await add({ kid: 'a', publicKey: text }, other);
    expect(await keys.ownersOf(fingerprint)).toEqual(expect.arrayContaining([owner, other]));
  });

  it('are stored once when they come ten times at once in two processes', async () => {
    const text = publicKey();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        add({ publicKey: text, kid: 'a' }, owner, n % 2 === 0 ? keys : others),
      ),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(9);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(KeyExistsError);
    }
    expect(await keys.list('client', [owner.id])).toHaveLength(1);
  });

  it('are at most twenty, also when more come at once', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 25 }, (_, n) => add({}, owner, n % 2 === 0 ? keys : others)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
  });

  it('bite in another process within 5 s when they are added, disabled and removed', async () => {
    expect(await kidsOf(others)).toEqual([]);
    const { id } = await add({ kid: 'a' });
    expect(await kidsOf(keys)).toEqual(['a']);
    expect(await kidsLater(others)).toEqual(['a']);
    await setEnabled(id, false);
    expect(await kidsOf(keys)).toEqual([]);
    expect(await kidsLater(others)).toEqual([]);
    await setEnabled(id, true);
    expect(await kidsLater(others)).toEqual(['a']);
    await remove(id);
    expect(await kidsOf(keys)).toEqual([]);
    expect(await kidsLater(others)).toEqual([]);
  });

  it('cost no statement while they are fresh, also of an owner who is not known', async () => {
    const statements = jest.spyOn(contexts[0]?.get(DataSource).manager ?? never(), 'find');
    const nobody: KeyOwner = { kind: 'client', id: 'nobody' };
    await Promise.all(Array.from({ length: 50 }, () => keys.usable(nobody)));
    for (let n = 0; n < 50; n += 1) await keys.usable(nobody);
    expect(statements).toHaveBeenCalledTimes(1);
    statements.mockRestore();
  });

  it('end at their time without being read again', async () => {
    await add({ notAfter: new Date(now.getTime() + 60_000) });
    expect(await keys.usable(owner)).toHaveLength(1);
    now = new Date(now.getTime() + 60_000);
    expect(await keys.usable(owner)).toEqual([]);
  });

  it('that got into the table past the checks are left out', async () => {
    const good = await add({ kid: 'good' });
    const columns = 'id, owner_kind, owner_id, kid, algorithm, source, public_key, fingerprint';
    for (const [kid, text] of [
      ['weak', publicKey(1024)],
      ['ec', ecKey()],
      ['junk', 'junk'],
    ]) {
      await sql(
        `INSERT INTO public_keys (${columns})
         VALUES (gen_random_uuid(), 'client', $1, $2, 'RS256', 'spki', $3, $2)`,
        [owner.id, kid, text],
      );
    }
    expect((await keys.usable(owner)).map(({ id }) => id)).toEqual([good.id]);
  });

  it.each([{ id: 'x' }, { id: '' }, { id: unknownId }, { id: `${unknownId}\0` }])(
    'that are not there are not found: $id',
    async ({ id }) => {
      await expect(get(id)).rejects.toThrow(KeyNotFoundError);
      await expect(setEnabled(id, true)).rejects.toThrow(KeyNotFoundError);
      await expect(remove(id)).rejects.toThrow(KeyNotFoundError);
    },
  );

  it('are removed once when it is asked five times at once', async () => {
    const { id } = await add();
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => remove(id)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await sql("SELECT FROM audit_events WHERE action = 'key.remove'")).toHaveLength(1);
  });

  it('go with their owner, together with his transaction', async () => {
    await add();
    await transact((manager) => keys.removeOf(manager, owner));
    expect(await keys.list('client', [owner.id])).toEqual([]);
  });

  it('leave a trace of each change, without their text', async () => {
    const application: KeyOwner = { kind: 'application', id: '7' };
    const { id, kid, fingerprint } = await add({}, application);
    await setEnabled(id, false);
    await setEnabled(id, false);
    await setEnabled(id, true);
    await remove(id);
    const facts = { owner: 'application:7', kid, fingerprint };
    const events = await sql<{ action: string }>('SELECT * FROM audit_events ORDER BY id');
    expect(events).toMatchObject([
      { action: 'key.add', target: `key:${id}`, application_id: 7, after: facts },
      { action: 'key.disable', target: `key:${id}`, application_id: 7, after: facts },
      { action: 'key.enable', target: `key:${id}`, application_id: 7, after: facts },
      { action: 'key.remove', target: `key:${id}`, application_id: 7, before: facts },
    ]);
    expect(JSON.stringify(events)).not.toContain('PUBLIC KEY');
  });

  it('know when they were used, by one statement a minute', async () => {
    const { id } = await add();
    const statements = jest.spyOn(contexts[0]?.get(DataSource) ?? never(), 'query');
    for (let n = 0; n < 20; n += 1) keys.used(id);
    expect(statements).toHaveBeenCalledTimes(1);
    statements.mockRestore();
    await until(async () => (await get(id)).lastUsedAt !== null);
  });
});

function ecKey(): string {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function never(): never {
  throw new Error('No process runs');
}
