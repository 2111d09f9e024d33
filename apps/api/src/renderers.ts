import type { Clock, Config } from '@app/core';
import { comapiFailures } from './comapi/comapi-failures';
import { graphqlFailures } from './graphql/policy/graphql-failures';
import type { Renderer } from './http/renderer';
import { oauthFailures } from './oauth/oauth-failures';
import { accountTokenFailures } from './paymentsgate/account-token-failures';
import { powerAuthFailures } from './powerauth/protocol/powerauth-failures';

/** The renderers of edges whose callers know another form than problem+json. No two own the same path. */
export const renderers = (config: Config, clock: Clock): readonly Renderer[] => [
  graphqlFailures,
  comapiFailures,
  oauthFailures,
  accountTokenFailures(config),
  powerAuthFailures(config, clock),
];
