import { ApplicationsService } from '@app/applications';
import { Actor, type Permission } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';
import { letPass } from '@app/testing/time';
import { ApiKeyCallers } from './api-key-callers';
import { newApiKey, tracesOf } from './api-key-text';
import { ApiKeysService } from './api-keys.service';

const address = '192.0.2.1';
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * dayMs);

const administrator = (permissions: readonly Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'operator', id: 'admin', permissions, applicationIds, address });

describe('API keys', () => {
  let carillon: Carillon;
  let apiKeys: ApiKeysService;
  let callers: ApiKeyCallers;
  let applicationId: number;
  let otherId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    apiKeys = carillon.get(ApiKeysService);
    callers = carillon.get(ApiKeyCallers);
    applicationId = await carillon.createApplication();
    otherId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE api_keys, audit_events CASCADE'));

  const crm = { name: 'CRM', scopes: ['messages:send', 'devices:read'] };
  const create = (changes: object = {}) => apiKeys.create(tester, { ...crm, ...changes });
  const actorOf = (secret: string, from: string | undefined = address) =>
    callers.actorOf(secret, from);
  const refused = { code: 'INVALID_TOKEN', message: 'The token is not valid' };
  const expectRefused = (secret: string, from?: string) =>
    expect(actorOf(secret, from)).rejects.toMatchObject(refused);
  const events = () =>
    carillon.sql<Record<string, unknown>>(
      `SELECT action, target, actor_kind AS kind, actor_id AS id, address, before, after FROM audit_events
       WHERE action LIKE 'api_key.%' ORDER BY audit_events.id`,
    );

  it('let in whoever shows the secret, with what the key may do', async () => {
    const { apiKey, secret } = await create({ applicationIds: [otherId, applicationId] });
    const applicationIds = [applicationId, otherId];
    expect(apiKey).toMatchObject({ name: 'CRM', applicationIds, allowedIps: null });
    const actor = await actorOf(secret);
    expect(actor).toMatchObject({ kind: 'api_key', id: apiKey.id, applicationIds, address });
    expect([...actor.permissions]).toEqual(['devices:read', 'messages:send']);
    expect(await apiKeys.get(tester, apiKey.id)).toEqual(apiKey);
  });

  it('are stored as hashes with their beginnings, and told so to the audit trail', async () => {
    const { apiKey, secret } = await apiKeys.create(
      administrator(['clients:write', 'messages:send']),
      {
        name: 'Payouts',
        scopes: ['messages:send'],
      },
    );
    const { hash, prefix } = tracesOf(secret);
    const [stored] = await carillon.sql('SELECT hash, prefix FROM api_key_secrets');
    expect(stored).toEqual({ hash, prefix });
    const after = {
      ...{ name: 'Payouts', scopes: ['messages:send'], prefix },
      ...{ applicationIds: null, allowedIps: null, expiresAt: null },
    };
    const target = `api_key:${apiKey.id}`;
    const by = { kind: 'operator', id: 'admin', address };
    expect(await events()).toEqual([
      { action: 'api_key.create', target, ...by, before: null, after },
    ]);
  });

  it('are refused with an unknown application, new as changed', async () => {
    const missing = { code: 'APPLICATION_NOT_FOUND' };
    await expect(create({ applicationIds: [99] })).rejects.toMatchObject(missing);
    const { apiKey } = await create();
    const changed = apiKeys.update(tester, apiKey.id, { applicationIds: [99] });
    await expect(changed).rejects.toMatchObject(missing);
    expect(await apiKeys.get(tester, apiKey.id)).toEqual(apiKey);
  });

  it.each([
    { what: 'a blank name', changes: { name: ' ' }, field: 'name' },
    { what: 'a name with NUL', changes: { name: 'C\0' }, field: 'name' },
    { what: 'a name of 201 characters', changes: { name: 'é'.repeat(201) }, field: 'name' },
    { what: 'no scope', changes: { scopes: [] }, field: 'scopes' },
    { what: 'an unknown scope', changes: { scopes: ['all'] }, field: 'scopes' },
    { what: 'no application', changes: { applicationIds: [] }, field: 'applicationIds' },
    { what: 'no address', changes: { allowedIps: [] }, field: 'allowedIps' },
    {
      what: 'an address with a port',
      changes: { allowedIps: ['10.0.0.1:80'] },
      field: 'allowedIps',
    },
    { what: 'a range that is none', changes: { allowedIps: ['10.0.0.0/33'] }, field: 'allowedIps' },
    { what: 'an end that was', changes: { expiresAt: inDays(-1) }, field: 'expiresAt' },
    { what: 'an end that is none', changes: { expiresAt: new Date(NaN) }, field: 'expiresAt' },
  ])('are refused with $what, new as changed', async ({ changes, field }) => {
    const invalid = { code: 'INVALID_CLIENT', field };
    await expect(create(changes)).rejects.toMatchObject(invalid);
    expect(await carillon.sql('SELECT FROM api_keys')).toEqual([]);
    const { apiKey } = await create();
    await expect(apiKeys.update(tester, apiKey.id, changes)).rejects.toMatchObject(invalid);
    expect(await apiKeys.get(tester, apiKey.id)).toEqual(apiKey);
  });

  it('work from their addresses alone, in whichever spelling', async () => {
    const { secret } = await create({ allowedIps: ['192.0.2.0/24', '2001:db8::/32'] });
    for (const from of ['192.0.2.1', '::ffff:192.0.2.9', '2001:db8::1'])
      await actorOf(secret, from);
    for (const from of ['192.0.3.1', 'unknown', '']) await expectRefused(secret, from);
    await expect(callers.actorOf(secret, undefined)).rejects.toMatchObject(refused);
  });

  it('end to the second, though they were used right before', async () => {
    const { secret } = await create({ expiresAt: inDays(1) });
    await actorOf(secret);
    carillon.setClock(dayMs - 600_000);
    await actorOf(secret);
    carillon.setClock(dayMs);
    await expectRefused(secret);
    carillon.setClock(0);
  });

  it.each([
    ['revoked', (id: string) => apiKeys.revoke(tester, id)],
    [
      'revoked by another process',
      () => carillon.sql('UPDATE api_keys SET revoked_at = now() WHERE revoked_at IS NULL'),
    ],
    ['given another secret without a delay', (id: string) => apiKeys.rotate(tester, id, 0)],
    ['deleted', () => carillon.sql('DELETE FROM api_keys')],
  ])('are refused within 5 s when they are %s', async (_, end) => {
    const { apiKey, secret } = await create();
    await actorOf(secret);
    await end(apiKey.id);
    letPass(5_000, carillon.clock);
    await expectRefused(secret);
  });

  it('have within 5 s what they are changed to', async () => {
    const { apiKey, secret } = await create();
    await actorOf(secret);
    await apiKeys.update(tester, apiKey.id, {
      scopes: ['audit:read'],
      applicationIds: [applicationId],
      allowedIps: [address],
    });
    letPass(5_000, carillon.clock);
    const { permissions, applicationIds } = await actorOf(secret);
    expect([[...permissions], applicationIds]).toEqual([['audit:read'], [applicationId]]);
    await expectRefused(secret, '192.0.2.2');
    expect(await events()).toMatchObject([
      {},
      {
        action: 'api_key.update',
        before: { scopes: ['devices:read', 'messages:send'], allowedIps: null },
        after: { scopes: ['audit:read'], allowedIps: [address] },
      },
    ]);
  });

  it('leave no event and no other date where nothing changes', async () => {
    const { apiKey } = await create();
    expect(await apiKeys.update(tester, apiKey.id, crm)).toEqual(apiKey);
    const revoked = await apiKeys.revoke(tester, apiKey.id);
    expect(await apiKeys.revoke(tester, apiKey.id)).toEqual(revoked);
    const actions = (await events()).map(({ action }) => action);
    expect(actions).toEqual(['api_key.create', 'api_key.revoke']);
  });

  it('are revoked for ever', async () => {
    const { apiKey } = await create();
    await apiKeys.revoke(tester, apiKey.id);
    const ended = { code: 'API_KEY_ENDED' };
    await expect(apiKeys.rotate(tester, apiKey.id, 0)).rejects.toMatchObject(ended);
    const revival = apiKeys.update(tester, apiKey.id, { expiresAt: inDays(1) });
    await expect(revival).rejects.toMatchObject(ended);
  });

  describe('with another secret', () => {
    it('work by both until the overlap ends, to the second', async () => {
      const { apiKey, secret } = await create();
      const { secret: next } = await apiKeys.rotate(tester, apiKey.id, 3_600);
      expect((await actorOf(secret)).id).toBe(apiKey.id);
      expect((await actorOf(next)).id).toBe(apiKey.id);
      const [present, previous] = await apiKeys.secretsOf([apiKey.id]);
      expect([present?.prefix, present?.endsAt]).toEqual([tracesOf(next).prefix, null]);
      carillon.setClock(Number(previous?.endsAt) - Date.now() + 1);
      await expectRefused(secret);
      await actorOf(next);
      carillon.setClock(0);
      const [, rotation] = await events();
      expect(rotation).toMatchObject({
        action: 'api_key.rotate',
        after: { prefix: tracesOf(next).prefix, previousUntil: previous?.endsAt?.toISOString() },
      });
    });

    it('lose none that is good, be it given to several at once', async () => {
      const { apiKey, secret } = await create();
      const rotations = await Promise.all(
        Array.from({ length: 3 }, () => apiKeys.rotate(tester, apiKey.id, 60)),
      );
      const secrets = [secret, ...rotations.map((rotation) => rotation.secret)];
      expect(new Set(secrets).size).toBe(4);
      for (const one of secrets) await actorOf(one);
      const ends = (await apiKeys.secretsOf([apiKey.id])).map(({ endsAt }) => endsAt);
      expect(ends.filter((end) => end === null)).toHaveLength(1);
    });

    it('never put off the end of the one before', async () => {
      const { apiKey } = await create();
      await apiKeys.rotate(tester, apiKey.id, 60);
      const endOfFirst = async () => (await apiKeys.secretsOf([apiKey.id])).at(-1)?.endsAt;
      const before = await endOfFirst();
      await apiKeys.rotate(tester, apiKey.id, 3_600);
      expect(await endOfFirst()).toEqual(before);
    });

    it('have five that are good at most, and end all but one at once', async () => {
      const { apiKey, secret } = await create();
      for (let n = 0; n < 4; n++) await apiKeys.rotate(tester, apiKey.id, 60);
      await expect(apiKeys.rotate(tester, apiKey.id, 1)).rejects.toMatchObject({
        code: 'TOO_MANY_SECRETS',
        field: 'keepPreviousSeconds',
      });
      await actorOf(secret); // whose end the refused one did not bring nearer
      const { secret: last } = await apiKeys.rotate(tester, apiKey.id, 0);
      letPass(5_000, carillon.clock);
      await actorOf(last);
      await expectRefused(secret);
      expect(await apiKeys.secretsOf([apiKey.id])).toHaveLength(6);
    });

    it.each([-1, 0.5, 2_678_401, NaN])('want an overlap of seconds, not %d', async (seconds) => {
      const { apiKey } = await create();
      await expect(apiKeys.rotate(tester, apiKey.id, seconds)).rejects.toMatchObject({
        code: 'INVALID_CLIENT',
        field: 'keepPreviousSeconds',
      });
    });

    it('are none when they have expired, until they are given another end', async () => {
      const { apiKey } = await create();
      await carillon.sql("UPDATE api_keys SET expires_at = now() - interval '1 second'");
      const rotate = () => apiKeys.rotate(tester, apiKey.id, 0);
      await expect(rotate()).rejects.toMatchObject({ code: 'API_KEY_ENDED' });
      await apiKeys.update(tester, apiKey.id, { expiresAt: inDays(1) });
      await actorOf((await rotate()).secret);
    });
  });

  it('say when and from where each secret was used last, once a minute', async () => {
    const { apiKey, secret } = await create();
    const used = async () => {
      const [stored] = await apiKeys.secretsOf([apiKey.id]);
      return { at: stored?.lastUsedAt ?? null, from: stored?.lastUsedAddress ?? null };
    };
    expect(await used()).toEqual({ at: null, from: null });
    await actorOf(secret);
    await carillon.until(async () => (await used()).from === address);
    const first = await used();
    for (let n = 0; n < 20; n++) await actorOf(secret, '192.0.2.9');
    letPass(30_000, carillon.clock);
    await actorOf(secret, '192.0.2.9');
    expect(await used()).toEqual(first);
    letPass(30_000, carillon.clock);
    await carillon.sql("UPDATE api_key_secrets SET last_used_at = now() - interval '1 minute'");
    await actorOf(secret, '192.0.2.9');
    await carillon.until(async () => (await used()).from === '192.0.2.9');
  });

  it('that are refused are not said to be used', async () => {
    const { apiKey, secret } = await create({ allowedIps: ['192.0.2.7'] });
    await expectRefused(secret);
    await actorOf(secret, '192.0.2.7');
    await carillon.until(async () => {
      const [stored] = await apiKeys.secretsOf([apiKey.id]);
      return stored?.lastUsedAddress === '192.0.2.7';
    });
  });

  it('are refused without a statement when they are mistyped', async () => {
    const { secret } = await create();
    const wrong = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`;
    await carillon.sql('ALTER TABLE api_key_secrets RENAME TO gone');
    try {
      await expectRefused(wrong);
      await expect(actorOf(newApiKey())).rejects.not.toMatchObject(refused);
    } finally {
      await carillon.sql('ALTER TABLE gone RENAME TO api_key_secrets');
    }
    await expectRefused(newApiKey());
  });

  describe('are managed by those alone who may do all that they may', () => {
    const grantor = () =>
      administrator(['clients:read', 'clients:write', 'messages:send'], [applicationId]);
    const forbidden = { code: 'FORBIDDEN' };

    it('when they are made', async () => {
      const one = { name: 'One', scopes: ['messages:send'], applicationIds: [applicationId] };
      await apiKeys.create(grantor(), one);
      for (const [more, code] of [
        [{ scopes: ['messages:send', 'audit:read'] }, 'FORBIDDEN'],
        [{ applicationIds: [applicationId, otherId] }, 'APPLICATION_NOT_FOUND'],
        [{ applicationIds: null }, 'FORBIDDEN'],
      ] as const) {
        const greedy = apiKeys.create(grantor(), { ...one, ...more });
        await expect(greedy).rejects.toMatchObject({ code });
      }
      const reader = administrator(['clients:read', 'messages:send']);
      await expect(apiKeys.create(reader, one)).rejects.toMatchObject(forbidden);
    });

    it('when they are changed, given another secret, or revoked', async () => {
      const { apiKey } = await create({ applicationIds: [applicationId] });
      const { id } = apiKey;
      for (const attempt of [
        apiKeys.update(grantor(), id, { scopes: ['messages:send'] }),
        apiKeys.rotate(grantor(), id, 0),
        apiKeys.revoke(grantor(), id),
      ]) {
        await expect(attempt).rejects.toMatchObject({ ...forbidden, permission: 'devices:read' });
      }
      const modest = (await create({ scopes: ['messages:send'], applicationIds: [applicationId] }))
        .apiKey;
      const more = apiKeys.update(grantor(), modest.id, { scopes: ['audit:read'] });
      await expect(more).rejects.toMatchObject(forbidden);
      await apiKeys.rotate(grantor(), modest.id, 0);
    });

    it('and are not there for those who do not reach their applications', async () => {
      const everywhere = await create();
      const elsewhere = await create({ applicationIds: [applicationId, otherId] });
      const own = await create({ scopes: ['messages:send'], applicationIds: [applicationId] });
      const missing = { code: 'API_KEY_NOT_FOUND' };
      for (const { apiKey } of [everywhere, elsewhere]) {
        await expect(apiKeys.get(grantor(), apiKey.id)).rejects.toMatchObject(missing);
        await expect(apiKeys.revoke(grantor(), apiKey.id)).rejects.toMatchObject(missing);
      }
      const { items } = await apiKeys.list(grantor(), {}, { first: 10 });
      expect(items.map(({ id }) => id)).toEqual([own.apiKey.id]);
    });

    it.each(['', 'x', '00000000-0000-4000-8000-000000000000', 'ck_'])(
      'and %j is none',
      async (id) => {
        const missing = { code: 'API_KEY_NOT_FOUND' };
        await expect(apiKeys.get(tester, id)).rejects.toMatchObject(missing);
        await expect(apiKeys.rotate(tester, id, 0)).rejects.toMatchObject(missing);
        await expect(apiKeys.revoke(tester, id)).rejects.toMatchObject(missing);
        await expect(apiKeys.update(tester, id, {})).rejects.toMatchObject(missing);
      },
    );
  });

  it('are listed by name in pages, and by whether they are good or end soon', async () => {
    for (const [name, expiresAt] of [
      ['b', inDays(10)],
      ['a:c', inDays(1)],
      ['b', null],
      ['c', null],
    ] as const) {
      await create({ name, expiresAt });
    }
    await carillon.sql("UPDATE api_keys SET revoked_at = now() WHERE name = 'c'");
    await carillon.sql(
      "INSERT INTO api_keys (id, name, scopes, expires_at) VALUES (gen_random_uuid(), 'd', '{}', now())",
    );
    const names = async (filter: object) =>
      (await apiKeys.list(tester, filter, { first: 10 })).items.map(({ name }) => name);
    expect(await names({})).toEqual(['a:c', 'b', 'b', 'c', 'd']);
    expect(await names({ active: true })).toEqual(['a:c', 'b', 'b']);
    expect(await names({ active: false })).toEqual(['c', 'd']);
    expect(await names({ active: true, expiresBefore: inDays(7) })).toEqual(['a:c']);
    const seen = [];
    for (let after; ;) {
      const { items, hasMore } = await apiKeys.list(tester, {}, { first: 2, after });
      seen.push(...items.map(({ id }) => id));
      after = items.at(-1);
      if (!hasMore) break;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });

  it('lose an application that is removed, and are no keys of the next one with its number', async () => {
    const applications = carillon.get(ApplicationsService);
    const gone = await applications.create(tester, { name: 'Gone' });
    const { apiKey, secret } = await create({ applicationIds: [gone.id] });
    await applications.remove(tester, gone.id);
    expect((await apiKeys.get(tester, apiKey.id)).applicationIds).toEqual([]);
    expect((await actorOf(secret)).applicationIds).toEqual([]);
  });

  describe('of which the hash alone is known', () => {
    it('are stored once, and changed afterwards', async () => {
      const secret = newApiKey();
      const applied = () => apiKeys.ensure(tester, tracesOf(secret), crm);
      await applied();
      await applied();
      const { id } = await actorOf(secret);
      await apiKeys.ensure(tester, tracesOf(secret), { ...crm, allowedIps: ['192.0.2.7'] });
      letPass(5_000, carillon.clock);
      await expectRefused(secret);
      expect((await actorOf(secret, '192.0.2.7')).id).toBe(id);
      expect((await events()).map(({ action }) => action)).toEqual([
        'api_key.create',
        'api_key.update',
      ]);
    });

    it('do not come back when they were revoked, or another took their place', async () => {
      const [revoked, replaced] = [newApiKey(), newApiKey()];
      for (const one of [revoked, replaced]) {
        await apiKeys.ensure(tester, tracesOf(one), crm);
        const { id } = await actorOf(one);
        if (one === revoked) await apiKeys.revoke(tester, id);
        else await apiKeys.rotate(tester, id, 0);
        await apiKeys.ensure(tester, tracesOf(one), { ...crm, name: 'Again' });
      }
      letPass(5_000, carillon.clock);
      await expectRefused(revoked);
      await expectRefused(replaced);
      expect(await carillon.sql('SELECT FROM api_keys')).toHaveLength(2);
    });

    it('may have ended already', async () => {
      const secret = newApiKey();
      await apiKeys.ensure(tester, tracesOf(secret), { ...crm, expiresAt: inDays(-1) });
      await expectRefused(secret);
    });
  });
});
