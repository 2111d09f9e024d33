import {
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Operation } from '../policy/operation-limits';

/** The most tokens of a subscription, which is a few lines. */
const maxTokens = 1_000;

/**
 * Returns the subscription that a socket asks for, when it is valid: graphql-ws would run queries and mutations too,
 * past all that HTTP asks of them.
 * @throws GraphQLError
 */
export function subscriptionOf(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribePayload,
): Operation {
  const document = parse(query, { maxTokens });
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
    throw new GraphQLError('Only subscriptions go over the socket; all else over HTTP', {
      extensions: { code: 'BAD_REQUEST' },
    });
  }
  const [fault] = validate(schema, document);
  if (fault !== undefined) throw fault;
  return { document, operationName, variables };
}
