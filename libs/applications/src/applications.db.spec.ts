import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  ApplicationsService,
  ApplicationStore,
  CredentialsService,
  PushProfilesService,
} from '@app/applications';
import { ApplicationNotFoundError } from '@app/core';
import { type ApnsCredential, type FcmCredential } from '@app/push';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const p384 = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);

const apns: ApnsCredential = {
  bundle: 'com.example.bank',
  keyId: 'KEYID12345',
  teamId: 'TEAMID1234',
  environment: 'production',
  privateKey: p256,
};
const account = { client_email: 'carillon@example.com', private_key: rsa };
const fcm: FcmCredential = { projectId: 'bank', serviceAccount: JSON.stringify(account) };

const profile = { apiSpaceId: 'undone', issuer: 'bank', audience: 'carillon' };

describe('credentials', () => {
  let carillon: Carillon;
  let applications: ApplicationsService;
  let credentials: CredentialsService;
  let store: ApplicationStore;
  let id: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applications = carillon.get(ApplicationsService);
    credentials = carillon.get(CredentialsService);
    store = carillon.get(ApplicationStore);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    ({ id } = await applications.create(tester, { name: 'Mobile bank' }));
  });

  it('are given back as they were stored', async () => {
    await credentials.configure(tester, id, 'apns', apns);
    await credentials.configure(tester, id, 'fcm', fcm);
    expect(await store.credential(id, 'apns')).toMatchObject(apns);
    expect(await store.credential(id, 'fcm')).toMatchObject(fcm);
  });

  it('keep their version while they are the same, and change it when they change', async () => {
    const version = async () => [
      (await store.credential(id, 'apns'))?.version,
      (await store.credential(id, 'fcm'))?.version,
    ];
    await credentials.configure(tester, id, 'apns', apns);
    await credentials.configure(tester, id, 'fcm', fcm);
    const [apnsVersion, fcmVersion] = await version();
    await credentials.configure(tester, id, 'apns', { ...apns });
    await credentials.configure(tester, id, 'fcm', { ...fcm });
    expect(await version()).toEqual([apnsVersion, fcmVersion]);

    await credentials.configure(tester, id, 'apns', { ...apns, environment: 'development' });
    expect(await version()).toEqual([expect.not.stringMatching(String(apnsVersion)), fcmVersion]);
  });

  it('go with the transaction that they, their application and its profile belong to', async () => {
    const undone = carillon.get(DataSource).transaction(async (manager) => {
      const made = await applications.within(manager).create(tester, { name: 'Undone' });
      expect(await applications.within(manager).get(tester, made.id)).toEqual(made);
      await credentials.within(manager).configure(tester, made.id, 'apns', apns);
      await carillon.get(PushProfilesService).within(manager).configure(tester, made.id, profile);
      await applications.rename(tester, id, 'Kept');
      throw new Error(String(made.id));
    });
    const madeId = Number(await undone.catch((error: unknown) => (error as Error).message));
    await expect(applications.get(tester, madeId)).rejects.toThrow(ApplicationNotFoundError);
    expect(await store.credential(madeId, 'apns')).toBeUndefined();
    expect(await carillon.get(PushProfilesService).describe(tester, [madeId])).toEqual([]);
    expect(await applications.get(tester, id)).toMatchObject({ name: 'Kept' });
  });

  it('rest sealed, each for its own application', async () => {
    await credentials.configure(tester, id, 'apns', apns);
    await credentials.configure(tester, id, 'fcm', fcm);
    const [stored] = await carillon.sql<{ row: string }>(
      `SELECT array_agg(gateway_credentials)::text AS row FROM gateway_credentials WHERE application_id = $1`,
      [id],
    );
    expect(stored?.row).toContain('com.example.bank');
    for (const secret of [p256, rsa]) {
      for (const line of secret.split('\n').filter((text) => text !== '')) {
        expect(stored?.row).not.toContain(line);
      }
    }

    const { id: thief } = await applications.create(tester, { name: 'Another' });
    await carillon.sql(
      `INSERT INTO gateway_credentials (application_id, gateway, version, realm, facts, sealed)
       SELECT $2, gateway, version, realm, facts, sealed FROM gateway_credentials WHERE application_id = $1`,
      [id, thief],
    );
    await expect(store.credential(thief, 'apns')).rejects.toThrow();
  });

  it.each<[string, Partial<ApnsCredential>]>([
    ['bundle', { bundle: 'not a bundle' }],
    ['keyId', { keyId: '' }],
    ['teamId', { teamId: 'TEAM-1' }],
    ['privateKey', { privateKey: 'none' }],
    ['privateKey', { privateKey: rsa }],
    ['privateKey', { privateKey: p384 }],
  ])('name the wrong %s of APNs and store nothing', async (field, wrong) => {
    await expect(
      credentials.configure(tester, id, 'apns', { ...apns, ...wrong }),
    ).rejects.toMatchObject({
      code: 'INVALID_CREDENTIAL',
      field,
    });
    expect(await store.credential(id, 'apns')).toBeUndefined();
  });

  it.each<[string, Partial<FcmCredential>, string]>([
    ['projectId', { projectId: 'no/project' }, 'Firebase project id'],
    ['serviceAccount', { serviceAccount: 'no JSON' }, 'JSON file'],
    ['serviceAccount', { serviceAccount: '[]' }, 'JSON file'],
    ['serviceAccount', serviceAccount({ type: 'authorized_user' }), 'not of type service_account'],
    ['serviceAccount', serviceAccount({ client_email: '' }), 'has no client_email'],
    ['serviceAccount', serviceAccount({ private_key: undefined }), 'has no private_key'],
    ['serviceAccount', serviceAccount({ private_key: p256 }), 'no RSA key'],
  ])('name the wrong %s of FCM and store nothing', async (field, wrong, says) => {
    const configured = credentials.configure(tester, id, 'fcm', { ...fcm, ...wrong });
    await expect(configured).rejects.toMatchObject({ code: 'INVALID_CREDENTIAL', field });
    await expect(configured).rejects.toThrow(says);
    expect(await store.credential(id, 'fcm')).toBeUndefined();
  });

  it('belong to applications of which ten created at once get ten numbers', async () => {
    const created = await Promise.all(
      Array.from({ length: 10 }, () => applications.create(tester, { name: 'At once' })),
    );
    expect(new Set(created.map((one) => one.id)).size).toBe(10);
  });
});

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function serviceAccount(changes: object): Partial<FcmCredential> {
  return { serviceAccount: JSON.stringify({ ...account, ...changes }) };
}
