import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../access/authenticator';
import type { OperationPolicy } from './operation-policy';

/** An Apollo plugin, typed by the copy of Apollo that Nest imports. */
export type ApolloPlugin = NonNullable<ApolloDriverConfig['plugins']>[number];

/** Applies the policy to operations over HTTP. */
export function enforcePolicy(policy: OperationPolicy): ApolloPlugin {
  return {
    serverWillStart: ({ schema }) => {
      policy.assertFits(schema);
      return Promise.resolve();
    },
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ schema, document, request, contextValue }) => {
          const { operationName, variables } = request;
          policy.check(schema, { document, operationName, variables }, actorOf(contextValue));
          return Promise.resolve();
        },
        willSendResponse: ({ response: { body }, contextValue }) => {
          if (body.kind === 'single' && policy.hidesSchemaFrom(actorOf(contextValue))) {
            const { errors } = body.singleResult;
            if (errors !== undefined) body.singleResult.errors = errors.map(withoutSuggestion);
          }
          return Promise.resolve();
        },
      }),
  };
}

/** Reads the actor from the context that `graphqlOptions` makes. */
const actorOf = (context: unknown) => (context as Caller).actor;

/** Drops the suggestion in which graphql-js names fields that are spelled alike. */
function withoutSuggestion(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(/ Did you mean [^]*\?$/, '') };
}
