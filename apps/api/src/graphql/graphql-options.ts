import type { Config } from '@app/core';
import type { Idempotency } from '@app/idempotency';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { formatError } from './policy/format-error';
import type { Authenticator } from '../access/authenticator';
import type { BearerRequest } from '../access/bearer';
import { guardFields } from '../access/guard-fields';
import { assertParameters } from './assert-parameters';
import { repeatMutations } from './repeat-mutations';
import { landingPage, noLandingPage } from './landing-page';
import { onlyOverSocket } from './subscriptions/only-over-socket';
import { costDirectives, declareCosts } from './kit/declared-costs';
import { type ApolloPlugin, enforcePolicy } from './policy/enforce-policy';
import type { Loaders } from './kit/loaders';
import { nameInputs } from './kit/name-inputs';
import type { OperationPolicy } from './policy/operation-policy';
import { type HttpExchange, RequestContext } from './kit/request-context';
import { resolvers } from './resolvers';

/** The most selections of one operation, fragments counted each time. The introspection of GraphiQL has some 150. */
const maxSelections = 500;

/** The most tokens of an operation's text: 10 000 users written into a mutation are as many. */
const maxLexicalTokens = 20_000;

export function graphqlOptions(
  loaders: Loaders,
  authenticator: Authenticator,
  policy: OperationPolicy,
  idempotency: Idempotency,
  config: Config,
): Omit<ApolloDriverConfig, 'driver'> {
  assertParameters(resolvers);
  return {
    autoSchemaFile: true,
    sortSchema: true,
    buildSchemaOptions: { directives: [...costDirectives] },
    inheritResolversFromInterfaces: true,
    graphiql: false,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    maxRecursiveSelections: maxSelections,
    parseOptions: { maxLexicalTokens },
    includeStacktraceInErrorResponses: false,
    autoTransformHttpErrors: false,
    formatError,
    plugins: [
      // It looks at every field, for headers of caches that nobody may keep our answers in.
      ApolloServerPluginCacheControlDisabled() as unknown as ApolloPlugin,
      config.playground ? landingPage : noLandingPage,
      onlyOverSocket,
      enforcePolicy(policy),
      repeatMutations(idempotency),
    ],
    transformSchema: (schema) => guardFields(nameInputs(declareCosts(schema))),
    context: async (request: BearerRequest, reply: HttpExchange['reply']) =>
      new RequestContext(await authenticator.callerOf(request), loaders, { request, reply }),
  };
}
