import { setImmediate } from 'node:timers/promises';
import { ApplicationsService } from '@app/applications';
import { Actor, type Permission, permissions } from '@app/core';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';
import { TokenSigner } from '@app/testing/token-signer';
import { OAuthClientsService } from '../clients/oauth-clients.service';
import { OwnedKeys } from '../owned-keys';
import { ServiceAccountsService } from './service-accounts.service';

const scopes: Permission[] = ['messages:send', 'devices:read'];
const allowedIps = ['203.0.113.0/24'];
const reason = 'The billing system cannot sign';
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * dayMs);

describe('service accounts', () => {
  let carillon: Carillon;
  let accounts: ServiceAccountsService;

  beforeAll(async () => {
    carillon = await Carillon.start();
    accounts = carillon.get(ServiceAccountsService);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE service_accounts, oauth_clients, audit_events CASCADE');
    await carillon.sql('DELETE FROM public_keys');
  });

  const create = (changes: object = {}) =>
    accounts.create(tester, {
      accountId: 'billing',
      name: 'Billing',
      scopes,
      allowedIps,
      ...changes,
    });
  const toLegacy = (changes: object = {}) =>
    accounts.setLoginMode(tester, 'billing', { mode: 'legacy_public_key', reason, ...changes });
  const one = () => accounts.get(tester, 'billing');
  const addKey = (kind: 'service_account' | 'client', id: string, { publicKey }: TokenSigner) =>
    carillon.get(OwnedKeys).add(tester, { kind, id }, { publicKey });
  const events = (action: string) =>
    carillon.sql(`SELECT before, after FROM audit_events WHERE action = $1 ORDER BY id`, [action]);

  it('log in by assertions only when they are new', async () => {
    expect(await create()).toMatchObject({
      id: 'billing',
      scopes: ['devices:read', 'messages:send'],
      loginMode: 'assertion_only',
      legacyUntil: null,
      allowedIps,
      blockedAt: null,
    });
    const { id } = await create({ accountId: undefined });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    { what: 'no id', changes: { accountId: '' }, field: 'accountId' },
    { what: 'a long id', changes: { accountId: 'a'.repeat(65) }, field: 'accountId' },
    { what: 'an odd id', changes: { accountId: 'a b' }, field: 'accountId' },
    { what: 'NUL in its id', changes: { accountId: 'a\0' }, field: 'accountId' },
    { what: 'a blank name', changes: { name: ' ' }, field: 'name' },
    { what: 'no scope', changes: { scopes: [] }, field: 'scopes' },
    { what: 'an unknown scope', changes: { scopes: ['everything'] }, field: 'scopes' },
    { what: 'no application', changes: { applicationIds: [] }, field: 'applicationIds' },
    { what: 'no address', changes: { allowedIps: [] }, field: 'allowedIps' },
    { what: 'an odd address', changes: { allowedIps: ['10.0.0.0/33'] }, field: 'allowedIps' },
    { what: 'an end in the past', changes: { expiresAt: new Date(0) }, field: 'expiresAt' },
    { what: 'no date as end', changes: { expiresAt: new Date(NaN) }, field: 'expiresAt' },
  ])('are refused with $what', async ({ changes, field }) => {
    await expect(create(changes)).rejects.toMatchObject({ code: 'INVALID_CLIENT', field });
  });

  it('take samples of PaymentsGate for ids, which look like UUIDs and are none', async () => {
    const accountId = '00000000-4000-4000-0000-00000000000a';
    expect(await create({ accountId })).toMatchObject({ id: accountId });
  });

  it('share their ids with nobody, also not with a client', async () => {
    const taken = { code: 'SERVICE_ACCOUNT_EXISTS' };
    const clients = carillon.get(OAuthClientsService);
    await clients.create(tester, { clientId: 'crm', name: 'CRM', scopes });
    await expect(create({ accountId: 'crm' })).rejects.toMatchObject(taken);
    const created = await Promise.allSettled([create(), create(), create()]);
    expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('share their ids with no client that is being created either', async () => {
    const dataSource = carillon.get(DataSource);
    let isSettled = false;
    let created: Promise<unknown> | undefined;
    await dataSource.transaction(async (manager) => {
      const input = { clientId: 'billing', name: 'CRM', scopes };
      await carillon.get(OAuthClientsService).within(manager).create(tester, input);
      created = create().catch((error: unknown) => error);
      void created.then(() => (isSettled = true));
      const waiting = `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`;
      while (!isSettled && (await carillon.sql(waiting)).length === 0) await setImmediate();
    });
    expect(await created).toMatchObject({ code: 'SERVICE_ACCOUNT_EXISTS' });
  });

  describe('in the mode legacy_public_key', () => {
    it('need a reason, and end after 90 days', async () => {
      await create();
      await expect(toLegacy({ reason: undefined })).rejects.toMatchObject({ field: 'reason' });
      const { legacyUntil } = await toLegacy();
      expect(Math.round(((legacyUntil?.getTime() ?? 0) - Date.now()) / dayMs)).toBe(90);
    });

    it.each([{ until: inDays(366) }, { until: inDays(-1) }, { until: new Date(NaN) }])(
      'do not end at $until',
      async ({ until }) => {
        await create();
        await expect(toLegacy({ until })).rejects.toMatchObject({ field: 'until' });
      },
    );

    it.each(
      permissions
        .filter((scope) =>
          /^(clients|keys):|^(operators|credentials):write|^audit:read/.test(scope),
        )
        .map((scope) => ({ scope })),
    )('never have the scope $scope', async ({ scope }) => {
      await create({ scopes: ['messages:send', scope] });
      await expect(toLegacy()).rejects.toMatchObject({ field: 'scopes' });
      await accounts.update(tester, 'billing', { scopes: ['messages:send'] });
      await toLegacy();
      await expect(
        accounts.update(tester, 'billing', { scopes: ['messages:send', scope] }),
      ).rejects.toMatchObject({ field: 'scopes' });
    });

    it('need addresses', async () => {
      await create({ allowedIps: null });
      await expect(toLegacy()).rejects.toMatchObject({ field: 'allowedIps' });
      await accounts.update(tester, 'billing', { allowedIps });
      await toLegacy();
      await expect(accounts.update(tester, 'billing', { allowedIps: null })).rejects.toMatchObject({
        field: 'allowedIps',
      });
    });

    it('have keys that nobody else has', async () => {
      const signer = TokenSigner.create();
      const notDedicated = { code: 'KEY_NOT_DEDICATED' };
      await create();
      await carillon
        .get(OAuthClientsService)
        .create(tester, { clientId: 'crm', name: 'CRM', scopes });
      await addKey('service_account', 'billing', signer);
      const { id } = await addKey('client', 'crm', signer);
      await expect(toLegacy()).rejects.toMatchObject(notDedicated);
      expect(await one()).toMatchObject({ loginMode: 'assertion_only', legacyUntil: null });
      await carillon.get(OwnedKeys).remove(tester, id);
      await toLegacy();
      await expect(addKey('client', 'crm', signer)).rejects.toMatchObject(notDedicated);
      await accounts.setLoginMode(tester, 'billing', { mode: 'signed', until: inDays(1) });
      await expect(addKey('client', 'crm', signer)).rejects.toMatchObject(notDedicated);
      await accounts.setLoginMode(tester, 'billing', { mode: 'signed' });
      expect(await addKey('client', 'crm', signer)).toBeDefined();
    });

    it('may be renewed with the reason they have, which ends nothing', async () => {
      await create();
      await toLegacy({ until: inDays(10) });
      const { tokensValidAfter } = await one();
      const until = inDays(365);
      expect(await toLegacy({ reason: undefined, until })).toMatchObject({
        legacyReason: reason,
        legacyUntil: until,
        tokensValidAfter,
      });
    });

    it('move to signatures through a period in which both work', async () => {
      await create();
      await toLegacy();
      const until = inDays(30);
      const both = await accounts.setLoginMode(tester, 'billing', { mode: 'signed', until });
      expect(both).toMatchObject({ loginMode: 'signed', legacyReason: reason, legacyUntil: until });
      const done = await accounts.setLoginMode(tester, 'billing', { mode: 'signed' });
      expect(done).toMatchObject({ loginMode: 'signed', legacyReason: null, legacyUntil: null });
      expect(done.tokensValidAfter).not.toEqual(both.tokensValidAfter);
      expect(await events('service_account.login_mode')).toHaveLength(3);
    });
  });

  it('in the mode assertion_only take no end of a period', async () => {
    await create();
    const change = { mode: 'assertion_only', until: inDays(1) } as const;
    await expect(accounts.setLoginMode(tester, 'billing', change)).rejects.toMatchObject({
      field: 'until',
    });
  });

  it.each([
    { what: 'a name', changes: { name: 'B' }, ends: false },
    { what: 'more scopes', changes: { scopes: [...scopes, 'audit:read'] }, ends: false },
    { what: 'fewer scopes', changes: { scopes: ['messages:send'] }, ends: true },
    { what: 'other addresses', changes: { allowedIps: ['203.0.113.7'] }, ends: true },
    { what: 'more addresses', changes: { allowedIps: [...allowedIps, '::1'] }, ends: false },
    { what: 'any address', changes: { allowedIps: null }, ends: false },
    { what: 'an end', changes: { expiresAt: inDays(1) }, ends: false },
    { what: 'nothing new', changes: { name: 'Billing' }, ends: false },
  ])('given $what: whether tokens end is $ends', async ({ changes, ends }) => {
    await create();
    const { tokensValidAfter } = await accounts.update(tester, 'billing', changes);
    expect(tokensValidAfter !== null).toBe(ends);
  });

  it('leave a trace of what changed, and of nothing else', async () => {
    await create();
    await accounts.update(tester, 'billing', { name: 'Bills', scopes });
    await accounts.update(tester, 'billing', { name: 'Bills' });
    await accounts.block(tester, 'billing');
    await accounts.block(tester, 'billing');
    await accounts.remove(tester, 'billing');
    expect(await events('service_account.update')).toEqual([
      { before: { name: 'Billing' }, after: { name: 'Bills' } },
    ]);
    expect(await events('service_account.block')).toHaveLength(1);
    expect(await events('service_account.remove')).toMatchObject([{ before: { name: 'Bills' } }]);
    await expect(one()).rejects.toMatchObject({ code: 'SERVICE_ACCOUNT_NOT_FOUND' });
  });

  it('are listed by id, by mode, and by the last login with the key alone', async () => {
    await create();
    await create({ accountId: 'crm' });
    await create({ accountId: 'erp' });
    await toLegacy();
    await carillon.sql(
      `UPDATE service_accounts SET last_legacy_login_at = now() - interval '1 day' WHERE id = 'crm'`,
    );
    const idsOf = async (filter: object, first = 9, after?: string) =>
      (
        await accounts.list(tester, filter, {
          first,
          ...(after !== undefined && { after: { id: after } }),
        })
      ).items.map(({ id }) => id);
    expect(await idsOf({}, 2)).toEqual(['billing', 'crm']);
    expect(await idsOf({}, 2, 'crm')).toEqual(['erp']);
    expect(await idsOf({ loginMode: 'legacy_public_key' })).toEqual(['billing']);
    expect(await idsOf({ usedLegacySince: inDays(-2) })).toEqual(['crm']);
    expect(await idsOf({ usedLegacySince: inDays(0) })).toEqual([]);
  });

  describe('for those who may less', () => {
    const granted: Permission[] = ['clients:read', 'clients:write', 'messages:send'];
    const all = { first: 9 };
    const operator = new Actor({ kind: 'operator', id: 'olga', permissions: granted });
    const forbidden = { code: 'FORBIDDEN' };

    it('get no scope that their maker lacks, and are not changed by him either', async () => {
      const input = { name: 'X', scopes: ['messages:send', 'devices:read'] };
      await expect(accounts.create(operator, input)).rejects.toMatchObject(forbidden);
      await create();
      const changes = [
        () => accounts.update(operator, 'billing', { name: 'X' }),
        () => accounts.setLoginMode(operator, 'billing', { mode: 'signed' }),
        () => accounts.block(operator, 'billing'),
        () => accounts.unblock(operator, 'billing'),
        () => accounts.remove(operator, 'billing'),
      ];
      for (const change of changes) await expect(change()).rejects.toMatchObject(forbidden);
    });

    it('are out of sight when they reach other applications', async () => {
      const [applicationId, otherId] = [
        await carillon.createApplication(),
        await carillon.createApplication(),
      ];
      await create({ scopes: ['messages:send'], applicationIds: [applicationId] });
      await create({ accountId: 'all' });
      const limited = (id: number) =>
        new Actor({ kind: 'operator', id: 'otto', permissions: granted, applicationIds: [id] });
      expect((await accounts.list(limited(applicationId), {}, all)).items).toHaveLength(1);
      expect((await accounts.list(limited(otherId), {}, all)).items).toEqual([]);
      const missing = { code: 'SERVICE_ACCOUNT_NOT_FOUND' };
      await expect(accounts.get(limited(otherId), 'billing')).rejects.toMatchObject(missing);
      await expect(accounts.block(limited(otherId), 'billing')).rejects.toMatchObject(missing);
      await expect(
        accounts.update(limited(applicationId), 'billing', { applicationIds: null }),
      ).rejects.toMatchObject(forbidden);
    });

    it('are out of sight when the only application that they reached is gone', async () => {
      const applications = carillon.get(ApplicationsService);
      const { id } = await applications.create(tester, { name: 'Short-lived' });
      await create({ scopes: ['messages:send'], applicationIds: [id] });
      await applications.remove(tester, id);
      const applicationIds = [await carillon.createApplication()];
      const limited = new Actor({ kind: 'client', id: 'c', permissions, applicationIds });
      const missing = { code: 'SERVICE_ACCOUNT_NOT_FOUND' };
      await expect(accounts.get(limited, 'billing')).rejects.toMatchObject(missing);
      const update = accounts.update(limited, 'billing', { applicationIds });
      await expect(update).rejects.toMatchObject(missing);
      expect((await accounts.list(limited, {}, all)).items).toEqual([]);
      expect(await accounts.update(tester, 'billing', { applicationIds })).toMatchObject({
        applicationIds,
      });
    });

    it('are not even seen without clients:read', async () => {
      const sender = new Actor({ kind: 'client', id: 'c', permissions: ['messages:send'] });
      await create();
      await expect(accounts.get(sender, 'billing')).rejects.toMatchObject(forbidden);
      await expect(accounts.list(sender, {}, all)).rejects.toMatchObject(forbidden);
      await expect(accounts.create(sender, { name: 'X', scopes })).rejects.toMatchObject(forbidden);
    });
  });
});
