import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ApnsCredential, FcmCredential } from '@app/push';
import type { Simulator } from '../../simulator/src';

export interface DemoKeys {
  readonly apns: ApnsCredential;
  readonly fcm: FcmCredential;
}

/**
 * Credentials that no one issued, made known to the simulator, which verifies them as Apple and Google would.
 * @param fcmKey the service account's private key, RSA of 2048 bits; a new one where absent
 */
export function makeDemoKeys(
  simulator: Pick<Simulator, 'accounts'>,
  name = 'demo',
  fcmKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
): DemoKeys {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
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
    publicKeyPem: createPublicKey(fcmKey).export({ type: 'spki', format: 'pem' }).toString(),
  });
  return {
    apns,
    fcm: {
      projectId,
      serviceAccount: JSON.stringify({
        type: 'service_account',
        project_id: projectId,
        client_email: clientEmail,
        private_key: fcmKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    },
  };
}
