import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newApiKey, tracesOf } from '@app/auth';
import { until } from '@app/testing/time';
import { hashSync } from '@node-rs/argon2';
import { stringify } from 'yaml';
import { Provisioner, readProvisioning } from '@app/provisioning';
import { TokenSigner } from '@app/testing/token-signer';
import type { ApiClient } from './api-client';
import { startInside } from './server-inside';

const dayMs = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString();

describe('a provisioning file that is applied again', () => {
  const publicKeyBase64 = Buffer.from(TokenSigner.create().publicKey).toString('base64');
  let api: ApiClient;
  let provisioner: Provisioner;
  let folder: string;

  beforeAll(async () => {
    const inside = await startInside();
    api = inside.api;
    provisioner = inside.app.get(Provisioner, { strict: false });
    folder = mkdtempSync(join(tmpdir(), 'carillon-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await api.close();
  });
  beforeEach(async () => {
    await api.sql('TRUNCATE oauth_clients, service_accounts CASCADE');
    await api.sql('DELETE FROM public_keys');
  });

  const apply = async (file: object) => {
    const path = join(folder, 'provision.yaml');
    writeFileSync(path, stringify(file));
    await provisioner.apply(readProvisioning(path));
  };

  it.each([
    {
      what: 'a client',
      withKey: (key: object) => ({
        clients: [{ clientId: 'crm', name: 'CRM', scopes: ['messages:send'], keys: [key] }],
      }),
    },
    {
      what: 'an application',
      withKey: (key: object) => ({ applications: [{ id: 1, name: 'Bank', userKeys: [key] }] }),
    },
  ])('turns a key of $what off and on', async ({ withKey }) => {
    for (const enabled of [true, false, false, true]) {
      await apply(withKey({ kid: 'k', publicKeyBase64, enabled }));
      expect(await api.sql('SELECT enabled FROM public_keys')).toEqual([{ enabled }]);
    }
  });

  it.each([
    { what: 'a password', secret: { password: 'spring tide at noon' }, mustChange: true },
    {
      what: 'a hash',
      secret: { passwordHash: hashSync('spring tide at noon', { memoryCost: 8_192 }) },
      mustChange: false,
    },
  ])('with $what of an OWNER lets him in', async ({ what, secret, mustChange }) => {
    const email = `${what.replace(' ', '-')}@example.com`;
    await apply({ operators: [{ email, role: 'OWNER', ...secret }] });
    const login = `mutation ($email: String!, $password: String!) {
      login(email: $email, password: $password) { passwordChangeRequired } }`;
    expect(await api.ask(login, { email, password: 'spring tide at noon' })).toEqual({
      passwordChangeRequired: mustChange,
    });
  });

  it('lets in who has the API key of a hash, and brings none back', async () => {
    const secret = newApiKey();
    const settings = { name: 'CRM', scopes: ['messages:send'], allowedIps: ['127.0.0.1'] };
    const file = { apiKeys: [{ ...tracesOf(secret), ...settings }] };
    await apply(file);
    await apply(file);
    const viewer = () => api.as(secret).post('{ viewer { id kind permissions } }');
    const [row] = await api.sql<{ id: string }>('SELECT id FROM api_keys');
    const seen = { id: row?.id, kind: 'API_KEY', permissions: ['messages:send'] };
    expect(await viewer()).toEqual({ data: { viewer: seen } });
    await api.ask('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: row?.id });
    await apply({ apiKeys: [{ ...tracesOf(secret), ...settings, name: 'Again' }] });
    await until(async () => (await viewer()).errors !== undefined);
    const keys = await api.sql('SELECT name, revoked_at IS NULL AS active FROM api_keys');
    expect(keys).toEqual([{ name: 'CRM', active: false }]);
    const actions = await api.sql(
      "SELECT action FROM audit_events WHERE action LIKE 'api_key.%' ORDER BY id",
    );
    expect(actions).toEqual([{ action: 'api_key.create' }, { action: 'api_key.revoke' }]);
  });

  describe('for a service account', () => {
    const account = (changes: object) => ({
      serviceAccounts: [
        {
          accountId: 'billing',
          name: 'Billing',
          scopes: ['messages:send'],
          loginMode: 'legacy_public_key',
          legacyReason: 'It cannot sign yet',
          legacyUntil: inDays(10),
          allowedIps: ['203.0.113.0/24'],
          publicKeyBase64,
          ...changes,
        },
      ],
    });
    const state = async () => {
      const [row] = await api.sql<{ mode: string; days: number | null; expires: number | null }>(
        `SELECT login_mode AS mode, round(extract(epoch FROM legacy_until - now()) / 86400)::int AS days,
           round(extract(epoch FROM expires_at - now()) / 86400)::int AS expires
         FROM service_accounts`,
      );
      return row;
    };
    const setMode = (input: object) => api.ask(SET_MODE, { input });

    it.each([
      {
        what: 'another mode',
        mode: { mode: 'ASSERTION_ONLY' },
        kept: 'assertion_only',
        days: null,
      },
      {
        what: 'a period before its end',
        mode: { mode: 'SIGNED', until: inDays(5) },
        kept: 'signed',
        days: 5,
      },
      {
        what: 'a later end',
        mode: { mode: 'LEGACY_PUBLIC_KEY', until: inDays(40) },
        kept: 'legacy_public_key',
        days: 40,
      },
    ])('leaves it $what that an operator has set', async ({ mode, kept, days }) => {
      await apply(account({}));
      expect(await state()).toMatchObject({ mode: 'legacy_public_key', days: 10 });
      await setMode(mode);
      await apply(account({}));
      expect(await state()).toMatchObject({ mode: kept, days });
    });

    it('ignores ends that have passed', async () => {
      await apply(account({ expiresAt: inDays(20) }));
      await apply(account({ legacyUntil: inDays(-1), expiresAt: inDays(-1) }));
      expect(await state()).toEqual({ mode: 'legacy_public_key', days: 10, expires: 20 });
    });

    it('makes its mode stricter', async () => {
      await apply(account({}));
      await apply(account({ loginMode: 'signed', legacyUntil: inDays(3) }));
      expect(await state()).toMatchObject({ mode: 'signed', days: 3 });
      const scopes = ['messages:send', 'keys:read'];
      await apply(account({ loginMode: 'assertion_only', legacyUntil: undefined, scopes }));
      expect(await state()).toMatchObject({ mode: 'assertion_only', days: null });
    });
  });
});

const SET_MODE = `mutation ($input: SetServiceAccountLoginModeInput!) {
  setServiceAccountLoginMode(id: "billing", input: $input) { id }
}`;
