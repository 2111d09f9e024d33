import type { PushCaller, PushSessionTokens } from '@app/auth';
import type { BearerRequest } from '../access/bearer';
import type { TokenKind } from '../access/token-strategy';

/** A request to a route that names its API space. */
export interface ApiSpaceRequest extends BearerRequest {
  readonly params: { readonly apiSpaceId: string };
}

/** The tokens of push sessions, each in the API space of the URL. */
export const pushSessionTokenKind = (tokens: PushSessionTokens): TokenKind<PushCaller> => ({
  keyFor: (raw, request) => tokens.keyFor(spaceOf(request), raw),
  identityOf: (claims, request) => tokens.callerOf(spaceOf(request), claims, request.ip),
});

const spaceOf = (request: BearerRequest) => (request as ApiSpaceRequest).params.apiSpaceId;
