import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { rsaKey } from '@app/testing/rsa-keys';
import { jwtVerify } from 'jose';
import { compactJws } from './compact-jws';

describe('a compact JWS', () => {
  it.each([
    ['RS256', () => rsaKey()],
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ] as const)('by %s is what another implementation verifies', async (alg, newKey) => {
    const key = newKey();
    const claims = { iss: 'Überweisung', iat: 1_764_633_600, list: [1, null] };
    const token = await compactJws({ alg, kid: 'k1' }, claims, key);
    const { payload, protectedHeader } = await jwtVerify(token, createPublicKey(key));
    expect([protectedHeader, payload]).toEqual([{ alg, kid: 'k1' }, claims]);
  });
});
