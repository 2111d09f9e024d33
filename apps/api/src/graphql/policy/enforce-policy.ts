import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../access/authenticator';
import type { OperationPolicy } from './operation-policy';
import { OperationsAtOnce } from './operations-at-once';

/** An Apollo plugin, typed by the copy of Apollo that Nest imports. */
export type ApolloPlugin = NonNullable<ApolloDriverConfig['plugins']>[number];

/** Applies the policy to operations over HTTP, and lets each caller have so many of them at once. */
export function enforcePolicy(policy: OperationPolicy): ApolloPlugin {
  const operations = new OperationsAtOnce();
  return {
    serverWillStart: ({ schema }) => {
      policy.assertFits(schema);
      return Promise.resolve();
    },
    requestDidStart: () => {
      let isOver = false;
      let end: (() => void) | undefined;
      return Promise.resolve({
        didResolveOperation: async ({ schema, document, request, contextValue }) => {
          const { operationName, variables } = request;
          const actor = actorOf(contextValue);
          policy.check(schema, { document, operationName, variables }, actor);
          end = await operations.begin(actor);
          if (isOver) end(); // another plugin refused it in the meantime
        },
        willSendResponse: ({ response: { body }, contextValue }) => {
          isOver = true;
          end?.();
          if (body.kind === 'single' && policy.hidesSchemaFrom(actorOf(contextValue))) {
            const { errors } = body.singleResult;
            if (errors !== undefined) body.singleResult.errors = errors.map(withoutSuggestion);
          }
          return Promise.resolve();
        },
      });
    },
  };
}

/** Reads the actor from the context that `graphqlOptions` makes. */
const actorOf = (context: unknown) => (context as Caller).actor;

/** Drops the suggestion in which graphql-js names fields that are spelled alike. */
function withoutSuggestion(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(/ Did you mean [^]*\?$/, '') };
}
