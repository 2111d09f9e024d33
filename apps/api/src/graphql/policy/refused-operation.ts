import { GraphQLError } from 'graphql';

/** Makes the error of an operation that is refused for its own sake: over HTTP the status is 400. */
export function refusedOperation(
  code: 'OPERATION_TOO_LARGE' | 'OPERATION_NOT_SAFELISTED' | 'INTROSPECTION_DISABLED',
  message: string,
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } });
}
