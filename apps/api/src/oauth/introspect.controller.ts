import {
  AccessTokens,
  ApiKeyCallers,
  type ApiKeyFacts,
  InvalidRequestError,
  isLikeApiKey,
  type TokenClaims,
} from '@app/auth';
import type { Actor } from '@app/core';
import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { Allow } from '../access/allow';
import { bearerOf } from '../access/bearer';
import { CurrentActor } from '../access/current-actor';
import { formOf } from './form';
import { NoStore } from '../http/no-store';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';

/** RFC 7662 §2.2 */
type Introspection =
  | { readonly active: false }
  | (Partial<Pick<TokenClaims, 'iss' | 'aud' | 'sub' | 'exp' | 'iat' | 'jti'>> & {
      readonly active: true;
      readonly token_type: 'Bearer';
      readonly client_id: unknown;
      readonly scope: unknown;
    });

/** Says what an access token of ours, or an API key, is good for: to those who may see clients, and to whoever holds the token itself. */
@Controller()
@IgnoresIdempotencyKey()
export class IntrospectController {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly apiKeys: ApiKeyCallers,
  ) {}

  @Post('api/oauth/introspect')
  @Allow('authenticated')
  @HttpCode(200)
  @NoStore()
  async introspect(
    @CurrentActor() actor: Actor,
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): Promise<Introspection> {
    const { token } = formOf(body);
    if (token === undefined) throw new InvalidRequestError('token is missing');
    const isOwn = bearerOf({ headers: { authorization } }) === token;
    if (!isOwn) actor.demandSomewhere('clients:read');
    const asker = isOwn ? undefined : actor;
    if (isLikeApiKey(token)) {
      const facts = await this.apiKeys.inspect(token, asker);
      return facts === undefined ? { active: false } : introspectionOfKey(facts);
    }
    const claims = await this.tokens.inspect(token, asker);
    return claims === undefined ? { active: false } : introspectionOf(claims);
  }
}

const introspectionOfKey = ({ id, scopes, endsAt }: ApiKeyFacts): Introspection => ({
  active: true,
  token_type: 'Bearer',
  client_id: id,
  sub: id,
  scope: scopes.join(' '),
  ...(endsAt !== undefined && { exp: Math.floor(endsAt.getTime() / 1000) }),
});

function introspectionOf(claims: TokenClaims): Introspection {
  const { iss, aud, sub, exp, iat, jti, client_id, scope } = claims;
  return {
    active: true,
    token_type: 'Bearer',
    client_id,
    scope,
    exp,
    ...(iss !== undefined && { iss }),
    ...(aud !== undefined && { aud }),
    ...(sub !== undefined && { sub }),
    ...(iat !== undefined && { iat }),
    ...(jti !== undefined && { jti }),
  };
}
