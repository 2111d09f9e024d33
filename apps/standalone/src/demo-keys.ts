import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ApnsCredentialInput, FcmCredentialInput } from '@app/applications';
import type { Simulator } from '../../simulator/src';

export interface DemoKeys {
  readonly apns: ApnsCredentialInput;
  readonly fcm: FcmCredentialInput;
}

/** Credentials that no one issued, made known to the simulator, which verifies them as Apple and Google would. */
export function makeDemoKeys(simulator: Pick<Simulator, 'accounts'>, name = 'demo'): DemoKeys {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const apns = {
    bundle: `com.example.${name}`,
    keyId: 'DEMOKEY001',
    teamId: randomBytes(5).toString('hex').toUpperCase(),
    environment: 'production',
    privateKey: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  } as const;
  const projectId = `project-${name}`;
  const clientEmail = `carillon@${projectId}.iam.gserviceaccount.com`;
  simulator.accounts.registerApnsKey({
    teamId: apns.teamId,
    keyId: apns.keyId,
    publicKeyPem: ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    topics: [apns.bundle],
  });
  simulator.accounts.registerFcmServiceAccount({
    projectId,
    clientEmail,
    publicKeyPem: rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  });
  return {
    apns,
    fcm: {
      projectId,
      serviceAccount: JSON.stringify({
        type: 'service_account',
        project_id: projectId,
        client_email: clientEmail,
        private_key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    },
  };
}
