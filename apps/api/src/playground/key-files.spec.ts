interface KeyFiles {
  readonly membersOf: (name: string, text: string) => Record<string, string> | undefined;
  readonly withMembers: (variables: string, members: object) => string;
}

const { membersOf, withMembers } = jest.requireActual<KeyFiles>('#playground/key-files.js');
const pem = (what: string) => `-----BEGIN ${what}-----\nMIGT\n-----END ${what}-----\n`;

describe('a file that is dropped into the variables', () => {
  const account = '{ "type": "service_account", "project_id": "my-project" }';
  it.each([
    {
      what: 'Apple’s key',
      name: 'AuthKey_ABC123DEF4.p8',
      text: pem('PRIVATE KEY'),
      gives: { keyId: 'ABC123DEF4', privateKey: pem('PRIVATE KEY') },
    },
    {
      what: 'a key with another name',
      name: 'push.pem',
      text: pem('EC PRIVATE KEY'),
      gives: { privateKey: pem('EC PRIVATE KEY') },
    },
    {
      what: 'a public key',
      name: 'crm.pem',
      text: pem('PUBLIC KEY'),
      gives: { publicKey: pem('PUBLIC KEY') },
    },
    {
      what: 'a certificate',
      name: 'crm.crt',
      text: pem('CERTIFICATE'),
      gives: { publicKey: pem('CERTIFICATE') },
    },
    {
      what: 'Google’s service account',
      name: 'fcm.json',
      text: account,
      gives: { projectId: 'my-project', serviceAccount: account },
    },
    { what: 'other JSON', name: 'package.json', text: '{ "name": "x" }', gives: undefined },
    { what: 'a picture', name: 'a.png', text: '\ufffdPNG', gives: undefined },
  ])('of $what gives what the mutation wants', ({ name, text, gives }) => {
    expect(membersOf(name, text)).toEqual(gives);
  });

  it('leaves what is there, and replaces what the file gives', () => {
    const before =
      '{ "applicationId": "7", "input": { "bundle": "com.example", "privateKey": "…" } }';
    expect(JSON.parse(withMembers(before, { privateKey: 'new' }))).toEqual({
      applicationId: '7',
      input: { bundle: 'com.example', privateKey: 'new' },
    });
  });

  it.each(['', 'not JSON', 'null'])('makes variables where there is %p', (before) => {
    expect(JSON.parse(withMembers(before, { publicKey: 'a' }))).toEqual({
      input: { publicKey: 'a' },
    });
  });
});
