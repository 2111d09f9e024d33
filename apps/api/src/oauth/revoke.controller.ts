import { AccessTokens, ApiKeysService, InvalidRequestError, RefreshTokens } from '@app/auth';
import { Body, Controller, HttpCode, Ip, Post } from '@nestjs/common';
import { Allow } from '../access/allow';
import { formOf } from './form';
import { NoStore } from '../http/no-store';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';

/** Revokes tokens by RFC 7009. Whoever holds a token may end it; whether there was one is not said. */
@Controller()
@IgnoresIdempotencyKey()
export class RevokeController {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly apiKeys: ApiKeysService,
  ) {}

  @Post('api/oauth/revoke')
  @Allow('anyone')
  @HttpCode(200)
  @NoStore()
  async revoke(@Body() body: unknown, @Ip() address: string): Promise<void> {
    const { token } = formOf(body);
    if (token === undefined) throw new InvalidRequestError('token is missing');
    await this.tokens.surrender(token, address);
    await this.refreshTokens.revoke(token, address);
    await this.apiKeys.surrender(token, address);
  }
}
