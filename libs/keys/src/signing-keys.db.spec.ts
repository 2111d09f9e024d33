import { createPublicKey, verify } from 'node:crypto';
import { Actor, Clock, CoreModule, ForbiddenError } from '@app/core';
import { KeysModule, SigningKeys } from '@app/keys';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { schema } from '../../../migrations';

@Module({})
class Process {}

const actor = Actor.system('test');
const dayMs = 86_400_000;
const masterKey = Buffer.alloc(32, 1).toString('base64');
const nextMasterKey = Buffer.alloc(32, 2).toString('base64');

const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
const kidOf = (token: string) => (decode(token.split('.')[0]) as { kid: string }).kid;

/** Time stands still in all processes until it passes. */
class Time {
  private elapsedMs = 1;
  private readonly start = Date.now();

  pass(ms: number): void {
    this.elapsedMs += ms;
  }

  /** @param behindMs how far the clock on the wall is behind */
  move(clock: Clock, behindMs: number): void {
    clock.now = () => new Date(this.start + this.elapsedMs - behindMs);
    clock.elapsedMs = () => this.elapsedMs;
  }
}

describe('signing keys', () => {
  let database: TestDatabase;
  let contexts: INestApplicationContext[];
  let time: Time;

  beforeEach(async () => {
    database = await createTestDatabase();
    contexts = [];
    time = new Time();
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    await database.drop();
  });

  const start = async (variables: NodeJS.ProcessEnv = {}, behindMs = 0) => {
    const config = testConfig(database.url, { MASTER_KEY: masterKey, ...variables });
    const core = CoreModule.forRoot(config, schema, 'carillon test');
    const context = await NestFactory.createApplicationContext(
      { module: Process, imports: [core, KeysModule] },
      { logger: false, abortOnError: false },
    );
    time.move(context.get(Clock), behindMs);
    contexts.push(context);
    return context.get(SigningKeys);
  };
  const sql = async <Row>(query: string): Promise<Row[]> => {
    const [context] = contexts;
    return context === undefined ? [] : context.get(DataSource).query<Row[]>(query);
  };
  const kidsOf = async (keys: SigningKeys) => (await keys.jwks()).keys.map(({ kid }) => kid);

  it('sign a compact JWS that the published key verifies', async () => {
    const keys = await start();
    const token = await keys.sign('at+jwt', { sub: 'ann' });
    const [header, claims, signature = ''] = token.split('.');
    const { keys: published } = await keys.jwks();
    expect(published).toEqual([
      {
        kty: 'RSA',
        use: 'sig',
        alg: 'RS256',
        kid: expect.any(String) as string,
        n: expect.any(String) as string,
        e: 'AQAB',
      },
    ]);
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: published[0]?.kid });
    expect(decode(claims)).toEqual({ sub: 'ann' });
    const key = createPublicKey({ key: { ...published[0] }, format: 'jwk' });
    const signed = Buffer.from(`${header ?? ''}.${claims ?? ''}`);
    expect(verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
    expect((await keys.keyFor(kidOf(token)))?.equals(key)).toBe(true);
  });

  it('begin with one, whatever number of processes needs it at once', async () => {
    const processes = await Promise.all(Array.from({ length: 5 }, () => start()));
    const tokens = await Promise.all(processes.map((keys) => keys.sign('at+jwt', {})));
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
    expect(await sql('SELECT FROM signing_keys')).toHaveLength(1);
    for (const keys of processes) expect(await kidsOf(keys)).toHaveLength(1);
  });

  it('sign at once also where the clock is behind the one of the process that made the first', async () => {
    const [keys, behind] = [await start(), await start({}, 2_000)];
    const kid = kidOf(await keys.sign('at+jwt', {}));
    expect(kidOf(await behind.sign('at+jwt', {}))).toBe(kid);
  });

  it('hold nothing in clear in their table', async () => {
    const keys = await start();
    await keys.sign('at+jwt', {});
    const row = JSON.stringify(await sql('SELECT * FROM signing_keys'));
    expect(row).not.toMatch(/PRIVATE KEY|"d"|"p"|"q"/);
    expect(row).toContain('"private_key":"v1.');
  });

  it('are published before they sign, and verify until their last token has expired', async () => {
    const keys = await start();
    const first = kidOf(await keys.sign('at+jwt', {}));
    const { kid: second } = await keys.rotate(actor);
    expect(await kidsOf(keys)).toEqual([second, first]);
    expect(kidOf(await keys.sign('at+jwt', {}))).toBe(first);
    time.pass(9_999);
    expect(kidOf(await keys.sign('at+jwt', {}))).toBe(first);
    time.pass(1);
    expect(kidOf(await keys.sign('at+jwt', {}))).toBe(second);

    time.pass(31 * dayMs);
    expect(await keys.keyFor(first)).toBeDefined();
    time.pass(2 * dayMs);
    expect(await keys.keyFor(first)).toBeUndefined();
    expect(await kidsOf(keys)).toEqual([second]);
  });

  it('are rotated at the age of 90 days, once, and deleted when they verify no more', async () => {
    const [keys, others] = [await start(), await start()];
    const first = kidOf(await keys.sign('at+jwt', {}));
    await keys.maintain();
    time.pass(89 * dayMs);
    await keys.maintain();
    expect(await kidsOf(keys)).toEqual([first]);
    time.pass(dayMs + 1);
    await Promise.all([keys, others, keys, others].map((each) => each.maintain()));
    expect(await kidsOf(keys)).toHaveLength(2);
    time.pass(33 * dayMs);
    await others.maintain();
    expect(await sql('SELECT kid FROM signing_keys')).toHaveLength(1);
  });

  it('follow one another also when several are asked for at once', async () => {
    const [keys, others] = [await start(), await start()];
    await keys.sign('at+jwt', {});
    await Promise.all([keys, others, keys, others].map((each) => each.rotate(actor)));
    const open = 'SELECT FROM signing_keys WHERE verifies_until IS NULL';
    expect(await sql('SELECT FROM signing_keys')).toHaveLength(5);
    expect(await sql(open)).toHaveLength(1);
    time.pass(60_000);
    const token = await (await start()).sign('at+jwt', {});
    const [present] = await sql<{ kid: string }>(open.replace('FROM', 'kid FROM'));
    expect(kidOf(token)).toBe(present?.kid);
  });

  it('end when they are revoked, and another one signs at once', async () => {
    const [one, other] = [await start(), await start()];
    const leaked = kidOf(await one.sign('at+jwt', {}));
    expect(await other.keyFor(leaked)).toBeDefined();
    expect(await one.revoke(actor, leaked)).toMatchObject({ kid: leaked });
    expect(await one.keyFor(leaked)).toBeUndefined();
    const next = kidOf(await one.sign('at+jwt', {}));
    expect(next).not.toBe(leaked);
    expect(await kidsOf(one)).toEqual([next]);
    time.pass(5_000);
    expect(await other.keyFor(leaked)).toBeUndefined();
    expect(kidOf(await other.sign('at+jwt', {}))).toBe(next);
    expect(await sql('SELECT action, target FROM audit_events ORDER BY id DESC LIMIT 2')).toEqual([
      { action: 'signing-key.rotate', target: `signing-key:${next}` },
      { action: 'signing-key.revoke', target: `signing-key:${leaked}` },
    ]);
  });

  it('leave the others as they are when one that signs no more is revoked', async () => {
    const keys = await start();
    const first = kidOf(await keys.sign('at+jwt', {}));
    const { kid: second } = await keys.rotate(actor);
    await keys.revoke(actor, first);
    expect(await kidsOf(keys)).toEqual([second]);
    expect(kidOf(await keys.sign('at+jwt', {}))).toBe(second);
    await expect(keys.revoke(actor, first)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('are revoked once by two at once, by who may change keys everywhere', async () => {
    const keys = await start();
    const kid = kidOf(await keys.sign('at+jwt', {}));
    const reader = new Actor({ kind: 'client', id: 'crm', permissions: ['keys:read'] });
    await expect(keys.revoke(reader, kid)).rejects.toBeInstanceOf(ForbiddenError);
    const outcomes = await Promise.allSettled([keys.revoke(actor, kid), keys.revoke(actor, kid)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await kidsOf(keys)).toHaveLength(1);
  });

  it('are rotated only by who may change keys everywhere', async () => {
    const keys = await start();
    const permissions = ['keys:write'] as const;
    const limited = new Actor({ kind: 'client', id: 'crm', permissions, applicationIds: [1] });
    const stranger = new Actor({ kind: 'anonymous', id: '' });
    await expect(keys.rotate(limited)).rejects.toThrow(ForbiddenError);
    await expect(keys.rotate(stranger)).rejects.toThrow(ForbiddenError);
    const { kid } = await keys.rotate(actor);
    expect(await sql('SELECT action, target FROM audit_events')).toEqual([
      { action: 'signing-key.rotate', target: `signing-key:${kid}` },
    ]);
  });

  it('cost no statement for a kid that is made up', async () => {
    const keys = await start();
    await keys.sign('at+jwt', {});
    const statements = jest.spyOn(contexts[0]?.get(DataSource).manager ?? never(), 'find');
    for (let n = 0; n < 50; n += 1) expect(await keys.keyFor(`kid-${n}`)).toBeUndefined();
    expect(statements.mock.calls.length).toBeLessThanOrEqual(1);
    statements.mockRestore();
  });

  it('are rotated although one of them cannot be read', async () => {
    await (await start()).sign('at+jwt', {});
    const lost = await start({ MASTER_KEY: nextMasterKey });
    time.pass(91 * dayMs);
    await lost.maintain();
    time.pass(10_000);
    const again = await start({ MASTER_KEY: nextMasterKey });
    expect(await again.keyFor(kidOf(await again.sign('at+jwt', {})))).toBeDefined();
  });
});

function never(): never {
  throw new Error('No process runs');
}
