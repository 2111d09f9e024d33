import { Logger } from '@nestjs/common';
import {
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
} from 'graphql';
import type { Caller } from '../access/authenticator';
import type { ApolloPlugin } from '../graphql/enforce-policy';
import { formatError } from '../graphql/format-error';
import type { Claim, Idempotency } from './idempotency';
import { idempotencyStatus } from './idempotency.errors';
import { idempotencyHeader, idempotentRequest } from './idempotent-request';

/** Refusals that did nothing and may turn out otherwise the next time. */
const transient = new Set<unknown>([
  'ACTIVATION_SOURCE_UNAVAILABLE',
  'FORBIDDEN',
  'INTERNAL_SERVER_ERROR',
  'INVALID_TOKEN',
  'POWERAUTH_UNAVAILABLE',
  'RATE_LIMITED',
  'RATE_LIMITS_UNAVAILABLE',
  'SECRET_UNREADABLE',
  'UNAUTHENTICATED',
]);

/** Repeats the first answer to a mutation that comes again with the same Idempotency-Key. */
export function repeatMutations(idempotency: Idempotency): ApolloPlugin {
  const logger = new Logger('Idempotency');
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
            http.status = idempotencyStatus(error) ?? 500;
            return { http, body: single({ errors: [presentable(error)] }) };
          }
        },
        willSendResponse: async ({ response: { body, http } }) => {
          if (claim === undefined || body.kind !== 'single') return;
          try {
            if (hadNoEffect(body.singleResult)) await idempotency.release(claim);
            else {
              const text = JSON.stringify(body.singleResult);
              const { status = 200 } = http;
              await idempotency.keep(claim, { status, contentType: '', body: text });
            }
          } catch (error) {
            // The work is done and must be answered; repeats are told that it runs, until it counts as abandoned.
            logger.error(`The answer to a mutation was not kept: ${String(error)}`);
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

function presentable(error: unknown) {
  const originalError = error instanceof Error ? error : new Error(String(error));
  const shown = new GraphQLError(originalError.message, { originalError });
  return formatError(shown.toJSON(), shown);
}

/** Fields of a mutation run one after the other: those before the one that was refused have been carried out. */
function hadNoEffect({ data, errors = [] }: FormattedExecutionResult): boolean {
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return isEmpty && errors.some(({ extensions }) => transient.has(extensions?.code));
}
