import { type Answer, ApiClient } from './api-client';
import { clientWith } from './client-with';
import { DatabaseSnapshot } from './database-snapshot';
import { populate, type Tenancy } from './two-applications';

let api: ApiClient;
let aleph: Tenancy;
let kept: DatabaseSnapshot;
/** Of application 2, where somebody with aleph's user id is known as well. */
let neighbour: ApiClient;

beforeAll(async () => {
  api = await ApiClient.start();
  aleph = await populate(api, '1', 'aleph');
  await populate(api, '2', 'beth');
  await register('2', 'token-in-beth', aleph.userId);
  neighbour = await clientWith(api, {
    scopes: ['users:export', 'users:erase'],
    applicationIds: ['2'],
  });
  kept = await DatabaseSnapshot.take(api);
});
afterAll(() => api.close());
afterEach(() => kept.restore());

interface Export {
  readonly userId: string;
  readonly records: Readonly<Record<string, Readonly<Record<string, unknown>>[]>>;
}

const exportOf = (caller: ApiClient, userId: string) => caller.ask<Export>(EXPORT, { userId });
const eraseOf = (caller: ApiClient, userId: string) =>
  caller.ask<{ erased: Record<string, number> }>(ERASE, { userId });
const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions.code;
const register = (applicationId: string, token: string, userId: string) =>
  api.ask(REGISTER, { input: { applicationId, platform: 'ANDROID', token, userId } });

/** Names the tables that hold a text anywhere. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await api.sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await api.sql(
        `SELECT FROM ${name} AS t WHERE position($1 IN t::text) > 0 LIMIT 1`,
        [text],
      );
      return rows.length > 0 ? [name] : [];
    }),
  );
  return found.flat();
}

describe('a user’s data', () => {
  it('is shown whole, and that it was', async () => {
    const { userId, records } = await exportOf(api, aleph.userId);
    expect(userId).toBe(aleph.userId);
    expect(records).toMatchObject({
      pushSessions: [{ id: aleph.pushSessionId }],
      devices: [{ id: Number(aleph.deviceId), token: aleph.deviceToken }, { application_id: 2 }],
      activations: [{ id: aleph.activationId, status: 'ACTIVE' }, { status: 'ACTIVE' }],
      profiles: [{ application_id: 1, email: 'aleph@example.com' }],
      users: [{ id: aleph.userId, created_at: expect.any(String) as string }],
      audiences: [{ campaign: 'aleph campaign' }, {}, {}],
      notifications: [{ message_id: aleph.notificationId, content: { title: 'aleph' } }],
      deliveries: [{ message_id: aleph.notificationId, reason: 'aleph' }],
    });
    const events = await api.sql(
      `SELECT after ->> 'devices' AS devices FROM audit_events WHERE action = 'user.export' AND target = $1`,
      [`user:${aleph.userId}`],
    );
    expect(events).toEqual([{ devices: '2' }]);
  });

  it('is gone from every table but the audit trail once it is erased', async () => {
    const others = ['audit_events'];
    expect((await tablesWith(aleph.userId)).length).toBeGreaterThan(others.length);
    const { erased } = await eraseOf(api, aleph.userId);
    expect(erased).toEqual({
      ...{ pushSessions: 1, devices: 2, activations: 0, profiles: 1, users: 1 },
      ...{ audiences: 3, notifications: 1 },
    });
    for (const text of [aleph.userId, aleph.deviceToken, aleph.activationId, 'aleph@example.com']) {
      expect((await tablesWith(text)).filter((name) => !others.includes(name))).toEqual([]);
    }
    expect(await tablesWith(aleph.notificationId)).toEqual(others);
    expect(codeOf(await api.post(ERASE, { userId: aleph.userId }))).toBe('USER_NOT_FOUND');
    expect(codeOf(await api.post(EXPORT, { userId: aleph.userId }))).toBe('USER_NOT_FOUND');
  });

  it('of one application is all that those of it show and erase', async () => {
    const { records } = await exportOf(neighbour, aleph.userId);
    const { userId: id } = aleph;
    expect(records).toMatchObject({ devices: [{ application_id: 2 }], users: [{ id }] });
    expect(JSON.stringify(records)).not.toMatch(/aleph(?!-user)/);
    expect(records.users).toEqual([{ id }]);
    const before = await exportOf(api, id);
    expect(await eraseOf(neighbour, id)).toMatchObject({ erased: { devices: 1, users: 0 } });
    const { records: left } = await exportOf(api, id);
    expect(left.devices).toEqual(before.records.devices?.slice(0, 1));
    expect({ ...left, devices: [], activations: [] }).toEqual({
      ...before.records,
      ...{ devices: [], activations: [] },
    });
  });

  it('leaves a device that somebody else uses too to him', async () => {
    await register('1', aleph.deviceToken, 'somebody else');
    expect(await eraseOf(api, aleph.userId)).toMatchObject({ erased: { devices: 1 } });
    const { records } = await exportOf(api, 'somebody else');
    expect(records.devices).toMatchObject([{ token: aleph.deviceToken }]);
  });

  it('goes as well that comes while it is erased', async () => {
    const registrations = Array.from({ length: 40 }, (_, n) =>
      register('1', `late-${n}`, 'late user'),
    );
    const erasures = Array.from({ length: 5 }, () => api.post(ERASE, { userId: 'late user' }));
    await Promise.all(registrations);
    for (const erasure of await Promise.all(erasures)) {
      expect([undefined, 'USER_NOT_FOUND']).toContain(codeOf(erasure));
    }
    await api.post(ERASE, { userId: 'late user' });
    expect((await tablesWith('late user')).filter((name) => name !== 'audit_events')).toEqual([]);
  });

  it.each([
    ['nobody', 'nobody'],
    ['no name', ''],
    ['one whom only others know', 'aleph-only'],
  ])('of %s is not found', async (_, userId) => {
    if (userId === 'aleph-only') await register('1', 'aleph-only', userId);
    for (const query of [EXPORT, ERASE]) {
      expect(codeOf(await neighbour.post(query, { userId }))).toBe('USER_NOT_FOUND');
    }
    if (userId === 'aleph-only') expect(await exportOf(api, userId)).toMatchObject({ userId });
  });
});

const REGISTER = 'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const EXPORT = 'mutation ($userId: ID!) { exportUser(userId: $userId) { userId records } }';
const ERASE = 'mutation ($userId: ID!) { eraseUser(userId: $userId) { userId erased } }';
