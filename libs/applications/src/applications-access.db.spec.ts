import { generateKeyPairSync } from 'node:crypto';
import { ApplicationsService, ApplicationStore, CredentialsService } from '@app/applications';
import { type ApnsCredential, type FcmCredential } from '@app/push';
import { Actor, type Permission } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const apns: ApnsCredential = {
  bundle: 'com.example.bank',
  keyId: 'KEYID12345',
  teamId: 'TEAMID1234',
  environment: 'production',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export(pkcs8)
    .toString(),
};
const fcm: FcmCredential = {
  projectId: 'bank',
  serviceAccount: JSON.stringify({
    client_email: 'carillon@example.com',
    private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8),
  }),
};

const clientWith = (permissions: Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions, applicationIds, address: '192.0.2.7' });

describe('applications and credentials', () => {
  let carillon: Carillon;
  let applications: ApplicationsService;
  let credentials: CredentialsService;
  let store: ApplicationStore;
  let mine: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applications = carillon.get(ApplicationsService);
    credentials = carillon.get(CredentialsService);
    store = carillon.get(ApplicationStore);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    mine = await carillon.createApplication();
    other = await carillon.createApplication();
    await carillon.sql('TRUNCATE audit_events');
  });

  const events = () =>
    carillon.sql(
      `SELECT actor_kind, actor_id, address, action, target, application_id, before, after
       FROM audit_events ORDER BY id`,
    );
  const ofClient = { actor_kind: 'client', actor_id: 'crm', address: '192.0.2.7' };

  it.each<[string, Permission, (actor: Actor, id: number) => Promise<unknown>]>([
    ['get', 'applications:read', (actor, id) => applications.get(actor, id)],
    ['rename', 'applications:write', (actor, id) => applications.rename(actor, id, 'New')],
    ['remove', 'applications:write', (actor, id) => applications.remove(actor, id)],
    [
      'configure APNs',
      'credentials:write',
      (actor, id) => credentials.configure(actor, id, 'apns', apns),
    ],
    [
      'configure FCM',
      'credentials:write',
      (actor, id) => credentials.configure(actor, id, 'fcm', fcm),
    ],
    ['remove APNs', 'credentials:write', (actor, id) => credentials.remove(actor, id, 'apns')],
    ['remove FCM', 'credentials:write', (actor, id) => credentials.remove(actor, id, 'fcm')],
  ])('to %s wants %s, for that application', async (_, permission, ask) => {
    const others = (
      ['applications:read', 'applications:write', 'credentials:write'] as const
    ).filter((one) => one !== permission);
    const forbidden = { code: 'FORBIDDEN', permission };
    await expect(ask(clientWith(others), mine)).rejects.toMatchObject(forbidden);
    const missing = { code: 'APPLICATION_NOT_FOUND' };
    await expect(ask(clientWith([permission], [other]), mine)).rejects.toMatchObject(missing);
    await expect(ask(clientWith([permission], [other]), 999_999)).rejects.toMatchObject(missing);
    await expect(ask(clientWith([permission]), 999_999)).rejects.toMatchObject(missing);
    expect(await events()).toEqual([]);

    await ask(clientWith([permission], [mine]), mine);
    await ask(clientWith([permission]), other);
  });

  it('are created by those who reach the whole installation', async () => {
    const create = (actor: Actor) => applications.create(actor, { name: 'Another' });
    const forbidden = { code: 'FORBIDDEN', permission: 'applications:write' };
    await expect(create(clientWith(['applications:read']))).rejects.toMatchObject(forbidden);
    await expect(create(clientWith(['applications:write'], [mine]))).rejects.toMatchObject(
      forbidden,
    );
    const { id } = await create(clientWith(['applications:write']));
    expect(await events()).toEqual([
      {
        ...ofClient,
        action: 'application.create',
        target: `application:${id}`,
        application_id: id,
        before: null,
        after: { name: 'Another' },
      },
    ]);
  });

  it.each<[string, (actor: Actor) => Promise<{ id?: number; applicationId?: number }[]>]>([
    ['listed', (actor) => applications.listAll(actor)],
    ['found by id', (actor) => applications.find(actor, [mine, other])],
    ['described for APNs', (actor) => credentials.describe(actor, 'apns', [mine, other])],
    ['described for FCM', (actor) => credentials.describe(actor, 'fcm', [mine, other])],
  ])('are %s only as far as the actor reaches', async (_, ask) => {
    const seen = async (actor: Actor) =>
      (await ask(actor)).map(({ id, applicationId }) => id ?? applicationId);
    await expect(ask(clientWith(['applications:write']))).rejects.toMatchObject({
      permission: 'applications:read',
    });
    expect(await seen(clientWith(['applications:read'], [other]))).toEqual([other]);
    expect(await seen(clientWith(['applications:read'], []))).toEqual([]);
    expect(await seen(clientWith(['applications:read']))).toEqual(
      expect.arrayContaining([mine, other]),
    );
  });

  it('leave a trace of what changed, and of nothing else', async () => {
    const actor = clientWith(['applications:write']);
    await applications.rename(actor, mine, 'Mobile bank');
    expect(await events()).toEqual([]);

    await applications.rename(actor, mine, 'Bank');
    await applications.remove(actor, mine);
    const about = { ...ofClient, target: `application:${mine}`, application_id: mine };
    expect(await events()).toEqual([
      {
        ...about,
        action: 'application.rename',
        before: { name: 'Mobile bank' },
        after: { name: 'Bank' },
      },
      { ...about, action: 'application.remove', before: { name: 'Bank' }, after: null },
    ]);
  });

  it('leave a trace of credentials without their secrets', async () => {
    const actor = clientWith(['credentials:write']);
    await credentials.remove(tester, mine, 'apns');
    await credentials.remove(tester, mine, 'fcm');
    await carillon.sql('TRUNCATE audit_events');

    for (let time = 0; time < 2; time++) {
      await credentials.configure(actor, mine, 'apns', apns);
      await credentials.configure(actor, mine, 'fcm', fcm);
    }
    await credentials.configure(actor, mine, 'apns', { ...apns, environment: 'development' });
    for (let time = 0; time < 2; time++) {
      await credentials.remove(actor, mine, 'apns');
      await credentials.remove(actor, mine, 'fcm');
    }

    const { bundle, keyId, teamId, environment } = apns;
    const facts = { bundle, keyId, teamId, environment };
    const development = { ...facts, environment: 'development' };
    const about = { ...ofClient, application_id: mine };
    const ofApns = { ...about, target: `apns-credential:${mine}` };
    const ofFcm = { ...about, target: `fcm-credential:${mine}` };
    const [configure, remove] = ['credential.configure', 'credential.remove'];
    expect(await events()).toEqual([
      { ...ofApns, action: configure, before: null, after: { ...facts, privateKey: 'new' } },
      {
        ...ofFcm,
        action: configure,
        before: null,
        after: { projectId: 'bank', serviceAccount: 'new' },
      },
      { ...ofApns, action: configure, before: facts, after: development },
      { ...ofApns, action: remove, before: development, after: null },
      { ...ofFcm, action: remove, before: { projectId: 'bank' }, after: null },
    ]);
  });

  it('keep no trace of a change that is taken back', async () => {
    const kept = mine;
    applications.onRemoval((id) =>
      id === kept ? Promise.reject(new Error('not now')) : Promise.resolve(),
    );
    await expect(applications.remove(tester, mine)).rejects.toThrow('not now');
    expect(await store.get(mine)).toMatchObject({ name: 'Mobile bank' });
    expect(await events()).toEqual([]);
  });

  it('go with their devices, credentials and limits', async () => {
    await carillon.createDevices(mine, 4);
    await applications.remove(tester, mine);
    await expect(store.get(mine)).rejects.toMatchObject({ code: 'APPLICATION_NOT_FOUND' });
    expect(await store.credential(mine, 'apns')).toBeUndefined();
    expect(
      await carillon.sql('SELECT FROM devices WHERE application_id = $1', [mine]),
    ).toHaveLength(0);
    await expect(applications.remove(tester, mine)).rejects.toMatchObject({
      code: 'APPLICATION_NOT_FOUND',
    });
  });

  it('are renamed by ten at once, each leaving a trace that follows from the one before', async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => applications.rename(tester, mine, `Bank ${n}`)),
    );
    const told = (await events()) as { before: object; after: object }[];
    expect(told).toHaveLength(10);
    expect(told.slice(1).map(({ before }) => before)).toEqual(
      told.slice(0, -1).map(({ after }) => after),
    );
  });
});
