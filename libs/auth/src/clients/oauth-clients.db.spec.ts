import { ApplicationsService } from '@app/applications';
import { Actor, type Permission, permissions } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';
import { TokenSigner } from '@app/testing/token-signer';
import { OAuthClientsService } from './oauth-clients.service';
import { OwnedKeys } from '../owned-keys';

const administrator = (permissions: readonly Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'admin', permissions, applicationIds });

describe('OAuth clients', () => {
  let carillon: Carillon;
  let clients: OAuthClientsService;
  let keys: OwnedKeys;
  let applicationId: number;
  let otherId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    clients = carillon.get(OAuthClientsService);
    keys = carillon.get(OwnedKeys);
    applicationId = await carillon.createApplication();
    otherId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() =>
    carillon.sql('TRUNCATE oauth_clients, service_accounts, public_keys, audit_events CASCADE'),
  );

  const crm = { clientId: 'crm', name: 'CRM', scopes: ['messages:send', 'devices:read'] };
  const newKey = () => ({ publicKey: TokenSigner.create().publicKey });

  it('have an id of their own when none is given, and their settings', async () => {
    const client = await clients.create(tester, { name: ' CRM ', scopes: ['messages:send'] });
    expect(client).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: 'CRM',
      applicationIds: null,
      enabled: true,
      requireJti: false,
      maxAssertionSeconds: 3600,
      tokensValidAfter: null,
    });
    expect(await clients.get(tester, client.id)).toEqual(client);
  });

  it('are refused with an unknown application', async () => {
    const refused = clients.create(tester, { ...crm, applicationIds: [99] });
    await expect(refused).rejects.toMatchObject({ code: 'APPLICATION_NOT_FOUND' });
    expect(await carillon.sql('SELECT FROM oauth_clients')).toEqual([]);
  });

  it.each([
    { what: 'an id with a space', changes: { clientId: 'c r m' }, field: 'clientId' },
    { what: 'an id of 65 characters', changes: { clientId: 'c'.repeat(65) }, field: 'clientId' },
    { what: 'an empty id', changes: { clientId: '' }, field: 'clientId' },
    { what: 'a blank name', changes: { name: ' ' }, field: 'name' },
    { what: 'a name with NUL', changes: { name: 'C\0' }, field: 'name' },
    { what: 'no scope', changes: { scopes: [] }, field: 'scopes' },
    { what: 'an unknown scope', changes: { scopes: ['messages:read'] }, field: 'scopes' },
    { what: 'no application', changes: { applicationIds: [] }, field: 'applicationIds' },
    { what: 'no number', changes: { applicationIds: [1.5] }, field: 'applicationIds' },
    {
      what: 'too short a life',
      changes: { maxAssertionSeconds: 59 },
      field: 'maxAssertionSeconds',
    },
    {
      what: 'too long a life',
      changes: { maxAssertionSeconds: 31_536_001 },
      field: 'maxAssertionSeconds',
    },
    { what: 'half a second', changes: { maxAssertionSeconds: 60.5 }, field: 'maxAssertionSeconds' },
  ])('are refused with $what', async ({ changes, field }) => {
    const refused = clients.create(tester, { ...crm, ...changes });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_CLIENT', field });
    expect(await carillon.sql('SELECT FROM oauth_clients')).toEqual([]);
  });

  it('have ids that no other client and no service account has', async () => {
    await carillon.sql(
      `INSERT INTO service_accounts (id, name, scopes) VALUES ('erp', 'ERP', '{}')`,
    );
    const both = await Promise.allSettled([
      clients.create(tester, crm),
      clients.create(tester, crm),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const taken = clients.create(tester, { ...crm, clientId: 'erp' });
    await expect(taken).rejects.toMatchObject({ code: 'CLIENT_EXISTS' });
  });

  it('change, and the audit trail has what was and what is', async () => {
    await clients.create(tester, crm);
    const changes = {
      name: 'CRM 2',
      applicationIds: [otherId, applicationId, otherId],
      scopes: crm.scopes,
    };
    const changed = await clients.update(tester, 'crm', changes);
    expect(changed).toMatchObject({ name: 'CRM 2', applicationIds: [applicationId, otherId] });
    await clients.update(tester, 'crm', { name: 'CRM 2' });
    const events = await carillon.sql(
      'SELECT action, target, before, after FROM audit_events ORDER BY id DESC',
    );
    expect(events).toMatchObject([
      {
        action: 'client.update',
        target: 'client:crm',
        before: { name: 'CRM', applicationIds: null },
        after: { name: 'CRM 2', applicationIds: [applicationId, otherId] },
      },
      { action: 'client.create', before: null },
    ]);
  });

  it('go with their keys', async () => {
    await clients.create(tester, crm);
    await keys.add(tester, { kind: 'client', id: 'crm' }, newKey());
    expect(await clients.remove(tester, 'crm')).toMatchObject({ name: 'CRM' });
    await expect(clients.get(tester, 'crm')).rejects.toMatchObject({ code: 'CLIENT_NOT_FOUND' });
    expect(await carillon.sql('SELECT FROM public_keys')).toEqual([]);
  });

  it('do not reach the application that gets the number of a removed one', async () => {
    const { id } = await carillon.get(ApplicationsService).create(tester, { name: 'Short-lived' });
    await clients.create(tester, { ...crm, applicationIds: [id, applicationId] });
    await keys.add(tester, { kind: 'application', id: String(id) }, newKey());
    await carillon.get(ApplicationsService).remove(tester, id);
    expect(await clients.get(tester, 'crm')).toMatchObject({ applicationIds: [applicationId] });
    expect(await carillon.sql('SELECT FROM public_keys')).toEqual([]);
  });

  it('come in pages, and only those whose applications the actor reaches', async () => {
    await clients.create(tester, { ...crm, clientId: 'a' });
    await clients.create(tester, { ...crm, clientId: 'b', applicationIds: [applicationId] });
    await clients.create(tester, {
      ...crm,
      clientId: 'c',
      applicationIds: [applicationId, otherId],
    });
    const ids = async (actor: Actor, first: number, after?: string) =>
      (
        await clients.list(actor, { first, ...(after !== undefined && { after: { id: after } }) })
      ).items.map(({ id }) => id);
    expect(await ids(tester, 2)).toEqual(['a', 'b']);
    expect(await ids(tester, 2, 'b')).toEqual(['c']);
    const limited = administrator(['clients:read'], [applicationId]);
    expect(await ids(limited, 9)).toEqual(['b']);
    await expect(clients.get(limited, 'c')).rejects.toMatchObject({ code: 'CLIENT_NOT_FOUND' });
  });

  describe('are changed only by those who may do what they may', () => {
    beforeEach(() => clients.create(tester, { ...crm, applicationIds: [applicationId] }));

    it.each<{ what: string; permissions: Permission[] }>([
      { what: 'no permission for clients', permissions: ['messages:send', 'devices:read'] },
      { what: 'one scope less', permissions: ['clients:write', 'keys:write', 'messages:send'] },
    ])('not with $what', async ({ permissions }) => {
      const actor = administrator(permissions);
      const forbidden = { code: 'FORBIDDEN' };
      const attempts = [
        () => clients.create(actor, { ...crm, clientId: 'new' }),
        () => clients.update(actor, 'crm', { name: 'Mine' }),
        () => clients.update(actor, 'crm', { enabled: false }),
        () => clients.remove(actor, 'crm'),
        () => keys.add(actor, { kind: 'client', id: 'crm' }, newKey()),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(forbidden);
    });

    it('not beyond the applications that they reach', async () => {
      const limited = administrator(
        ['clients:write', 'messages:send', 'devices:read'],
        [applicationId],
      );
      await clients.update(limited, 'crm', { name: 'Mine' });
      const beyond = [
        { applicationIds: null, code: 'FORBIDDEN' },
        { applicationIds: [otherId], code: 'APPLICATION_NOT_FOUND' },
      ];
      for (const { code, ...changes } of beyond) {
        await expect(clients.update(limited, 'crm', changes)).rejects.toMatchObject({ code });
      }
      const unlimited = clients.create(limited, { ...crm, clientId: 'new' });
      await expect(unlimited).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    it('not by those who reach some applications, once the only one of theirs is gone', async () => {
      const applications = carillon.get(ApplicationsService);
      const { id } = await applications.create(tester, { name: 'Short-lived' });
      await clients.create(tester, { ...crm, clientId: 'orphan', applicationIds: [id] });
      const owner = { kind: 'client', id: 'orphan' } as const;
      const key = await keys.add(tester, owner, newKey());
      await applications.remove(tester, id);

      const limited = administrator(permissions, [applicationId]);
      const missing = { code: 'CLIENT_NOT_FOUND' };
      const noOwner = { code: 'KEY_OWNER_NOT_FOUND' };
      const noKey = { code: 'KEY_NOT_FOUND' };
      await expect(clients.get(limited, 'orphan')).rejects.toMatchObject(missing);
      const mine = { scopes: ['clients:write'], applicationIds: [applicationId] };
      await expect(clients.update(limited, 'orphan', mine)).rejects.toMatchObject(missing);
      await expect(clients.remove(limited, 'orphan')).rejects.toMatchObject(missing);
      await expect(keys.add(limited, owner, newKey())).rejects.toMatchObject(noOwner);
      await expect(keys.setEnabled(limited, key.id, false)).rejects.toMatchObject(noKey);
      await expect(keys.remove(limited, key.id)).rejects.toMatchObject(noKey);
      expect((await clients.list(limited, { first: 9 })).items.map((client) => client.id)).toEqual([
        'crm',
      ]);
      expect(await keys.list(limited, 'client', ['orphan'])).toEqual([]);
      expect(await clients.update(tester, 'orphan', mine)).toMatchObject(mine);
    });

    it('not to more than they may do', async () => {
      const actor = administrator(['clients:write', 'messages:send', 'devices:read']);
      const more = clients.update(actor, 'crm', { scopes: ['messages:send', 'operators:write'] });
      await expect(more).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
  });

  describe('and other owners have keys', () => {
    const account = (id: string, mode: string) =>
      carillon.sql(
        'INSERT INTO service_accounts (id, name, scopes, login_mode) VALUES ($1, $1, $2, $3)',
        [id, ['messages:send'], mode],
      );
    const shared = newKey();

    it('one of its own for an account that logs in by showing it', async () => {
      await clients.create(tester, crm);
      await account('shown', 'legacy_public_key');
      await account('signed', 'assertion_only');
      const client = { kind: 'client', id: 'crm' } as const;
      const shown = { kind: 'service_account', id: 'shown' } as const;
      const dedicated = { code: 'KEY_NOT_DEDICATED' };

      await keys.add(tester, { kind: 'service_account', id: 'signed' }, shared);
      await expect(keys.add(tester, shown, shared)).rejects.toMatchObject(dedicated);
      await keys.add(tester, client, shared);
      const own = newKey();
      await keys.add(tester, shown, own);
      await expect(keys.add(tester, client, own)).rejects.toMatchObject(dedicated);
      const both = newKey();
      const settled = await Promise.allSettled([
        keys.add(tester, client, both),
        keys.add(tester, shown, both),
      ]);
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('if they exist', async () => {
      const add = (kind: 'client' | 'application', id: string) =>
        keys.add(tester, { kind, id }, shared);
      await expect(add('client', 'nobody')).rejects.toMatchObject({ code: 'KEY_OWNER_NOT_FOUND' });
      await expect(add('client', 'a\0')).rejects.toMatchObject({ code: 'KEY_OWNER_NOT_FOUND' });
      await expect(add('application', '99')).rejects.toMatchObject({
        code: 'APPLICATION_NOT_FOUND',
      });
    });

    it('seen and changed within the applications of the actor', async () => {
      const owner = { kind: 'application', id: String(applicationId) } as const;
      const other = { kind: 'application', id: String(otherId) } as const;
      const { id } = await keys.add(tester, owner, shared);
      await keys.add(tester, other, shared);
      const limited = administrator(['keys:read', 'keys:write'], [otherId]);
      const seen = await keys.list(limited, 'application', [owner.id, other.id]);
      expect(seen).toMatchObject([{ ownerId: other.id }]);
      const missing = { code: 'KEY_NOT_FOUND' };
      await expect(keys.setEnabled(limited, id, false)).rejects.toMatchObject(missing);
      await expect(keys.remove(limited, id)).rejects.toMatchObject(missing);
      expect(await keys.setEnabled(tester, id, false)).toMatchObject({ enabled: false });
    });
  });
});
