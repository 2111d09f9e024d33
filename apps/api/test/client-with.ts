import { randomUUID } from 'node:crypto';
import type { Permission } from '@app/core';
import { TokenSigner } from '@app/testing/token-signer';
import type { ApiClient } from './api-client';

/** Makes an OAuth client, and lets it in the way that clients come. @param api of an OWNER */
export async function clientWith(
  api: ApiClient,
  powers: { readonly scopes: readonly Permission[]; readonly applicationIds?: readonly string[] },
): Promise<ApiClient> {
  const signer = TokenSigner.create();
  const clientId = randomUUID();
  await api.ask('mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }', {
    input: { clientId, name: clientId, ...powers },
  });
  await api.ask('mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }', {
    input: { clientId, publicKey: signer.publicKey },
  });
  const response = await api.as(undefined).fetch('/api/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signer.assertion(clientId),
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return api.as(token);
}
