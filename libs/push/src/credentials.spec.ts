import { generateKeyPairSync } from 'node:crypto';
import { assertApnsPrivateKey } from './apns-private-key';
import { assertServiceAccount } from './service-account';

const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const rsa = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });

describe('A credential', () => {
  it.each([
    ['nonsense', 'does not begin with'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'cannot be parsed'],
    [String(rsa()), 'of type rsa'],
    [String(ec('secp384r1')), 'curve is secp384r1'],
  ])('for APNs is refused with the reason (%#)', (pem, reason) => {
    expect(() => assertApnsPrivateKey(pem)).toThrow(reason);
    expect(() => assertApnsPrivateKey(pem)).toThrow('EC P-256');
  });

  it("for APNs is taken as Apple's file has it", () => {
    expect(assertApnsPrivateKey(`${String(ec('prime256v1'))}\r\n`).type).toBe('private');
  });

  const account = { type: 'service_account', project_id: 'p', client_email: 'c@example.com' };

  it.each([
    [null, undefined],
    [[], undefined],
    [{ ...account, type: 'authorized_user' }, 'type'],
    [{ ...account, project_id: '' }, 'project_id'],
    [{ ...account, client_email: 1 }, 'client_email'],
    [account, 'private_key'],
    [{ ...account, private_key: 'x' }, 'private_key'],
    [{ ...account, private_key: String(ec('prime256v1')) }, 'private_key'],
  ])('for FCM names the member that is wrong (%#)', (json, field) => {
    let error: unknown;
    try {
      assertServiceAccount(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: 'invalid', code: 'INVALID_SERVICE_ACCOUNT' });
    expect((error as { field?: string }).field).toBe(field);
  });
});
