import { AccessTokens, InvalidRequestError, type TokenClaims } from '@app/auth';
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
  | (Pick<TokenClaims, 'iss' | 'aud' | 'sub' | 'exp' | 'iat' | 'jti'> & {
      readonly active: true;
      readonly token_type: 'Bearer';
      readonly client_id: unknown;
      readonly scope: unknown;
    });

/** Says what an access token of ours is good for: to those who may see clients, and to whoever holds the token itself. */
@Controller()
@IgnoresIdempotencyKey()
export class IntrospectController {
  constructor(private readonly tokens: AccessTokens) {}

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
    const claims = await this.tokens.inspect(token, isOwn ? undefined : actor);
    return claims === undefined ? { active: false } : introspectionOf(claims);
  }
}

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
