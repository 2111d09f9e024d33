import {
  AccessTokens,
  loginPath,
  RefreshTokens,
  ServiceAccountLogin,
  type TokenPair,
} from '@app/auth';
import { Body, Controller, Headers, HttpCode, Ip, Post, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Allow } from '../access/allow';
import { NoStore } from '../http/no-store';
import { lenientJson } from '../http/lenient-json';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';
import { legacyHeaders } from './legacy-headers';
import { bytesOf, readLogin, readRefresh, readRevocation } from './token-bodies';
import { refreshPath, revokePath } from './token-routes';

/** PaymentsGate's answer; its clients read these three members and no others. */
interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

interface Reply {
  headers(values: Readonly<Record<string, string>>): unknown;
}

/** Serves PaymentsGate's clients: with status 200, at the root and never compressed. */
@Controller()
@IgnoresIdempotencyKey()
export class AccountTokensController {
  constructor(
    private readonly login: ServiceAccountLogin,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
  ) {}

  @Post(loginPath)
  @Allow('anyone')
  @RouteConfig(lenientJson)
  @HttpCode(200)
  @NoStore()
  async issue(
    @Body() body: unknown,
    @Headers('x-signature') signatureHeader: string | undefined,
    @Headers('user-agent') userAgent: string | undefined,
    @Ip() address: string,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<TokenResponse> {
    const rawBody = bytesOf(body);
    const { account_id: accountId, public_key: publicKey, ...rest } = readLogin(rawBody);
    const tokens = await this.login.login({
      accountId,
      publicKey,
      clientAssertion: rest.client_assertion,
      signatureHeader,
      rawBody,
      address,
      userAgent,
    });
    if (tokens.legacyUntil !== undefined) reply.headers(legacyHeaders(tokens.legacyUntil));
    return tokenView(tokens);
  }

  @Post(refreshPath)
  @Allow('anyone')
  @RouteConfig(lenientJson)
  @HttpCode(200)
  @NoStore()
  async refresh(@Body() body: unknown, @Ip() address: string): Promise<TokenResponse> {
    const token = readRefresh(bytesOf(body));
    return tokenView(await this.refreshTokens.refresh(token, address));
  }

  /** Ends a refresh token with its family, or an access token. A text that is no token of ours is fine: RFC 7009 §2.2. */
  @Post(revokePath)
  @Allow('anyone')
  @RouteConfig(lenientJson)
  @HttpCode(200)
  @NoStore()
  async revoke(@Body() body: unknown, @Ip() address: string): Promise<object> {
    const token = readRevocation(bytesOf(body));
    await this.refreshTokens.revoke(token, address);
    await this.accessTokens.surrender(token, address);
    return {};
  }
}

const tokenView = ({ accessToken, refreshToken, expiresInSeconds }: TokenPair): TokenResponse => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  expires_in: expiresInSeconds,
});
