import { isLikeApiKey } from '@app/auth';
import { type Actor, type Clock, DomainError } from '@app/core';
import { Logger } from '@nestjs/common';
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, type Context, type ServerOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Authenticator } from '../../access/authenticator';
import { type BearerRequest, bearerOf } from '../../access/bearer';
import { applicationHeader } from '../../access/user-token-kind';
import { formatError } from '../policy/format-error';
import type { Loaders } from '../kit/loaders';
import { RequestContext } from '../kit/request-context';
import type { OperationPolicy } from '../policy/operation-policy';
import { refusalLine } from '../../http/refusal-line';
import { subscriptionOf } from './subscription-operation';

/** The most subscriptions of one client over one socket. */
const mostSubscriptions = 20;

/** How often a socket's caller is checked again. */
const lookAgainMs = 2_000;

/** The facts about a socket that graphql-ws does not know. */
export interface SocketFacts {
  readonly socket: WebSocket;
  /** The address from which the socket came. */
  readonly address: string | undefined;
  watch?: NodeJS.Timeout;
}

type Connection = Context<Record<string, unknown>, SocketFacts>;

class TooManySubscriptionsError extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'TOO_MANY_SUBSCRIPTIONS';

  constructor() {
    super(`A socket may have ${mostSubscriptions} subscriptions at once`);
  }
}

/**
 * Adds our part to graphql-ws: callers show a token in connection_init, and are let in for as long as it is good. Only
 * subscriptions run, see `subscriptionOf`.
 */
export function subscriptionProtocol(
  schema: GraphQLSchema,
  authenticator: Authenticator,
  loaders: Loaders,
  policy: OperationPolicy,
  clock: Clock,
): ServerOptions<Record<string, unknown>, SocketFacts> {
  const logger = new Logger('Subscriptions');

  async function isStillLetIn(connection: Connection, before: Actor): Promise<boolean> {
    const request = requestOf(connection);
    try {
      // Requests may be a little late, by clocks that differ; a socket would be so on purpose.
      if (clock.now().getTime() >= endOf(request)) return false;
      return haveSameRights(await authenticator.identify(request), before);
    } catch (error) {
      if (!(error instanceof DomainError)) return true; // a database that is away refuses nobody
      logger.log(refusalLine(error));
      return false;
    }
  }

  return {
    onConnect: async (connection) => {
      const { actor, refusal } = await authenticator.callerOf(requestOf(connection));
      if (actor.kind === 'anonymous') {
        logger.log(refusal === undefined ? 'A socket without a token' : refusalLine(refusal));
        return false;
      }
      const { extra } = connection;
      if (extra.socket.readyState === extra.socket.OPEN) {
        extra.watch = setInterval(() => {
          void isStillLetIn(connection, actor).then((isIn) => {
            if (!isIn) extra.socket.close(CloseCode.Forbidden, 'Forbidden');
          });
        }, lookAgainMs);
      }
      return true;
    },
    onClose: ({ extra }) => {
      clearInterval(extra.watch);
    },
    onSubscribe: async (connection, _id, payload): Promise<ExecutionArgs | GraphQLError[]> => {
      try {
        // This one is among them.
        const { length } = Object.keys(connection.subscriptions);
        if (length > mostSubscriptions) throw new TooManySubscriptionsError();
        const operation = subscriptionOf(schema, payload);
        const caller = await authenticator.callerOf(requestOf(connection));
        policy.check(schema, operation, caller.actor);
        const { document, operationName, variables } = operation;
        return {
          schema,
          document,
          operationName: operationName ?? null,
          variableValues: variables ?? null,
          contextValue: new RequestContext(caller, loaders),
        };
      } catch (error) {
        return [asGraphQLError(error)];
      }
    },
    onNext: (_connection, _id, _payload, _args, { errors, ...result }) =>
      errors && ({ ...result, errors: errors.map(presentable) } as FormattedExecutionResult),
    onError: (_connection, _id, _payload, errors) => errors.map(presentable),
  };
}

/** Makes a request of an operation over a socket; its headers are the members of connection_init. */
function requestOf({ connectionParams = {}, extra: { address } }: Connection): BearerRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(connectionParams)) {
    const header = name.toLowerCase();
    const isOurs = header === 'authorization' || header === applicationHeader;
    if (isOurs && typeof value === 'string') headers[header] = value;
  }
  return { headers, ...(address !== undefined && { ip: address }) };
}

/** Returns when the token of a caller who was let in ends, in ms since the epoch. An API key is not let in late at all. */
function endOf(request: BearerRequest): number {
  const token = bearerOf(request) ?? '';
  if (isLikeApiKey(token)) return Infinity;
  const [, payload = ''] = token.split('.');
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number };
  return exp * 1000;
}

function haveSameRights(one: Actor, other: Actor): boolean {
  const rights = ({ permissions, applicationIds }: Actor) =>
    JSON.stringify([[...permissions].sort(), applicationIds]);
  return rights(one) === rights(other);
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

/** Gives an error the form that errors have over HTTP. Errors of graphql-js itself have no code yet. */
function presentable(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return error;
  const { originalError, extensions, message } = error;
  if (originalError !== undefined || extensions.code !== undefined) {
    return formatError(error.toJSON(), error);
  }
  const [, code = 'GRAPHQL_VALIDATION_FAILED'] =
    faultCodes.find(([start]) => message.startsWith(start)) ?? [];
  return formatError({ ...error.toJSON(), extensions: { code } }, error);
}

const faultCodes = [
  ['Syntax Error', 'GRAPHQL_PARSE_FAILED'],
  ['Variable "$', 'BAD_USER_INPUT'],
] as const;
