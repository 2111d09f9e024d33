import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { apns as apnsKind } from './apns/apns';
import { apnsCredentialProblems } from './apns/apns-credential';
import { fcm as fcmKind } from './fcm/fcm';
import { fcmCredentialProblems, serviceAccountText } from './fcm/fcm-credential';
import { privateKeyText } from './gateway/private-key';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p8 = ec.export(pkcs8).toString();
const rsaPem = rsa.export(pkcs8).toString();

const apns = (privateKey: string) => ({
  bundle: 'com.example.bank',
  keyId: 'KEYID12345',
  teamId: 'TEAMID1234',
  environment: 'production' as const,
  privateKey,
});
const fcm = (serviceAccount: string) => ({ projectId: 'my-project', serviceAccount });
const account = (private_key: unknown) =>
  JSON.stringify({ type: 'service_account', client_email: 'push@example.com', private_key });

describe("Apple's .p8 file", () => {
  it.each([
    ['as Apple gives it', p8],
    ['with a byte order mark and CRLF', `\ufeff${p8.replaceAll('\n', '\r\n')}`],
    ['with \\n for its line feeds', p8.replaceAll('\n', '\\n')],
    ['in quotes on one line', `"${p8.replaceAll('\n', ' ').trim()}"`],
    ['without its first and last line', p8.replace(/-----[^\n]*-----\n/g, '')],
    ['in base64', Buffer.from(p8).toString('base64')],
  ])('is taken %s, and stored so that the gateway can sign with it', (_, text) => {
    expect([...apnsCredentialProblems(apns(text))]).toEqual([]);
    expect(createPrivateKey(privateKeyText(text)).equals(ec)).toBe(true);
  });

  it('that was right stays as it was, to the byte', () => {
    for (const text of [p8, p8.replaceAll('\n', '\r\n'), `Bag Attributes\n${p8}`]) {
      expect(privateKeyText(text)).toBe(text);
    }
  });

  it.each([
    ['another key', rsaPem],
    ['half of it', p8.slice(0, 100)],
    ['no key', 'hunter2'],
  ])('is refused when it is %s', (_, text) => {
    const [problem] = apnsCredentialProblems(apns(text));
    expect(problem).toMatchObject({ field: 'privateKey' });
    expect(problem?.wants).not.toContain(text.slice(40, 60) || 'hunter2');
  });
});

describe('the realm', () => {
  it('of an APNs credential is its app in its environment, whatever the key', () => {
    const right = apns(p8);
    expect(apnsKind.realmOf({ ...right, keyId: 'ANOTHERKEY', privateKey: 'another' })).toBe(
      apnsKind.realmOf(right),
    );
    for (const other of [
      { bundle: 'b' },
      { teamId: 't' },
      { environment: 'development' as const },
    ]) {
      expect(apnsKind.realmOf({ ...right, ...other })).not.toBe(apnsKind.realmOf(right));
    }
  });

  it('of an FCM credential is its project', () => {
    expect(fcmKind.realmOf(fcm('another'))).toBe(fcmKind.realmOf(fcm('one')));
    expect(fcmKind.realmOf({ ...fcm('one'), projectId: 'other' })).not.toBe('my-project');
  });
});

describe("Google's service account", () => {
  it.each([
    ['as Google gives it', account(rsaPem)],
    ['with a byte order mark', `\ufeff${account(rsaPem)}`],
    ['whose key has \\n for its line feeds', account(rsaPem.replaceAll('\n', '\\n'))],
    ['whose key is on one line', account(rsaPem.replaceAll('\n', ' '))],
  ])('is taken %s, and stored so that its key can be read', (_, text) => {
    expect([...fcmCredentialProblems(fcm(text))]).toEqual([]);
    const stored = JSON.parse(serviceAccountText(text)) as { private_key: string };
    expect(stored).toMatchObject({ type: 'service_account', client_email: 'push@example.com' });
    expect(createPrivateKey(stored.private_key).equals(rsa)).toBe(true);
  });

  it('that was right stays as it was, to the byte', () => {
    const text = JSON.stringify(JSON.parse(account(rsaPem)), null, 2);
    expect(serviceAccountText(text)).toBe(text);
  });
});
