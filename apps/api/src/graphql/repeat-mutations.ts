import { holdsApiKey } from '@app/auth';
import {
  type Claim,
  type Idempotency,
  idempotencyHeader,
  idempotentRequest,
} from '@app/idempotency';
import {
  type FormattedExecutionResult,
  getOperationAST,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Caller } from '../access/authenticator';
import type { ApolloPlugin } from './policy/enforce-policy';
import { failureOf, unloggedFailureOf } from '../http/failure';
import { isPassing } from '../idempotency/passing';
import { rootOf, shown } from './policy/format-error';

/** Repeats the first answer to a mutation that comes again with the same Idempotency-Key. */
export function repeatMutations(idempotency: Idempotency): ApolloPlugin {
  return {
    requestDidStart: () => {
      let claim: Claim | undefined;
      let errors: readonly GraphQLError[] = [];
      return Promise.resolve({
        responseForOperation: async ({ request, response, document, source, contextValue }) => {
          const { http: incoming, operationName, variables } = request;
          const { actor, refusal } = contextValue as unknown as Caller;
          const isMutation =
            getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION;
          if (!isMutation || refusal !== undefined) return null;
          const asked = JSON.stringify([source, operationName ?? null, variables ?? {}]);
          const { http } = response;
          try {
            const key = incoming?.headers.get(idempotencyHeader);
            const repeatable = idempotentRequest(actor, key, ['graphql', asked]);
            if (repeatable === undefined) return null;
            const claimed = await idempotency.claim(repeatable);
            if ('claim' in claimed) {
              claim = claimed.claim;
              return null;
            }
            http.status = claimed.first.status;
            http.headers.set('idempotent-replayed', 'true');
            return { http, body: single(JSON.parse(claimed.first.body)) };
          } catch (error) {
            // Apollo would take what is thrown here for a fault of its own.
            return { http, body: refused(error, http) };
          }
        },
        didEncounterErrors: (context) => {
          ({ errors } = context);
          return Promise.resolve();
        },
        willSendResponse: async ({ response, operation }) => {
          const { body, http } = response;
          if (claim === undefined || body.kind !== 'single') return;
          try {
            if (hadNoEffect(errors, operation)) await idempotency.release(claim);
            else {
              const text = JSON.stringify(body.singleResult);
              const { status = 200 } = http;
              const isToldOnce = holdsApiKey(text);
              await idempotency.keep(claim, { status, contentType: '', body: text, isToldOnce });
            }
          } catch (error) {
            // Nothing was done, or nobody knows: what was to be answered may not be so.
            response.body = refused(error, http);
          }
        },
      });
    },
  };
}

const single = (result: unknown) => ({
  kind: 'single' as const,
  singleResult: result as FormattedExecutionResult<Record<string, unknown>>,
});

function refused(error: unknown, head: { status?: number }) {
  const failure = failureOf(error, 'GraphQL');
  head.status = failure.status;
  return single({ errors: [shown(failure)] });
}

/**
 * Tells whether a mutation did nothing. Of several fields, those before the refused one have been carried out; and so
 * has the field whose answer could not be read in full.
 */
function hadNoEffect(
  errors: readonly GraphQLError[],
  operation: OperationDefinitionNode | undefined,
): boolean {
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  if (field?.kind !== Kind.FIELD || others.length > 0) return false;
  return errors.some(
    (error) => error.path?.length === 1 && isPassing(unloggedFailureOf(rootOf(error))),
  );
}
