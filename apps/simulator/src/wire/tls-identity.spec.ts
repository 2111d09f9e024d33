import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@app/core';
import { HandClock } from '../../test/clients';
import { createTlsIdentity, loadTlsIdentity } from './tls-identity';

describe('the TLS identity', () => {
  it('is a leaf for the gateways’ names, signed by its own CA', async () => {
    const { cert, ca } = await createTlsIdentity(new SystemClock());
    const leaf = new X509Certificate(cert);
    const authority = new X509Certificate(ca);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    for (const host of ['localhost', 'api.push.apple.com', 'fcm.googleapis.com']) {
      expect(leaf.checkHost(host)).toBe(host);
    }
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('::1')).toBe('::1');
  });

  it('is kept in a directory, its key for the owner only, until its end is near', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'simulator-tls-'));
    try {
      const clock = new HandClock();
      const first = await loadTlsIdentity(directory, clock);
      expect(statSync(join(directory, 'simulator.key.pem')).mode & 0o777).toBe(0o600);
      expect(await loadTlsIdentity(directory, clock)).toEqual(first);
      clock.advance(790 * 24 * 60 * 60 * 1000);
      expect((await loadTlsIdentity(directory, clock)).ca).not.toBe(first.ca);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
