import { type ProfileKey, ProfilesService } from '@app/devices';
import { PushProfilesService } from '@app/applications';
import { Actor, type ActorKind } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';

describe('profiles', () => {
  let carillon: Carillon;
  let profiles: ProfilesService;
  let applicationId: number;
  let ann: ProfileKey;
  let actor: Actor;

  beforeAll(async () => {
    carillon = await Carillon.start();
    profiles = carillon.get(ProfilesService);
    applicationId = await carillon.createApplication();
    ann = { applicationId, userId: 'ann' };
    actor = new Actor({ kind: 'profile', id: 'ann', applicationIds: [applicationId] });
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE profiles, audit_events; DELETE FROM users'));

  const deep = (levels: number): object => (levels === 0 ? {} : { next: deep(levels - 1) });

  it('are empty until something is written', async () => {
    const profile = await profiles.get(actor, ann);
    expect(profile).toMatchObject({ ...ann, email: null, attributes: {} });
    expect(await carillon.sql('SELECT FROM profiles')).toHaveLength(0);
    const written = await profiles.put(actor, ann, { city: 'Graz' }, [profile.version]);
    expect(written.version).not.toBe(profile.version);
    expect(await profiles.get(actor, ann)).toMatchObject({ attributes: { city: 'Graz' } });
    expect(await carillon.sql('SELECT id FROM users')).toEqual([{ id: 'ann' }]);
  });

  it('keep the e-mail in one spelling', async () => {
    const { email, attributes } = await profiles.put(tester, ann, { email: ' Ann@Example.COM ' });
    expect({ email, attributes }).toEqual({
      email: 'ann@example.com',
      attributes: { email: 'ann@example.com' },
    });
    expect((await profiles.patch(actor, ann, { city: 'Graz' })).email).toBe('ann@example.com');
    expect((await profiles.patch(tester, ann, { email: null })).email).toBeNull();
  });

  it('are replaced by put and merged by patch', async () => {
    await profiles.put(actor, ann, { city: 'Graz', tags: { a: 1, b: 2 }, list: [1, 2] });
    const patch = { tags: { b: null, c: [null] }, list: [3], city: null };
    const { attributes } = await profiles.patch(actor, ann, patch);
    expect(attributes).toEqual({ tags: { a: 1, c: [null] }, list: [3] });
    expect((await profiles.put(actor, ann, {})).attributes).toEqual({});
  });

  it('drop what is ours', async () => {
    const { attributes } = await profiles.put(actor, ann, {
      id: 'ben',
      _createdOn: 'now',
      city: 'Graz',
    });
    expect(attributes).toEqual({ city: 'Graz' });
  });

  it('change for him who has seen the present version', async () => {
    const first = await profiles.put(actor, ann, { n: 1 });
    const second = await profiles.put(actor, ann, { n: 2 }, ['other', first.version]);
    const stale = profiles.patch(actor, ann, { n: 3 }, [first.version]);
    await expect(stale).rejects.toMatchObject({ code: 'PROFILE_CHANGED' });
    expect(await profiles.get(actor, ann)).toMatchObject({ version: second.version });
  });

  it('take one of ten changes of the same version at once', async () => {
    const { version } = await profiles.get(actor, ann);
    const changes = Array.from({ length: 10 }, (_, n) =>
      profiles.put(actor, ann, { n }, [version]),
    );
    const settled = await Promise.allSettled(changes);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lose no merge of ten at once', async () => {
    const merges = Array.from({ length: 10 }, (_, n) =>
      profiles.patch(actor, ann, { [`key${n}`]: n }),
    );
    await Promise.all(merges);
    expect(Object.keys((await profiles.get(actor, ann)).attributes)).toHaveLength(10);
  });

  it.each([
    { what: 'a list', attributes: [] as unknown },
    { what: 'nothing', attributes: undefined },
    { what: 'text', attributes: 'text' },
    { what: 'an e-mail without @', attributes: { email: 'ann' } },
    { what: 'an empty e-mail', attributes: { email: '' } },
    { what: 'an e-mail that is a number', attributes: { email: 1 } },
    { what: 'an e-mail with two @', attributes: { email: 'a@b@c' } },
    { what: 'a NUL', attributes: { a: { b: 'c\0' } } },
    { what: 'a NUL in a name', attributes: { 'a\0': 1 } },
    { what: 'half a character', attributes: { a: ['\ud800'] } },
    { what: 'an infinite number', attributes: { a: JSON.parse('1e400') as number } },
    { what: '33 levels', attributes: deep(32) },
    { what: 'more than 64 KiB', attributes: { a: 'x'.repeat(65_530) } },
  ])('refuse $what', async ({ attributes }) => {
    const invalid = { code: 'INVALID_PROFILE' };
    await expect(profiles.put(actor, ann, attributes)).rejects.toMatchObject(invalid);
    await expect(profiles.patch(actor, ann, attributes)).rejects.toMatchObject(invalid);
    expect(await carillon.sql('SELECT FROM profiles')).toHaveLength(0);
  });

  it('take the largest and the deepest', async () => {
    await profiles.put(actor, ann, { a: 'x'.repeat(65_528) });
    await profiles.put(actor, ann, deep(31));
  });

  it('are their own users’, and those of who may see and change devices', async () => {
    await profiles.put(tester, ann, { city: 'Graz' });
    const others = [
      { userId: 'ben', actor },
      { userId: 'ann', actor: new Actor({ kind: 'client', id: 'ann' }) },
      {
        userId: 'ann',
        actor: new Actor({ kind: 'profile', id: 'ann', applicationIds: [applicationId + 1] }),
      },
    ];
    for (const { userId, actor: other } of others) {
      const key = { applicationId, userId };
      const forbidden = { code: 'FORBIDDEN' };
      await expect(profiles.get(other, key)).rejects.toMatchObject(forbidden);
      await expect(profiles.put(other, key, {})).rejects.toMatchObject(forbidden);
      await expect(profiles.patch(other, key, {})).rejects.toMatchObject(forbidden);
    }
  });

  it('are found by e-mail, all that have it', async () => {
    for (const userId of ['ann', 'ben']) {
      await profiles.put(tester, { applicationId, userId }, { email: 'Family@example.com' });
    }
    await profiles.put(tester, { applicationId, userId: 'cy' }, { email: 'cy@example.com' });
    const find = (...emails: string[]) => profiles.usersByEmail(applicationId, emails);
    const family = { userIds: ['ann', 'ben'], unknownEmails: [] };
    expect(await find(' FAMILY@example.com')).toEqual(family);
    expect(await find('family@example.com', 'cy@example.com', 'No@example.com')).toEqual({
      userIds: ['ann', 'ben', 'cy'],
      unknownEmails: ['no@example.com'],
    });
    const nobody = { userIds: [], unknownEmails: ['cy@example.com'] };
    expect(await profiles.usersByEmail(applicationId + 1, ['cy@example.com'])).toEqual(nobody);
    await expect(find('cy@example.com', 'cy')).rejects.toMatchObject({ code: 'INVALID_PROFILE' });
  });

  describe.each([
    { where: 'there is no push profile' },
    { where: 'the push profile says nothing of it', profile: {} },
    { where: 'the push profile refuses it', profile: { linksEmail: false } },
  ])('of users whose own word does not count, as $where,', ({ profile }) => {
    const victims = 'victim@example.com';
    const linked = async () => (await profiles.get(tester, ann)).email;

    beforeAll(async () => {
      if (profile === undefined) return;
      const input = { apiSpaceId: 'bank', issuer: 'i', audience: 'a', ...profile };
      await carillon.get(PushProfilesService).configure(tester, applicationId, input);
    });
    afterAll(async () => {
      if (profile === undefined) return;
      await carillon.get(PushProfilesService).remove(tester, applicationId);
    });

    it('link the one that the user’s token vouches for, and no other', async () => {
      const verifiedEmail = ' Ann@Example.com';
      const vouched = new Actor({
        ...{ kind: 'user', id: 'ann', applicationIds: [applicationId], verifiedEmail },
      });
      await profiles.patch(vouched, ann, { email: victims });
      expect(await linked()).toBeNull();
      await profiles.patch(vouched, ann, { email: 'ann@example.com' });
      expect(await linked()).toBe('ann@example.com');
      await profiles.put(vouched, ann, { email: victims });
      expect(await linked()).toBe('ann@example.com');
    });

    it.each<ActorKind>(['profile', 'user'])('keep what a %s writes, unlinked', async (kind) => {
      const own = new Actor({ kind, id: 'ann', applicationIds: [applicationId] });
      const { attributes } = await profiles.put(own, ann, { email: victims });
      expect(attributes).toEqual({ email: victims });
      await profiles.patch(own, ann, { email: victims });
      expect(await linked()).toBeNull();
      expect((await profiles.usersByEmail(applicationId, [victims])).userIds).toEqual([]);
    });

    it('link what others write, and don’t link with it what the user wrote', async () => {
      await profiles.patch(actor, ann, { email: victims });
      await profiles.patch(tester, ann, { tier: 'gold' });
      expect(await linked()).toBeNull();
      await profiles.patch(tester, ann, { email: 'ann@example.com' });
      await profiles.patch(actor, ann, { email: victims });
      await profiles.put(actor, ann, {});
      expect(await linked()).toBe('ann@example.com');
      await profiles.put(tester, ann, { city: 'Graz' });
      expect(await linked()).toBeNull();
    });
  });

  it('link what a user writes where the push profile wishes it', async () => {
    const input = { apiSpaceId: 'bank', issuer: 'i', audience: 'a', linksEmail: true };
    await carillon.get(PushProfilesService).configure(tester, applicationId, input);
    expect((await profiles.put(actor, ann, { email: 'ann@example.com' })).email).toBe(
      'ann@example.com',
    );
    await carillon.get(PushProfilesService).remove(tester, applicationId);
  });

  it.each<{ how: string; again: () => Promise<{ version: string }> }>([
    {
      how: 'put',
      again: () => profiles.put(tester, ann, { list: [{ a: 0, b: 1 }], email: 'a@b.at' }),
    },
    {
      how: 'put in another order and spelling',
      again: () => profiles.put(tester, ann, { email: ' A@B.at', list: [{ b: 1, a: -0 }] }),
    },
    {
      how: 'patched with what is there',
      again: () => profiles.patch(tester, ann, { email: 'a@b.at' }),
    },
    { how: 'patched with nothing', again: () => profiles.patch(actor, ann, {}) },
    { how: 'patched without what is absent', again: () => profiles.patch(actor, ann, { x: null }) },
  ])('keep their version and leave no event when nothing changes, $how', async ({ again }) => {
    const first = await profiles.put(tester, ann, { email: 'a@b.at', list: [{ a: 0, b: 1 }] });
    for (const { version } of [await again(), await again()]) expect(version).toBe(first.version);
    expect(await profiles.get(actor, ann)).toEqual(first);
    expect(await carillon.sql('SELECT FROM audit_events')).toHaveLength(1);
  });

  it('tell the audit trail when the e-mail changes, and nothing else of what they hold', async () => {
    const vouched = new Actor({
      ...{ kind: 'profile', id: 'ann', applicationIds: [applicationId] },
      verifiedEmail: 'ann@example.com',
    });
    await profiles.put(vouched, ann, { email: 'ann@example.com', city: 'Graz' });
    await profiles.patch(actor, ann, { city: 'Linz' });
    const trail = await carillon.sql(
      'SELECT actor_kind, action, target, before, after FROM audit_events ORDER BY id',
    );
    const event = { actor_kind: 'profile', action: 'profile.change', target: 'profile:ann' };
    expect(trail).toEqual([
      { ...event, before: { email: null }, after: { email: 'ann@example.com' } },
      { ...event, before: null, after: null },
    ]);
  });
});
