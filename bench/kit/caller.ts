import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Permission } from '@app/core';
import { newRsaKey } from '@app/testing/rsa-keys';
import { TokenSigner } from '@app/testing/token-signer';

/** An OAuth client that a server is provisioned with, and that logs in. */
export class BenchCaller {
  private readonly signer = TokenSigner.create(newRsaKey());

  constructor(private readonly scopes: readonly Permission[]) {}

  /** @returns the path of a provisioning file with application 1 and the client */
  provision(folder: string): string {
    const file = join(folder, 'provision.json');
    const client = {
      clientId: 'bench',
      name: 'Bench',
      scopes: this.scopes,
      keys: [{ publicKeyBase64: Buffer.from(this.signer.publicKey).toString('base64') }],
    };
    const application = { id: 1, name: 'Mobile bank' };
    writeFileSync(file, JSON.stringify({ applications: [application], clients: [client] }));
    return file;
  }

  async authorization(url: string): Promise<{ readonly authorization: string }> {
    const response = await fetch(`${url}/api/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.signer.assertion('bench')}` },
    });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`No token: ${response.status}`);
    return { authorization: `Bearer ${token}` };
  }
}
