import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProvisioningError } from './provisioning.error';
import { readProvisioning } from './read-provisioning';

const pem = { type: 'pkcs8', format: 'pem' } as const;
const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem);
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaKey = rsaPair.privateKey.export(pem);
const userKey = rsaPair.publicKey.export({ type: 'spki', format: 'pem' });
const serviceAccount = JSON.stringify({
  type: 'service_account',
  client_email: 'push@my-project.iam.gserviceaccount.com',
  private_key: rsaKey,
});

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provisioning-'));
  file = join(folder, 'provision.yaml');
  writeFileSync(join(folder, 'apns.p8'), apnsKey);
  writeFileSync(join(folder, 'fcm.json'), serviceAccount);
  writeFileSync(join(folder, 'rsa.p8'), rsaKey);
  writeFileSync(join(folder, 'user.pem'), userKey);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string) {
  writeFileSync(file, text);
  return readProvisioning(file);
}

/** What is said about it, without the name of the file. */
function problemsIn(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    return error.problems.map((problem) => problem.replace(`PROVISION_FILE ${file}: `, ''));
  }
  return [];
}

const application = (part: string) => `applications: [{ id: 1, name: Bank, ${part} }]`;
const apns = (part: string) =>
  application(`apns: { bundle: b.c, teamId: T, environment: production, ${part} }`);

const nothing = 'wants operators, applications, clients, serviceAccounts, apiKeys or activations';
const operatorWants =
  'wants email, role and either password (12 characters or more) or passwordHash (argon2id)';

describe('a provisioning file', () => {
  it('names files beside it or carries them in base64', () => {
    const { applications, activations } = read(`
applications:
  - id: 1
    name: Mobile bank
    apns: { bundle: com.example.bank, keyId: KEYID12345, teamId: TEAMID1234, environment: production, privateKeyFile: apns.p8 }
    fcm: { projectId: my-project, serviceAccountBase64: ${btoa(serviceAccount)} }
    limits: { fcmPerSecond: 100 }
activations:
  - { activationId: a-1, userId: alice, status: ACTIVE }
`);
    expect(applications).toEqual([
      {
        id: 1,
        name: 'Mobile bank',
        apns: {
          bundle: 'com.example.bank',
          keyId: 'KEYID12345',
          teamId: 'TEAMID1234',
          environment: 'production',
          privateKey: apnsKey,
        },
        fcm: { projectId: 'my-project', serviceAccount },
        limits: { fcmPerSecond: 100 },
        userKeys: [],
      },
    ]);
    expect(activations).toEqual([{ activationId: 'a-1', userId: 'alice', status: 'ACTIVE' }]);
  });

  it.each(['applications: [{ id: 1, name: Bank }]', '{"applications":[{"id":1,"name":"Bank"}]}'])(
    'may begin with a byte order mark: %s',
    (text) => {
      expect(read(`\ufeff${text}`).applications).toMatchObject([{ id: 1, name: 'Bank' }]);
    },
  );

  it('may name files that begin with a byte order mark', () => {
    writeFileSync(join(folder, 'marked.p8'), `\ufeff${apnsKey as string}`);
    writeFileSync(join(folder, 'marked.json'), `\ufeff${serviceAccount}`);
    writeFileSync(join(folder, 'marked.pem'), `\ufeff${userKey as string}`);
    expect(
      problemsIn(
        `applications: [{ id: 1, name: Bank, apns: { bundle: b.c, keyId: K, teamId: T, environment: production, privateKeyFile: marked.p8 }, fcm: { projectId: p, serviceAccountFile: marked.json }, userKeys: [{ kid: k, publicKeyFile: marked.pem }] }]`,
      ),
    ).toEqual([]);
  });

  it.each(['2027-02-30', '2027-02-30T00:00:00Z', '2027-01-01T24:00:00Z', '2027-01-01T00:00:00'])(
    'refuses %s for a date',
    (date) => {
      expect(
        problemsIn(
          application(`userKeys: [{ kid: k, publicKeyFile: user.pem, notAfter: "${date}" }]`),
        ),
      ).toEqual([
        'applications[0].userKeys[0].notAfter: wants a date such as 2027-01-01 or 2027-01-01T00:00:00Z',
      ]);
    },
  );

  it('may be JSON, and may leave everything out', () => {
    expect(read('{}')).toEqual({
      operators: [],
      applications: [],
      clients: [],
      serviceAccounts: [],
      apiKeys: [],
      activations: [],
    });
    expect(read('{ "applications": [{ "id": 2, "name": "Bank" }] }').applications).toHaveLength(1);
  });

  it.each<[string, string, string[]]>([
    ['an empty file', '', [nothing]],
    ['another thing than an object', '- 1', [nothing]],
    [
      'broken YAML',
      'applications:\n  - { id: 1',
      [expect.stringMatching(/^line \d, column \d+: /) as string],
    ],
    ['an alias to nothing', 'applications: *nothing', [expect.any(String) as string]],
    ['an unknown part', 'devices: []', ['devices: is not known']],
    [
      'operators without a role, with a short password, with both kinds of password',
      `operators:
  - { email: a@example.com, password: long-enough-password }
  - { email: b@example.com, role: OWNER, password: short }
  - { email: c@example.com, role: OWNER, password: long-enough-password, passwordHash: x }
  - { email: nobody, role: OWNER, password: long-enough-password }`,
      [
        `operators[0]: ${operatorWants}`,
        `operators[1]: ${operatorWants}`,
        'operators[2].passwordHash: is not known',
        `operators[3]: ${operatorWants}`,
      ],
    ],
    [
      'a client with an unknown scope, a private key, an odd limit',
      'clients: [{ clientId: crm, name: CRM, scopes: [everything], maxAssertionSeconds: 1, keys: [{ publicKeyFile: rsa.p8 }] }]',
      [
        expect.stringMatching(
          /^clients\[0\]\.scopes: wants one or more of applications:read/,
        ) as string,
        expect.stringMatching(/^clients\[0\]\.maxAssertionSeconds: wants a whole number/) as string,
        expect.stringMatching(
          /^clients\[0\]\.keys\[0\]\.publicKeyFile: wants a public key, and this is a private one/,
        ) as string,
      ],
    ],
    [
      'an API key where its hash and its beginning belong, an unknown scope and address',
      `apiKeys: [{ hash: ck_${'a'.repeat(42)}, prefix: ck_${'a'.repeat(42)}, name: CRM, scopes: [all], allowedIps: [here] }]`,
      [
        'apiKeys[0].hash: wants the hash of a key as carillon api-key generate prints it',
        'apiKeys[0].prefix: wants the beginning of a key as carillon api-key generate prints it',
        expect.stringMatching(
          /^apiKeys\[0\]\.scopes: wants one or more of applications:read/,
        ) as string,
        'apiKeys[0].allowedIps[0]: wants an address or a CIDR range',
      ],
    ],
    [
      'a service account with an unknown mode, address and end',
      'serviceAccounts: [{ accountId: a b, name: Billing, scopes: [devices:write], loginMode: open, allowedIps: [here], expiresAt: soon, publicKeyFile: none.pem }]',
      [
        'serviceAccounts[0].accountId: wants 1 to 64 letters, digits or dashes',
        'serviceAccounts[0].loginMode: wants one of assertion_only, signed, legacy_public_key',
        'serviceAccounts[0].allowedIps[0]: wants an address or a CIDR range',
        'serviceAccounts[0].expiresAt: wants a date such as 2027-01-01 or 2027-01-01T00:00:00Z',
      ],
    ],
    [
      'user keys without a file',
      application('userKeys: [{ kid: a, publicKeyFile: none.pem }, { kid: a }]'),
      [
        expect.stringMatching(
          /^applications\[0\]\.userKeys\[0\]\.publicKeyFile: .*can't be read$/,
        ) as string,
        'applications[0].userKeys[1]: wants publicKeyFile or publicKeyBase64, one of them',
      ],
    ],
    [
      'user keys of one name',
      application(
        'userKeys: [{ kid: a, publicKeyFile: user.pem }, { kid: a, publicKeyFile: user.pem }]',
      ),
      ['applications[0].userKeys[1].kid: is taken by the entry [0]'],
    ],
    [
      'a push profile without its secret',
      application('pushProfile: { apiSpaceId: space, issuer: i, audience: a }'),
      ['applications[0].pushProfile.sharedSecret: wants text'],
    ],
    [
      'an application without anything',
      'applications: [{}]',
      [
        'applications[0].id: wants a whole number from 1 to 2147483647',
        'applications[0].name: wants text',
      ],
    ],
    [
      'an id used twice, beside another mistake',
      'applications: [{ id: 1, name: A }, { id: 1, name: 7 }]',
      [
        'applications[1].name: wants text: put it in quotes',
        'applications[1].id: is taken by the entry [0]',
      ],
    ],
    [
      'an activation named twice',
      'activations: [{ activationId: a, userId: u, status: ACTIVE }, { activationId: a, userId: v, status: ACTIVE }]',
      ['activations[1].activationId: is taken by the entry [0]'],
    ],
    [
      'a wrong activation',
      'activations: [{ activationId: a b, userId: "", status: GONE }]',
      [
        'activations[0].activationId: wants 1 to 255 characters without spaces',
        'activations[0].userId: wants 1 to 255 characters; this one has 0',
        'activations[0].status: wants one of CREATED, PENDING_COMMIT, ACTIVE, BLOCKED, REMOVED',
      ],
    ],
    [
      'limits out of range',
      application('limits: { apnsPerSecond: -1, fcmPerSecond: 1.5 }'),
      [
        'applications[0].limits.apnsPerSecond: wants a whole number from 0 to 1000000',
        'applications[0].limits.fcmPerSecond: wants a whole number from 0 to 1000000',
      ],
    ],
    [
      'a key id that YAML takes for a number',
      apns('keyId: 1234567890, privateKeyFile: apns.p8'),
      ['applications[0].apns.keyId: wants text: put it in quotes'],
    ],
    [
      'no private key',
      apns('keyId: K'),
      ['applications[0].apns: wants privateKeyFile or privateKeyBase64, one of them'],
    ],
    [
      'two private keys',
      apns('keyId: K, privateKeyFile: apns.p8, privateKeyBase64: AAAA'),
      ['applications[0].apns: wants privateKeyFile or privateKeyBase64, one of them'],
    ],
    [
      'a key file that is not there',
      apns('keyId: K, privateKeyFile: gone.p8'),
      [
        expect.stringMatching(
          /^applications\[0\]\.apns\.privateKeyFile: .*gone\.p8 can't be read$/,
        ) as string,
      ],
    ],
    [
      'two mistakes in one credential',
      apns('keyId: "!", privateKeyFile: rsa.p8'),
      [
        "applications[0].apns.keyId: wants Apple's identifier of letters and digits, usually ten of them",
        "applications[0].apns.privateKeyFile: wants Apple's .p8 file: an EC P-256 private key in PEM",
      ],
    ],
    [
      'a key that is no base64',
      apns('keyId: K, privateKeyBase64: "%%"'),
      ['applications[0].apns.privateKeyBase64: wants base64'],
    ],
    [
      'a service account that is none',
      application('fcm: { projectId: p, serviceAccountFile: apns.p8 }'),
      ["applications[0].fcm.serviceAccountFile: wants the service account's JSON file"],
    ],
  ])('is refused with %s', (_what, text, problems) => {
    expect(problemsIn(text)).toEqual(problems);
  });

  it('that is not there is refused', () => {
    expect(() => readProvisioning(join(folder, 'nowhere.yaml'))).toThrow(
      `PROVISION_FILE ${join(folder, 'nowhere.yaml')}: can't be read`,
    );
  });

  it('never shows a secret in what is said about it', () => {
    const broken = `applications: [{ id: 1, name: Bank, fcm: { serviceAccountBase64: c2VjcmV0, x`;
    expect(problemsIn(broken).join()).not.toContain('c2VjcmV0');
  });
});
