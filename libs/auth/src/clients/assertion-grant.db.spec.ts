import { Actor, type Permission } from '@app/core';
import { type KeyOwner, PublicKeys } from '@app/keys';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';
import { letPass } from '@app/testing/time';
import { TokenSigner } from '@app/testing/token-signer';
import { AccessTokens } from '../access/access-tokens';
import { AssertionGrant } from './assertion-grant';
import { OAuthClientsService } from './oauth-clients.service';
import { OwnedKeys } from '../owned-keys';

const address = '192.0.2.1';
const scopes: Permission[] = ['messages:send', 'devices:read'];
const owner = { kind: 'client', id: 'crm' } as const;

describe('an assertion', () => {
  const signer = TokenSigner.create();
  const foreign = TokenSigner.create();
  let carillon: Carillon;
  let clients: OAuthClientsService;
  let keys: OwnedKeys;
  let grant: AssertionGrant;
  let tokens: AccessTokens;
  let keyId: string;

  beforeAll(async () => {
    carillon = await Carillon.start({}, { PUBLIC_URL: 'https://push.example.com' });
    clients = carillon.get(OAuthClientsService);
    keys = carillon.get(OwnedKeys);
    grant = carillon.get(AssertionGrant);
    tokens = carillon.get(AccessTokens);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql(
      'TRUNCATE oauth_clients, service_accounts, used_assertions, rate_limits, audit_events CASCADE',
    );
    await removeKeys('client', 'crm');
    await removeKeys('service_account', 'billing');
    await clients.create(tester, { clientId: 'crm', name: 'CRM', scopes });
    ({ id: keyId } = await keys.add(tester, owner, { publicKey: signer.publicKey, kid: 'k1' }));
  });

  /** Not by SQL, so that no key is remembered. */
  const removeKeys = (kind: KeyOwner['kind'], id: string) =>
    carillon.get(PublicKeys).removeOf(carillon.get(DataSource).manager, { kind, id });
  const exchange = (assertion: string, scope?: string, from = address) =>
    grant.exchange(assertion, scope, from);
  const refused = { code: 'INVALID_GRANT', message: 'The assertion is not valid' };
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
  const actorOf = async (token: string, from: string | undefined = address): Promise<Actor> => {
    await tokens.keyFor(token);
    return tokens.actorOf(claimsOf(token), from);
  };
  const ends = async (token: string) => {
    letPass(5_000, carillon.clock);
    await expect(actorOf(token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  };

  it('becomes an access token with all that the client may do', async () => {
    const { token, expiresInSeconds, scopes: granted } = await exchange(signer.assertion('crm'));
    expect(expiresInSeconds).toBe(3600);
    expect(granted).toEqual(['devices:read', 'messages:send']);
    expect(claimsOf(token)).toMatchObject({
      iss: 'https://push.example.com',
      aud: 'carillon:access',
      sub: 'crm',
      client_id: 'crm',
      scope: 'devices:read messages:send',
    });
    expect(token.split('.')[1]).not.toMatch(/[-_]/);
    const actor = await actorOf(token);
    expect(actor).toMatchObject({ kind: 'client', id: 'crm', address });
    expect([...actor.permissions].sort()).toEqual(['devices:read', 'messages:send']);
  });

  it('leaves a trace: of the login, of the key, and of what was refused and why', async () => {
    await exchange(signer.assertion('crm'));
    await expect(exchange(foreign.assertion('crm'))).rejects.toMatchObject(refused);
    const events = await carillon.sql(
      `SELECT actor_kind, actor_id, target, outcome, reason, address FROM audit_events
       WHERE action = 'client.login' ORDER BY id`,
    );
    expect(events).toEqual([
      {
        actor_kind: 'client',
        actor_id: 'crm',
        target: 'client:crm',
        outcome: 'success',
        reason: null,
        address,
      },
      {
        actor_kind: 'anonymous',
        actor_id: '',
        target: 'client:crm',
        outcome: 'failure',
        reason: 'No key of its owner signed it',
        address,
      },
    ]);
    expect((await clients.get(tester, 'crm')).lastLoginAt).toBeInstanceOf(Date);
    await carillon.until(async () => {
      return (
        (await carillon.get(PublicKeys).get(carillon.get(DataSource).manager, keyId)).lastUsedAt !==
        null
      );
    });
  });

  it.each([
    { what: 'no kid', claims: {}, header: {} },
    { what: 'its kid', claims: {}, header: { kid: 'k1' } },
    { what: 'no typ', claims: {}, header: { typ: undefined } },
    { what: 'no jti', claims: { jti: undefined }, header: {} },
    { what: 'no iat', claims: { iat: undefined }, header: {} },
    { what: 'our issuer as audience', claims: { aud: 'https://push.example.com' }, header: {} },
    {
      what: 'our token endpoint as audience',
      claims: { aud: 'https://push.example.com/api/oauth/token' },
      header: {},
    },
  ])('is taken with $what', async ({ claims, header }) => {
    await exchange(signer.assertion('crm', claims, header));
  });

  it.each([
    { what: 'another kid', claims: {}, header: { kid: 'k2' } },
    { what: 'another sub', claims: { sub: 'erp' }, header: {} },
    { what: 'no sub', claims: { sub: undefined }, header: {} },
    { what: 'an unknown issuer', claims: { iss: 'erp', sub: 'erp' }, header: {} },
    { what: 'no issuer', claims: { iss: undefined }, header: {} },
    { what: 'an issuer with NUL', claims: { iss: 'crm\0', sub: 'crm\0' }, header: {} },
    { what: 'an issuer of 256 characters', claims: { iss: 'c'.repeat(256) }, header: {} },
    { what: 'an issuer that is a list', claims: { iss: ['crm'] }, header: {} },
    { what: 'another audience', claims: { aud: 'https://evil.example' }, header: {} },
    { what: 'several audiences', claims: { aud: ['https://push.example.com'] }, header: {} },
    { what: 'the audience of our tokens', claims: { aud: 'carillon:access' }, header: {} },
    { what: 'no exp', claims: { exp: undefined }, header: {} },
    { what: 'milliseconds', claims: { exp: Date.now() + 60_000 }, header: {} },
    { what: 'a day to live', claims: { exp: Date.now() / 1000 + 86_400 }, header: {} },
    { what: 'the typ of our tokens', claims: {}, header: { typ: 'at+jwt' } },
    { what: 'alg none', claims: {}, header: { alg: 'none' } },
    { what: 'alg HS256', claims: {}, header: { alg: 'HS256' } },
  ])('is refused with $what', async ({ claims, header }) => {
    await expect(exchange(signer.assertion('crm', claims, header))).rejects.toMatchObject(refused);
    await exchange(signer.assertion('crm'));
  });

  it('that lives 231 days is taken where the client allows it', async () => {
    const exp = Date.now() / 1000 + 20_000_000;
    await clients.update(tester, 'crm', { maxAssertionSeconds: 31_536_000 });
    await exchange(signer.assertion('crm', { exp }));
  });

  it('works once, in sequence', async () => {
    const assertion = signer.assertion('crm');
    await exchange(assertion);
    await expect(exchange(assertion)).rejects.toMatchObject(refused);
    await expect(exchange(assertion)).rejects.toMatchObject(refused);
  });

  it('works once, of eight at once', async () => {
    const assertion = signer.assertion('crm');
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => exchange(assertion)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('without jti works again, unless the client wants one', async () => {
    const assertion = signer.assertion('crm', { jti: undefined });
    await exchange(assertion);
    await exchange(assertion);
    await clients.update(tester, 'crm', { requireJti: true });
    await expect(exchange(assertion)).rejects.toMatchObject(refused);
    await exchange(signer.assertion('crm'));
  });

  it('asks for fewer scopes, or for too many', async () => {
    const { token, scopes: granted } = await exchange(signer.assertion('crm'), 'messages:send');
    expect(granted).toEqual(['messages:send']);
    expect([...(await actorOf(token)).permissions]).toEqual(['messages:send']);
    const greedy = signer.assertion('crm');
    const invalid = { code: 'INVALID_SCOPE' };
    await expect(exchange(greedy, 'messages:send audit:read')).rejects.toMatchObject(invalid);
    await expect(exchange(greedy, 'openid')).rejects.toMatchObject(invalid);
    await exchange(greedy, ' ');
  });

  it('is good for no longer than its key', async () => {
    const other = TokenSigner.create();
    const notAfter = new Date(Date.now() + 600_000);
    await keys.add(tester, owner, { publicKey: other.publicKey, notAfter });
    const { token, expiresInSeconds } = await exchange(other.assertion('crm'));
    expect(expiresInSeconds).toBeLessThanOrEqual(600);
    expect(claimsOf(token).exp).toBe(Math.floor(notAfter.getTime() / 1000));
  });

  describe('gave a token that ends', () => {
    it.each<{ what: string; end: () => Promise<unknown> }>([
      { what: 'when its key is disabled', end: () => keys.setEnabled(tester, keyId, false) },
      { what: 'when its key is removed', end: () => keys.remove(tester, keyId) },
      {
        what: 'when the client is disabled',
        end: () => clients.update(tester, 'crm', { enabled: false }),
      },
      { what: 'when the client is removed', end: () => clients.remove(tester, 'crm') },
    ])('$what, within 5 s', async ({ end }) => {
      const { token } = await exchange(signer.assertion('crm'));
      await actorOf(token);
      await end();
      await ends(token);
      await expect(exchange(signer.assertion('crm'))).rejects.toMatchObject(refused);
    });

    it('for good when the client was disabled, though it is enabled again', async () => {
      const { token } = await exchange(signer.assertion('crm'));
      await clients.update(tester, 'crm', { enabled: false });
      await ends(token);
      await clients.update(tester, 'crm', { enabled: true });
      await expect(actorOf(token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
      await actorOf((await exchange(signer.assertion('crm'))).token);
    });

    it('at once when it is surrendered, and no other with it', async () => {
      const [one, other] = [
        await exchange(signer.assertion('crm')),
        await exchange(signer.assertion('crm')),
      ];
      expect(await tokens.inspect(one.token)).toMatchObject({ sub: 'crm' });
      await tokens.surrender(one.token, address);
      await tokens.surrender(one.token, address);
      await tokens.surrender('no token', address);
      await expect(actorOf(one.token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
      expect(await tokens.inspect(one.token)).toBeUndefined();
      await actorOf(other.token);
    });

    it('and loses the scopes and applications that the client loses, within 5 s', async () => {
      const { token } = await exchange(signer.assertion('crm'));
      const applicationId = await carillon.createApplication();
      const changes = { scopes: ['messages:send'], applicationIds: [applicationId] };
      await clients.update(tester, 'crm', changes);
      letPass(5_000, carillon.clock);
      const { permissions, applicationIds } = await actorOf(token);
      expect([...permissions]).toEqual(['messages:send']);
      expect(applicationIds).toEqual([applicationId]);
    });
  });

  describe('of a service account', () => {
    const account = { kind: 'service_account', id: 'billing' } as const;
    beforeEach(async () => {
      await carillon.sql(
        `INSERT INTO service_accounts (id, name, scopes, allowed_ips) VALUES ('billing', 'Billing', '{messages:send}', '{192.0.2.0/24}')`,
      );
      await keys.add(tester, account, { publicKey: foreign.publicKey });
    });

    it('is taken from its addresses, and so is its token', async () => {
      const { token } = await exchange(foreign.assertion('billing'));
      expect(await actorOf(token)).toMatchObject({ kind: 'service_account', id: 'billing' });
      await expect(actorOf(token, '198.51.100.1')).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
      const elsewhere = exchange(foreign.assertion('billing'), undefined, '198.51.100.1');
      await expect(elsewhere).rejects.toMatchObject(refused);
    });

    it.each([
      { what: 'is blocked', change: 'blocked_at = now()' },
      { what: 'has expired', change: "expires_at = now() - interval '1 second'" },
    ])('is refused when the account $what, and its tokens end', async ({ change }) => {
      const { token } = await exchange(foreign.assertion('billing'));
      await carillon.sql(`UPDATE service_accounts SET ${change}`);
      await expect(exchange(foreign.assertion('billing'))).rejects.toMatchObject(refused);
      await ends(token);
    });

    it.each([
      { what: 'has no jti', mode: 'assertion_only', claims: { jti: undefined } },
      { what: 'is of an account that shows its key', mode: 'legacy_public_key', claims: {} },
    ])('is refused when it $what', async ({ mode, claims }) => {
      await carillon.sql('UPDATE service_accounts SET login_mode = $1', [mode]);
      await expect(exchange(foreign.assertion('billing', claims))).rejects.toMatchObject(refused);
    });
  });

  it('is no access token, and an access token is no assertion', async () => {
    const { token } = await exchange(signer.assertion('crm'));
    await expect(exchange(token)).rejects.toMatchObject(refused);
    await expect(tokens.keyFor(signer.assertion('crm'))).rejects.toMatchObject({
      code: 'INVALID_TOKEN',
    });
    await expect(tokens.inspect(signer.assertion('crm'))).resolves.toBeUndefined();
  });
});
