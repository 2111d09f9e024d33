import { permissions } from '@app/core';
import type { ApiClient } from './api-client';
import { Callers } from './callers';
import { startInside } from './server-inside';

let api: ApiClient;
let callers: Callers;
beforeAll(async () => {
  const { api: started, app } = await startInside();
  api = started;
  await api.sql(`INSERT INTO applications (id, name) VALUES (1, 'aleph'), (2, 'beth')`);
  callers = await Callers.create(api, app);
});
afterAll(() => api.close());
beforeEach(() => api.sql('DELETE FROM activations; DELETE FROM devices; DELETE FROM audit_events'));

const REGISTER = `mutation ($input: RegisterDevicesInput!) {
  registerDevices(input: $input) { results { deviceId isNew error { code message field } } }
}`;
interface Result {
  readonly deviceId: string | null;
  readonly isNew: boolean;
  readonly error: { readonly code: string; readonly field: string | null } | null;
}
const register = async (devices: readonly object[], as = api, applicationId = '1') => {
  const input = { applicationId, devices };
  return (await as.ask<{ results: Result[] }>(REGISTER, { input })).results;
};
const android = (token: string, owner: object = { userId: 'ann' }) => ({
  platform: 'ANDROID',
  token,
  ...owner,
});
const registerActivation = (activationId: string, userId: string, status = 'ACTIVE') =>
  api.ask(
    'mutation ($input: RegisterActivationInput!) { registerActivation(input: $input) { id } }',
    {
      input: { activationId, userId, status },
    },
  );
const stored = () =>
  api.sql<{ token: string; platform: string; users: string[] }>(
    `SELECT token, platform, array_agg(user_id ORDER BY user_id) AS users
     FROM devices LEFT JOIN activations ON device_id = devices.id GROUP BY devices.id ORDER BY devices.id`,
  );
const events = () =>
  api.sql<{ target: string; before: object | null; after: object }>(
    `SELECT target, before, after FROM audit_events WHERE action = 'device.register' ORDER BY id`,
  );

describe('a list of devices', () => {
  it('is answered in its order, and who is wrong hinders nobody', async () => {
    await registerActivation('act-1', 'bob');
    await registerActivation('act-gone', 'bob', 'REMOVED');
    const results = await register([
      android('t-1'),
      android('with spaces'),
      { platform: 'IOS', token: '<ABCD 0123>', userId: 'cid' },
      { platform: 'IOS', token: 'abc', userId: 'cid' },
      android('t-2', { activationId: 'act-1', userId: null }),
      android('t-3', { activationId: 'act-unknown' }),
      android('t-4', { activationId: 'act-gone' }),
      android('t-5', {}),
      android('t-6', { userId: 'ann', activationId: 'act-1' }),
      android('t-7', { userId: '' }),
      android('t-8', { userId: 'x'.repeat(256) }),
    ]);
    const fine = { deviceId: expect.stringMatching(/^\d+$/) as string, isNew: true, error: null };
    const refused = (code: string, field: string | null = null) => ({
      deviceId: null,
      isNew: false,
      error: { code, field },
    });
    expect(results).toMatchObject([
      fine,
      refused('INVALID_DEVICE', 'token'),
      fine,
      refused('INVALID_DEVICE', 'token'),
      fine,
      refused('ACTIVATION_NOT_FOUND'),
      refused('ACTIVATION_NOT_FOUND'),
      refused('INVALID_DEVICE', 'userId'),
      refused('INVALID_DEVICE', 'userId'),
      refused('INVALID_DEVICE', 'userId'),
      refused('INVALID_DEVICE', 'userId'),
    ]);
    expect((await stored()).toSorted((a, b) => (a.token < b.token ? -1 : 1))).toEqual([
      { platform: 'ios', token: 'abcd0123', users: ['cid'] },
      { platform: 'android', token: 't-1', users: ['ann'] },
      { platform: 'android', token: 't-2', users: ['bob'] },
    ]);
    expect(await events()).toHaveLength(3);
  });

  it('makes one device of a token that comes twice, for the users of both', async () => {
    const results = await register([
      android('abcd'),
      { platform: 'IOS', token: 'abcd', userId: 'bob' },
      android('other'),
      { platform: 'IOS', token: 'ABCD', userId: 'ann' },
    ]);
    const [first] = results;
    expect(results).toMatchObject([
      { isNew: true },
      { deviceId: first?.deviceId, isNew: false },
      { isNew: true },
      { deviceId: first?.deviceId, isNew: false },
    ]);
    expect(await stored()).toEqual([
      { token: 'abcd', platform: 'ios', users: ['ann', 'bob'] },
      { token: 'other', platform: 'android', users: ['ann'] },
    ]);
  });

  it('gives an activation that comes twice to the later device', async () => {
    await registerActivation('act-1', 'bob');
    const owner = { activationId: 'act-1' };
    const [, second] = await register([android('t-1', owner), android('t-2', owner)]);
    expect(await api.sql(`SELECT device_id AS id FROM activations WHERE id = 'act-1'`)).toEqual([
      { id: second?.deviceId },
    ]);
  });

  it('leaves in the audit trail what single registrations leave, and nothing the second time', async () => {
    const list = [android('t-1'), android('t-1', { userId: 'bob' }), android('t-2')];
    const results = await register(list);
    const inBulk = await events();
    await register(list);
    expect(await events()).toEqual(inBulk);

    await api.sql('DELETE FROM activations; DELETE FROM devices; DELETE FROM audit_events');
    const singly: string[] = [];
    for (const device of list) {
      const { id } = await api.ask<{ id: string }>(
        'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }',
        { input: { applicationId: '1', ...device } },
      );
      singly.push(id);
    }
    const named = (rows: Awaited<ReturnType<typeof events>>, ids: (string | null | undefined)[]) =>
      rows.map(({ target, ...event }) => ({
        ...event,
        target: ids.findIndex((id) => target === `device:${id ?? ''}`),
      }));
    const ids = results.map(({ deviceId }) => deviceId);
    expect(named(inBulk, ids)).toEqual(named(await events(), singly));
  });

  it('brings retired devices back to life', async () => {
    await register([android('t-1'), android('t-2')]);
    await api.sql(
      `UPDATE devices SET retired_at = now(), retired_reason = 'UNREGISTERED' WHERE token = 't-1'; DELETE FROM audit_events`,
    );
    await register([android('t-1'), android('t-2')]);
    expect(await api.sql('SELECT FROM devices WHERE retired_at IS NOT NULL')).toEqual([]);
    expect(await events()).toMatchObject([
      { before: { retiredReason: 'UNREGISTERED' }, after: { platform: 'android', userId: 'ann' } },
    ]);
  });

  it('holds up to ten thousand', async () => {
    const list = Array.from({ length: 10_000 }, (_, n) =>
      android(`${'x'.repeat(150)}-${n}`, { userId: `user-${n}` }),
    );
    const results = await register(list);
    expect(new Set(results.map(({ deviceId }) => deviceId)).size).toBe(10_000);
    const input = { applicationId: '1', devices: [...list, android('one too many')] };
    expect((await api.post(REGISTER, { input })).errors).toMatchObject([
      { extensions: { code: 'INVALID_DEVICE', field: 'input.devices' } },
    ]);
    const none = { applicationId: '1', devices: [] };
    expect((await api.post(REGISTER, { input: none })).errors).toMatchObject([
      { extensions: { code: 'INVALID_DEVICE', field: 'input.devices' } },
    ]);
  });

  it('comes at once with others that share tokens, users and activations, and with single devices', async () => {
    await registerActivation('act-1', 'bob');
    const list = Array.from({ length: 200 }, (_, n) =>
      android(`t-${n}`, n % 10 === 0 ? { activationId: 'act-1' } : { userId: `user-${n % 7}` }),
    );
    const single = list.slice(0, 40).map((device) =>
      api.ask('mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }', {
        input: { applicationId: '1', ...device },
      }),
    );
    await Promise.all([register(list), register(list.toReversed()), register(list), ...single]);
    expect(await api.sql('SELECT FROM devices')).toHaveLength(200);
  });

  it('is refused whole where the caller may not, or there is no such application', async () => {
    const lacking = await callers.with(...permissions.filter((one) => one !== 'devices:write'));
    const codeOf = async (as: ApiClient, applicationId: string) =>
      (await as.post(REGISTER, { input: { applicationId, devices: [android('t-1')] } })).errors?.[0]
        ?.extensions.code;
    expect(await codeOf(lacking, '1')).toBe('FORBIDDEN');
    expect(await codeOf(await callers.ofBeth(), '1')).toBe('APPLICATION_NOT_FOUND');
    expect(await codeOf(api.as(undefined), '1')).toBe('UNAUTHENTICATED');
    expect(await codeOf(api, '999')).toBe('APPLICATION_NOT_FOUND');
    expect(await stored()).toEqual([]);
  });

  it('finds no activation whose device is out of reach', async () => {
    await registerActivation('act-1', 'bob');
    await register([android('t-1', { activationId: 'act-1' })]);
    const beth = await callers.ofBeth();
    const [result] = await register([android('t-2', { activationId: 'act-1' })], beth, '2');
    expect(result?.error).toMatchObject({ code: 'ACTIVATION_NOT_FOUND' });
  });
});

describe('addCampaignUsers', () => {
  it('answers for each id', async () => {
    const input = { applicationId: '1', name: 'Spring', message: { title: 'Hello' } };
    const { id } = await api.ask<{ id: string }>(
      'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }',
      { input },
    );
    const add = `mutation ($id: ID!, $userIds: [String!]!) {
      addCampaignUsers(id: $id, userIds: $userIds) { added users { userId isAdded error { code field } } }
    }`;
    await api.ask(add, { id, userIds: ['ann'] });
    expect(await api.ask(add, { id, userIds: ['ann', '', 'bob', 'bob'] })).toEqual({
      added: 1,
      users: [
        { userId: 'ann', isAdded: false, error: null },
        { userId: '', isAdded: false, error: { code: 'INVALID_DEVICE', field: 'userId' } },
        { userId: 'bob', isAdded: true, error: null },
        { userId: 'bob', isAdded: false, error: null },
      ],
    });
  });
});
