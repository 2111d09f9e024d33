import type { IncomingMessage, Server } from 'node:http';
import { DomainError } from '@app/core';
import { Logger } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { CloseCode, type Context, type SubscribePayload } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { Authenticator } from '../access/authenticator';
import type { BearerRequest } from '../access/bearer';
import { applicationHeader } from '../access/user.strategy';
import { formatError } from './format-error';
import { Loaders } from './loaders';
import { assertModest } from './operation-limits';

/** A subscription is a few lines. */
const largestMessageBytes = 64 * 1024;
const maxTokens = 1_000;

/** What one client may watch at once over one socket. */
const mostSubscriptions = 20;

/** How often it is asked whether a socket's token is still good. */
const lookAgainMs = 5_000;

type Socket = Context<Record<string, unknown>, Extra & { watch?: NodeJS.Timeout }>;

/**
 * Subscriptions, and nothing else, over graphql-ws at the API's own path: graphql-ws would run queries and mutations
 * too, past every limit that HTTP has. A reader that takes nothing in is dropped by graphql-ws's own pings.
 * @returns how to end it
 */
export function serveSubscriptions(app: NestFastifyApplication, path: string): () => Promise<void> {
  const { schema } = app.get(GraphQLSchemaHost);
  const authenticator = app.get(Authenticator, { strict: false });
  const loaders = app.get(Loaders, { strict: false });
  const logger = new Logger('Subscriptions');
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessageBytes });
  const http = app.getHttpServer<Server>();

  const upgrade: Parameters<Server['on']>[1] = (request: IncomingMessage, socket, head) => {
    if (new URL(request.url ?? '', 'http://localhost').pathname === path) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        sockets.emit('connection', webSocket, request);
      });
    } else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  };
  http.on('upgrade', upgrade);

  const server = useServer<Record<string, unknown>, { watch?: NodeJS.Timeout }>(
    {
      onConnect: async (socket) => {
        const { actor, refusal } = await authenticator.callerOf(requestOf(socket));
        if (actor.kind === 'anonymous') {
          logger.log(`Refused a socket: ${refusal?.message ?? 'no token'}`);
          return false;
        }
        socket.extra.watch = setInterval(() => {
          void closeWhenRefused(socket);
        }, lookAgainMs);
        return true;
      },
      onClose: ({ extra }) => {
        clearInterval(extra.watch);
      },
      onSubscribe: async (socket, _id, payload) => {
        const subscriptions = Object.keys(socket.subscriptions).length;
        const operation =
          subscriptions > mostSubscriptions
            ? [new GraphQLError(`A socket may have ${mostSubscriptions} subscriptions at once`)]
            : operationOf(schema, payload);
        if (Array.isArray(operation)) return operation;
        const caller = await authenticator.callerOf(requestOf(socket));
        return {
          ...operation,
          contextValue: { ...caller, loaders: loaders.create(caller.actor) },
        };
      },
      onNext: (_socket, _id, _payload, _args, result) =>
        result.errors === undefined
          ? undefined
          : ({ ...result, errors: result.errors.map(presentable) } as FormattedExecutionResult),
      onError: (_socket, _id, _payload, errors) => errors.map(presentable),
    },
    sockets,
  );

  async function closeWhenRefused(socket: Socket): Promise<void> {
    try {
      await authenticator.identify(requestOf(socket));
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') return;
      socket.extra.socket.close(CloseCode.Forbidden, 'Forbidden');
    }
  }

  return async () => {
    http.off('upgrade', upgrade);
    await server.dispose();
  };
}

/** The headers of an operation over a socket are the members of its connection_init. */
function requestOf({ connectionParams = {}, extra }: Socket): BearerRequest {
  const given = Object.entries(connectionParams).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const params = Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
  const { authorization, [applicationHeader]: application } = params;
  const ip = extra.request.socket.remoteAddress;
  return {
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(application !== undefined && { [applicationHeader]: application }),
    },
    ...(ip !== undefined && { ip }),
  };
}

function operationOf(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribePayload,
): ExecutionArgs | GraphQLError[] {
  try {
    const document = parse(query, { maxTokens });
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== 'subscription') {
      return [new GraphQLError('Only subscriptions go over the socket; all else over HTTP')];
    }
    const faults = validate(schema, document);
    if (faults.length > 0) return [...faults];
    assertModest(schema, { document, operationName, variables });
    return {
      schema,
      document,
      ...(operationName != null && { operationName }),
      ...(variables != null && { variableValues: variables }),
    };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** As Apollo does over HTTP: what graphql-js itself says is a fault of the request. */
function presentable(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return error;
  const isFault = error.originalError === undefined && error.extensions.code === undefined;
  const code = { code: 'GRAPHQL_VALIDATION_FAILED' };
  return formatError({ ...error.toJSON(), ...(isFault && { extensions: code }) }, error);
}
