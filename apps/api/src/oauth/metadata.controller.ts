import { jwtBearerGrant, tokenPath } from '@app/auth';
import { Config, permissions } from '@app/core';
import { SigningKeys } from '@app/keys';
import { Controller, Get, Header } from '@nestjs/common';
import { Allow } from '../access/allow';

/** Publishes what clients and resource servers can find out by themselves. */
@Controller('.well-known')
export class MetadataController {
  constructor(
    private readonly config: Config,
    private readonly signingKeys: SigningKeys,
  ) {}

  /** Answers by RFC 8414 §2. */
  @Get('oauth-authorization-server')
  @Allow('anyone')
  @Header('cache-control', 'public, max-age=3600')
  metadata(): object {
    const { publicUrl } = this.config;
    return {
      issuer: publicUrl,
      token_endpoint: publicUrl + tokenPath,
      jwks_uri: `${publicUrl}/.well-known/jwks.json`,
      scopes_supported: permissions,
      response_types_supported: [],
      grant_types_supported: [jwtBearerGrant],
      // The assertion says who the client is.
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint: `${publicUrl}/api/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint: `${publicUrl}/api/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['Bearer'],
    };
  }

  /** Answers by RFC 7517 §5. A new key is in it for 10 s before it signs, twice as long as this is cached. */
  @Get('jwks.json')
  @Allow('anyone')
  @Header('cache-control', 'public, max-age=5')
  jwks(): Promise<object> {
    return this.signingKeys.jwks();
  }
}
