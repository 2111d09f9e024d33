import { AssertionGrant, tokenPath } from '@app/auth';
import { Body, Controller, Headers, HttpCode, Ip, Post } from '@nestjs/common';
import { Allow } from '../access/allow';
import { formOf } from './form';
import { grantRequestOf } from './grant-request';
import { NoStore } from '../http/no-store';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';

/** The answer of RFC 6749 §5.1. */
interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

/** Exchanges assertions for access tokens. */
@Controller()
@IgnoresIdempotencyKey()
export class TokenController {
  constructor(private readonly grant: AssertionGrant) {}

  @Post(tokenPath)
  @Allow('anyone')
  @HttpCode(200)
  @NoStore()
  async exchange(
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
    @Ip() address: string,
  ): Promise<TokenResponse> {
    const { assertion, scope } = grantRequestOf(authorization, formOf(body));
    const { token, expiresInSeconds, scopes } = await this.grant.exchange(
      assertion,
      scope,
      address,
    );
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      scope: scopes.join(' '),
    };
  }
}
