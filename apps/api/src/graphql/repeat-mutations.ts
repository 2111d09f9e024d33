import { asRefusal, DatabaseUnavailableError } from '@app/core';
import {
  type Claim,
  type Idempotency,
  idempotencyHeader,
  idempotentRequest,
} from '@app/idempotency';
import {
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Caller } from '../access/authenticator';
import type { ApolloPlugin } from './policy/enforce-policy';
import { formatError } from './policy/format-error';
import { idempotencyStatus } from '../idempotency/idempotency-status';

/** Refusals that did nothing and may turn out otherwise the next time. */
const transient = new Set<unknown>([
  'ACTIVATION_SOURCE_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'FORBIDDEN',
  'INTERNAL_SERVER_ERROR',
  'INVALID_TOKEN',
  'PASSWORD_CHANGE_REQUIRED',
  'POWERAUTH_UNAVAILABLE',
  'RATE_LIMITED',
  'RATE_LIMITS_UNAVAILABLE',
  'SECRET_UNREADABLE',
  'UNAUTHENTICATED',
]);

/** Repeats the first answer to a mutation that comes again with the same Idempotency-Key. */
export function repeatMutations(idempotency: Idempotency): ApolloPlugin {
  return {
    requestDidStart: () => {
      let claim: Claim | undefined;
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
            http.status = statusOf(error);
            return { http, body: single({ errors: [presentable(error)] }) };
          }
        },
        willSendResponse: async ({ response, operation }) => {
          const { body, http } = response;
          if (claim === undefined || body.kind !== 'single') return;
          try {
            if (hadNoEffect(body.singleResult, operation)) await idempotency.release(claim);
            else {
              const text = JSON.stringify(body.singleResult);
              const { status = 200 } = http;
              await idempotency.keep(claim, { status, contentType: '', body: text });
            }
          } catch (error) {
            // Nothing was done, or nobody knows: what was to be answered may not be so.
            http.status = statusOf(error);
            response.body = single({ errors: [presentable(error)] });
          }
        },
      });
    },
  };
}

function statusOf(error: unknown): number {
  const fault = asRefusal(error) instanceof DatabaseUnavailableError ? 503 : 500;
  return idempotencyStatus(error) ?? fault;
}

const single = (result: unknown) => ({
  kind: 'single' as const,
  singleResult: result as FormattedExecutionResult<Record<string, unknown>>,
});

function presentable(error: unknown) {
  const originalError = error instanceof Error ? error : new Error(String(error));
  const shown = new GraphQLError(originalError.message, { originalError });
  return formatError(shown.toJSON(), shown);
}

/**
 * Of several fields, those before the one that was refused have been carried out; and so has the field whose answer
 * could not be read in full.
 */
function hadNoEffect(
  { errors = [] }: FormattedExecutionResult,
  operation: OperationDefinitionNode | undefined,
): boolean {
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  if (field?.kind !== Kind.FIELD || others.length > 0) return false;
  return errors.some(
    ({ path, extensions }) => path?.length === 1 && transient.has(extensions?.code),
  );
}
