import { createHmac, type KeyObject } from 'node:crypto';
import {
  ApiSpaces,
  ApplicationsService,
  type PushProfileInput,
  PushProfilesService,
} from '@app/applications';
import { Actor } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';
import { stopTime } from '@app/testing/time';

const imported = 'a secret that was imported from elsewhere';

describe('push profiles', () => {
  let carillon: Carillon;
  let profiles: PushProfilesService;
  let spaces: ApiSpaces;
  let id: number;
  let input: PushProfileInput;

  beforeAll(async () => {
    carillon = await Carillon.start();
    profiles = carillon.get(PushProfilesService);
    spaces = carillon.get(ApiSpaces);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    ({ id } = await carillon.get(ApplicationsService).create(tester, { name: 'Mobile bank' }));
    await carillon.sql('TRUNCATE audit_events');
    input = {
      apiSpaceId: `space-${id}`,
      issuer: 'https://api.comapi.com/defaultauth',
      audience: 'https://api.comapi.com',
    };
  });

  const configure = (changes: Partial<PushProfileInput> = {}) =>
    profiles.configure(tester, id, { ...input, ...changes });
  const rotate = (keepPreviousSeconds: number, sharedSecret?: string) =>
    profiles.rotateSecret(tester, id, { keepPreviousSeconds, sharedSecret });
  const secretsOf = async () => (await spaces.get(input.apiSpaceId)).secrets;
  const textOf = (key: KeyObject | undefined) => key?.export().toString();
  const events = () => carillon.sql('SELECT action, target, before, after FROM audit_events');

  it('make a secret of 43 characters when none is given, and show it once', async () => {
    const { profile, sharedSecret, warning } = await configure();
    expect(sharedSecret).toMatch(/^[0-9A-Za-z_-]{43}$/);
    expect(warning).toBeUndefined();
    expect(profile).toMatchObject({
      ...input,
      idClaim: 'sub',
      timestampUnit: 'auto',
      sessionSeconds: 86_400,
      linksEmail: false,
    });
    expect(textOf((await secretsOf())[0]?.key)).toBe(sharedSecret);
    const [described] = await profiles.describe(tester, [id]);
    expect(described).toEqual(profile);
    expect(Object.keys(profile).filter((name) => /secret$/i.test(name))).toEqual([]);
  });

  it('are found while many ask for spaces that there are not, and stay known', async () => {
    await configure();
    const start = stopTime(carillon.clock);
    const ask = (names: string[]) => Promise.allSettled(names.map((name) => spaces.get(name)));
    const strange = (prefix: string) => Array.from({ length: 1_200 }, (_, n) => `${prefix}-${n}`);
    const [found] = await ask([input.apiSpaceId, ...strange('first')]);
    expect(found).toMatchObject({ status: 'fulfilled', value: { applicationId: id } });
    const known = await spaces.get(input.apiSpaceId);
    await ask(strange('second'));
    // The same object: it was not read again.
    expect(await spaces.get(input.apiSpaceId)).toBe(known);
    start();
  });

  it('take a short secret from elsewhere, and warn of it', async () => {
    const { sharedSecret, warning } = await configure({ sharedSecret: 'short' });
    expect(sharedSecret).toBeUndefined();
    expect(warning).toContain('has 5 bytes');
    expect(warning).not.toContain('short,');
    expect(textOf((await secretsOf())[0]?.key)).toBe('short');
  });

  it('keep what is not given again, the secret above all', async () => {
    const { sharedSecret } = await configure({ sessionSeconds: 3_600, idClaim: 'accountId' });
    const again = await configure({ issuer: 'https://example.com' });
    expect(again).toEqual({
      profile: expect.objectContaining({
        issuer: 'https://example.com',
        sessionSeconds: 3_600,
        idClaim: 'accountId',
      }) as object,
    });
    expect(textOf((await secretsOf())[0]?.key)).toBe(sharedSecret);
  });

  it('leave no trace of the same again', async () => {
    await configure({ sharedSecret: imported });
    await configure({ sharedSecret: imported });
    expect(await events()).toHaveLength(1);
  });

  it('leave no trace of a rotation to the secret that they have', async () => {
    const { profile } = await configure({ sharedSecret: imported });
    const rotated = await rotate(60, imported);
    expect(rotated.profile).toEqual(profile);
    expect(await secretsOf()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  it('leave a trace of what changed, without secrets', async () => {
    await configure({ sharedSecret: imported });
    await configure({ issuer: 'https://example.com' });
    await rotate(60);
    await profiles.remove(tester, id);
    const trail = await events();
    expect(trail).toMatchObject([
      { action: 'push_profile.configure', after: { ...input, sharedSecret: '(sealed)' } },
      {
        action: 'push_profile.configure',
        before: { issuer: input.issuer },
        after: { issuer: 'https://example.com' },
      },
      { action: 'push_profile.configure', after: { previousSecret: '(sealed)' } },
      { action: 'push_profile.remove', target: `push_profile:${id}` },
    ]);
    expect(JSON.stringify(trail)).not.toMatch(/imported|v1\./);
  });

  it('seal their secrets', async () => {
    await configure({ sharedSecret: imported });
    await rotate(60);
    const rows = JSON.stringify(
      await carillon.sql('SELECT * FROM push_profiles WHERE application_id = $1', [id]),
    );
    expect(rows).not.toContain(imported);
    expect(rows.match(/v1\./g)).toHaveLength(2);
  });

  it('keep the previous secret as long as a rotation says', async () => {
    await configure({ sharedSecret: imported });
    const { sharedSecret, profile } = await rotate(60);
    const [current, previous] = await secretsOf();
    expect(textOf(current?.key)).toBe(sharedSecret);
    expect(textOf(previous?.key)).toBe(imported);
    expect(previous?.until).toEqual(profile.previousSecretUntil);
    await rotate(0, imported);
    expect((await secretsOf()).map(({ key }) => textOf(key))).toEqual([imported]);
  });

  it('use the UTF-8 of a secret as the key', async () => {
    await configure({ sharedSecret: 'geheimnis-äöü-32-bytes-and-more' });
    const [current] = await secretsOf();
    const mac = (key: KeyObject | string) => createHmac('sha256', key).update('x').digest('hex');
    expect(mac(current?.key ?? '')).toBe(mac('geheimnis-äöü-32-bytes-and-more'));
  });

  it('are gone at once where they were removed', async () => {
    await configure();
    await spaces.get(input.apiSpaceId);
    await profiles.remove(tester, id);
    await expect(spaces.get(input.apiSpaceId)).rejects.toMatchObject({
      code: 'API_SPACE_NOT_FOUND',
    });
    await expect(profiles.remove(tester, id)).rejects.toMatchObject({
      code: 'PUSH_PROFILE_NOT_FOUND',
    });
    await expect(rotate(0)).rejects.toMatchObject({ code: 'PUSH_PROFILE_NOT_FOUND' });
  });

  it('are found by their new name only', async () => {
    await configure();
    await spaces.get(input.apiSpaceId);
    await configure({ apiSpaceId: `renamed-${id}` });
    await expect(spaces.get(input.apiSpaceId)).rejects.toMatchObject({ kind: 'not_found' });
    expect(await spaces.get(`renamed-${id}`)).toMatchObject({ applicationId: id });
  });

  it('do not share a name', async () => {
    await configure();
    const other = await carillon.get(ApplicationsService).create(tester, { name: 'Other' });
    await expect(profiles.configure(tester, other.id, input)).rejects.toMatchObject({
      code: 'API_SPACE_TAKEN',
    });
    expect(await profiles.describe(tester, [other.id])).toEqual([]);
  });

  it('become one when ten are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => configure()));
    const secrets = made.flatMap(({ sharedSecret }) => sharedSecret ?? []);
    expect(secrets).toHaveLength(1);
    expect(textOf((await secretsOf())[0]?.key)).toBe(secrets[0]);
  });

  it.each([
    { field: 'apiSpaceId', changes: { apiSpaceId: '' } },
    { field: 'apiSpaceId', changes: { apiSpaceId: 'a/b' } },
    { field: 'apiSpaceId', changes: { apiSpaceId: 'a~b' } },
    { field: 'apiSpaceId', changes: { apiSpaceId: 'a'.repeat(65) } },
    { field: 'issuer', changes: { issuer: '' } },
    { field: 'issuer', changes: { issuer: 'a\0b' } },
    { field: 'audience', changes: { audience: 'a'.repeat(256) } },
    { field: 'idClaim', changes: { idClaim: '' } },
    { field: 'sharedSecret', changes: { sharedSecret: '' } },
    { field: 'sharedSecret', changes: { sharedSecret: 'half a character \ud800' } },
    { field: 'timestampUnit', changes: { timestampUnit: 'minutes' as 'auto' } },
    { field: 'sessionSeconds', changes: { sessionSeconds: 59 } },
    { field: 'sessionSeconds', changes: { sessionSeconds: 86_400 * 32 } },
    { field: 'sessionSeconds', changes: { sessionSeconds: 3_600.5 } },
  ])('refuse $changes', async ({ field, changes }) => {
    await expect(configure(changes)).rejects.toMatchObject({ code: 'INVALID_PUSH_PROFILE', field });
    expect(await profiles.describe(tester, [id])).toEqual([]);
  });

  it('are for those who may set credentials in the application', async () => {
    const elsewhere = new Actor({
      kind: 'client',
      id: 'crm',
      permissions: ['credentials:write', 'applications:read'],
      applicationIds: [id + 1],
    });
    const missing = { code: 'APPLICATION_NOT_FOUND' };
    await expect(profiles.configure(elsewhere, id, input)).rejects.toMatchObject(missing);
    await configure();
    const rotation = { keepPreviousSeconds: 0 };
    await expect(profiles.rotateSecret(elsewhere, id, rotation)).rejects.toMatchObject(missing);
    await expect(profiles.remove(elsewhere, id)).rejects.toMatchObject(missing);
    expect(await profiles.describe(elsewhere, [id])).toEqual([]);
  });
});
