import { PushSessionTokens, UnauthenticatedError } from '@app/auth';
import { type Actor, Config } from '@app/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from './access/authenticator';
import { TokenStrategy } from './access/token-strategy';
import { pushSessionTokenKind } from './comapi/push-session-token-kind';
import { graphqlFailures } from './graphql/policy/graphql-failures';
import type { Senders } from './http/long-bodies';
import { PowerAuthCallers } from './powerauth/protocol/powerauth-callers';
import { adminPath, isPowerAuthPath } from './powerauth/protocol/powerauth-path';

/** The edges that take long bodies, each from those whom it knows by the head of a request, as its guard does. */
export function sendersOfLongBodies(app: NestFastifyApplication): readonly Senders[] {
  const config = app.get(Config, { strict: false });
  const authenticator = app.get(Authenticator, { strict: false });
  const powerAuth = new PowerAuthCallers(config, authenticator);
  const pushSessions = new TokenStrategy(
    pushSessionTokenKind(app.get(PushSessionTokens, { strict: false })),
  );
  return [
    {
      owns: (route) => graphqlFailures.owns(route),
      assertKnown: async (request) => {
        assertSomebody(await authenticator.identify(request));
      },
    },
    {
      owns: (route) => isPowerAuthPath(route, config),
      assertKnown: async (request, route) => {
        assertSomebody(await powerAuth.admit(request, route.includes(`/${adminPath}`)));
      },
    },
    {
      // The others of its routes open sessions, for who has none.
      owns: (route) => /^\/apispaces\/.*:(sessionId|profileId)/.test(route),
      assertKnown: (request) => pushSessions.identify(request),
    },
  ];
}

/** Lets callers of open routes pass, who are anonymous and may do things. @throws UnauthenticatedError */
function assertSomebody({ kind, permissions }: Actor): void {
  if (kind === 'anonymous' && permissions.size === 0) throw new UnauthenticatedError();
}
