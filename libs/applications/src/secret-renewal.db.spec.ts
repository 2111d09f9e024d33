import { PushProfilesService, SecretRenewal } from '@app/applications';
import { SealedSecrets } from '@app/core';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

const next = Buffer.alloc(32, 2);

describe('the secrets of applications, once there is another master key', () => {
  let carillon: Carillon;

  beforeAll(async () => {
    carillon = await Carillon.start();
  });
  afterAll(() => carillon.close());

  const renewal = () =>
    new SecretRenewal(carillon.get(DataSource), new SealedSecrets(next, carillon.config.masterKey));
  const stored = () =>
    carillon.sql<{ id: number; context: string; sealed: string; version: string | null }>(
      `SELECT application_id AS id, gateway || '-credential:' || application_id AS context, sealed, version::text FROM gateway_credentials
       UNION ALL SELECT application_id, 'push-profile:' || application_id, shared_secret, NULL FROM push_profiles
       UNION ALL SELECT application_id, 'push-profile:' || application_id, previous_secret, NULL FROM push_profiles
         WHERE previous_secret IS NOT NULL`,
    );
  const openWith = (secrets: SealedSecrets) => async () =>
    (await stored()).map(({ context, sealed, version }) => ({
      context,
      version,
      secret: secrets.open(sealed, context),
    }));

  it('are sealed with it, and are the same secrets of the same credentials', async () => {
    const applicationId = await carillon.createApplication();
    await carillon.get(PushProfilesService).configure(tester, applicationId, {
      apiSpaceId: 'space-1',
      issuer: 'https://bank.example',
      audience: 'https://push.example',
      sharedSecret: 'a secret that is long enough to be one',
    });
    await carillon
      .get(PushProfilesService)
      .rotateSecret(tester, applicationId, { keepPreviousSeconds: 3_600 });
    const before = await openWith(new SealedSecrets(carillon.config.masterKey))();
    expect(before).toHaveLength(4);

    await Promise.all([renewal().sealAnew(), renewal().sealAnew()]);
    expect(await openWith(new SealedSecrets(next))()).toEqual(before);
  });

  it('that neither key opens stay as they are, and hold up no other', async () => {
    const lost = await carillon.createApplication();
    const found = await carillon.createApplication();
    const unknown = new SealedSecrets(Buffer.alloc(32, 9)).seal('x', `apns-credential:${lost}`);
    await carillon.sql(
      "UPDATE gateway_credentials SET sealed = $2 WHERE application_id = $1 AND gateway = 'apns'",
      [lost, unknown],
    );
    await renewal().sealAnew();
    const secrets = new SealedSecrets(next);
    const rows = (await stored()).filter(({ context }) => context.startsWith('apns'));
    expect(rows.find(({ id }) => id === lost)?.sealed).toBe(unknown);
    expect(secrets.needsReseal(rows.find(({ id }) => id === found)?.sealed ?? '')).toBe(false);
  });
});
