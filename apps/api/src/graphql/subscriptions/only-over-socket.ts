import { GraphQLError, OperationTypeNode } from 'graphql';
import type { ApolloPlugin } from '../policy/enforce-policy';

/** Refuses subscriptions over HTTP: Apollo would run one once, as if it were a query. */
export const onlyOverSocket: ApolloPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ operation }) => {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
        throw new GraphQLError('Subscriptions go over the socket, by the graphql-ws protocol', {
          extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
        });
      },
    }),
};
