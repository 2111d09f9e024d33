import { createPublicKey } from 'node:crypto';
import { loadConfig } from '@app/core';
import { ApplicationsService, ApplicationStore } from '@app/applications';
import { PublicKeys } from '@app/keys';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';
import { letPass } from '@app/testing/time';
import { TokenSigner } from '@app/testing/token-signer';
import { OwnedKeys } from '../owned-keys';
import { TokenVerifier } from './token-verifier';
import { UserTokens } from './user-tokens';

const hour = 3600;

describe("a user's token", () => {
  const primary = TokenSigner.create();
  const secondary = TokenSigner.create();
  let carillon: Carillon;
  let tokens: UserTokens;
  let keys: OwnedKeys;
  let applicationId: number;
  let otherId: number;
  let primaryId: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    tokens = carillon.get(UserTokens);
    keys = carillon.get(OwnedKeys);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    applicationId = await carillon.createApplication();
    otherId = await carillon.createApplication();
    ({ id: primaryId } = await addKey(primary, 'primary'));
    await addKey(secondary, 'secondary');
  });

  const ownerOf = (id: number) => ({ kind: 'application', id: String(id) }) as const;
  const addKey = ({ publicKey }: TokenSigner, kid: string, enabled = true) =>
    keys.add(tester, ownerOf(applicationId), { publicKey, kid, enabled });
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const user = (exp = inSeconds(hour), sub = 'user_88421') => ({ sub, exp });
  const invalid = { code: 'INVALID_TOKEN', message: 'The token is not valid' };
  const verify = async (raw: string, id = applicationId) => {
    const key = await tokens.keyFor(id, raw);
    const claims: unknown = JSON.parse(
      Buffer.from(raw.split('.')[1] ?? '', 'base64url').toString(),
    );
    return { key, actor: await tokens.actorOf(id, claims as Record<string, unknown>, '192.0.2.1') };
  };

  it.each([
    { what: 'one that names its key', signer: primary, header: { kid: 'primary' } },
    { what: 'one that names none', signer: primary, header: {} },
    { what: 'one of the other key', signer: secondary, header: {} },
  ])('is taken: $what', async ({ signer, header }) => {
    const raw = signer.sign(user(), header);
    for (const { key, actor } of [await verify(raw), await verify(raw)]) {
      expect(key.equals(createPublicKey(signer.publicKey))).toBe(true);
      expect(actor).toMatchObject({
        kind: 'user',
        id: 'user_88421',
        applicationIds: [applicationId],
      });
      expect(actor.permissions.size).toBe(0);
    }
  });

  it.each([
    { what: 'an unknown kid', header: { kid: 'tertiary' }, claims: user() },
    { what: 'the kid of another key', header: { kid: 'secondary' }, claims: user() },
    { what: 'no typ', header: { typ: undefined }, claims: user() },
    { what: 'another typ', header: { typ: 'at+jwt' }, claims: user() },
    { what: 'another algorithm', header: { alg: 'HS256' }, claims: user() },
    { what: 'no sub', header: {}, claims: { exp: inSeconds(hour) } },
    { what: 'a blank sub', header: {}, claims: user(inSeconds(hour), ' ') },
    { what: 'no exp', header: {}, claims: { sub: 'user_88421' } },
    { what: 'exp two minutes ago', header: {}, claims: user(inSeconds(-120)) },
    { what: 'exp in two days', header: {}, claims: user(inSeconds(2 * 24 * hour)) },
    { what: 'exp in milliseconds', header: {}, claims: user(inSeconds(hour) * 1000) },
  ])('is refused with $what', async ({ header, claims }) => {
    await expect(verify(primary.sign(claims, header))).rejects.toMatchObject(invalid);
  });

  it('may live longer where the configuration says so', async () => {
    const own = new UserTokens(
      carillon.get(TokenVerifier),
      carillon.get(PublicKeys),
      carillon.get(ApplicationStore),
      carillon.clock,
      loadConfig({ USER_TOKEN_MAX_HOURS: '720' }),
    );
    const taken = (days: number) =>
      own.actorOf(applicationId, user(inSeconds(days * 24 * hour)), '192.0.2.1');
    await taken(29);
    await expect(taken(31)).rejects.toThrow('The token is not valid');
  });

  describe('of an application that names its own', () => {
    const issuer = 'https://bank.example.com';
    const audience = 'carillon';
    const name = (named: { issuer?: string; audience?: string }) =>
      carillon
        .get(ApplicationsService)
        .nameUserTokens(tester, applicationId, { issuer: null, audience: null, ...named });

    it.each([
      { named: { issuer, audience }, claims: { iss: issuer, aud: audience }, isTaken: true },
      { named: { issuer, audience }, claims: { iss: issuer, aud: ['a', audience] }, isTaken: true },
      { named: { issuer, audience }, claims: { iss: issuer }, isTaken: false },
      { named: { issuer, audience }, claims: { aud: audience }, isTaken: false },
      { named: { audience }, claims: { iss: 'any', aud: audience }, isTaken: true },
      { named: { audience }, claims: { aud: 'https://billing.example.com' }, isTaken: false },
      { named: { audience }, claims: { aud: ['a', 'b'] }, isTaken: false },
      { named: { audience }, claims: { aud: [] }, isTaken: false },
      { named: { audience }, claims: { aud: `${audience} ` }, isTaken: false },
      { named: { audience }, claims: {}, isTaken: false },
      { named: { issuer }, claims: { iss: issuer, aud: 'any' }, isTaken: true },
      { named: { issuer }, claims: { iss: `${issuer}/` }, isTaken: false },
      { named: { issuer }, claims: { iss: [issuer] }, isTaken: false },
      { named: {}, claims: { iss: 'any', aud: 'any' }, isTaken: true },
    ])('$named: $claims', async ({ named, claims, isTaken }) => {
      await name(named);
      const verified = verify(primary.sign({ ...user(), ...claims }));
      if (isTaken) await verified;
      else await expect(verified).rejects.toMatchObject(invalid);
      await keys.add(tester, ownerOf(otherId), { publicKey: primary.publicKey });
      await verify(primary.sign({ ...user(), iss: 'any', aud: 'any' }), otherId);
    });

    it('is refused within 5 s of the naming', async () => {
      const raw = primary.sign(user());
      await verify(raw);
      await name({ audience });
      letPass(5_000, carillon.clock);
      await expect(verify(raw)).rejects.toMatchObject(invalid);
    });

    it.each(['', ' ', 'a b', 'a\nb', 'ä', 'x'.repeat(256)])('which may not be %j', async (text) => {
      const refused = { code: 'INVALID_APPLICATION' };
      await expect(name({ audience: text })).rejects.toMatchObject(refused);
      await expect(name({ issuer: text })).rejects.toMatchObject(refused);
    });
  });

  it('is good for one application only', async () => {
    await expect(verify(primary.sign(user()), otherId)).rejects.toMatchObject(invalid);
    await expect(verify(primary.sign(user()), 2_147_483_647)).rejects.toMatchObject(invalid);
  });

  it('of a foreign key is refused', async () => {
    await expect(verify(TokenSigner.create().sign(user()))).rejects.toMatchObject(invalid);
  });

  it('ends with its key, within 5 s for other processes, and is good again with it', async () => {
    const raw = primary.sign(user());
    await verify(raw);
    const isTaken = () => {
      letPass(5_000, carillon.clock);
      return verify(raw).then(
        () => true,
        () => false,
      );
    };
    await keys.setEnabled(tester, primaryId, false);
    expect(await isTaken()).toBe(false);
    await keys.setEnabled(tester, primaryId, true);
    expect(await isTaken()).toBe(true);
    await keys.remove(tester, primaryId);
    expect(await isTaken()).toBe(false);
  });

  it('notes that its key was used', async () => {
    await verify(primary.sign(user()));
    const key = () => carillon.get(PublicKeys).get(carillon.get(DataSource).manager, primaryId);
    await carillon.until(async () => (await key()).lastUsedAt !== null);
  });
});
