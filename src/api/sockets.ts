/** GraphQL over WebSocket (graphql-ws) on the port and path of GraphQL over HTTP. */
import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../observe/log.js';
import { actorOf, type RequestContext, type Shell } from './context.js';
import { type Limits, parseLimited, validateLimited } from './limits.js';
import { graphqlError } from './problems.js';

export interface SocketOptions {
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly shell: Shell;
  readonly limits: Limits;
  /** Whether a browser page of this origin may connect; no Origin = no browser. */
  readonly allowsOrigin: (origin: string, host: string) => boolean;
  readonly log: Log;
}

const MOST_SUBSCRIPTIONS = 100;
const MOST_CONNECTIONS = 2000;
const MOST_BUFFERED_BYTES = 16 * 1024 * 1024;
const PATH = '/graphql';
/** RFC 6455's registry: connect again. */
const SERVICE_RESTART = 1012;

interface Extra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

/** Answers what closes it: every client is told that the server goes away. */
export function openSockets({ server, schema, shell, limits, allowsOrigin, log }: SocketOptions): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  const open = new Map<WebSocket, number>();
  server.on('upgrade', (request, socket, head) => {
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    const { origin, host = '' } = request.headers;
    if (new URL(request.url ?? '/', 'http://any').pathname !== PATH) return refuse('404 Not Found');
    if (origin !== undefined && !allowsOrigin(origin, host)) return refuse('403 Forbidden');
    if (sockets.clients.size >= MOST_CONNECTIONS) return refuse('503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  const disposable = useServer<Record<string, unknown>, Record<string, unknown>>(
    {
      schema,
      context: ({ extra }): RequestContext & Record<string, unknown> => ({ shell, actor: actorOf(extra.request.headers['x-actor']) }),
      onSubscribe: ({ extra }, _id, { query, operationName, variables }) => {
        const { socket } = extra as Extra;
        const subscriptions = open.get(socket) ?? 0;
        if (subscriptions >= MOST_SUBSCRIPTIONS)
          return [
            new GraphQLError(`at most ${MOST_SUBSCRIPTIONS} subscriptions per connection`, {
              extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
            }),
          ];
        open.set(socket, subscriptions + 1);
        const read = readDocument(query);
        if ('error' in read) return [read.error];
        const errors = validateLimited(schema, read.document, limits);
        if (errors.length > 0) return [...errors];
        return { schema, document: read.document, operationName: operationName ?? null, variableValues: variables ?? null } as never;
      },
      onNext: ({ extra }) => {
        const { socket } = extra as Extra;
        if (socket.bufferedAmount <= MOST_BUFFERED_BYTES) return;
        log.warn({ bufferedBytes: socket.bufferedAmount }, 'a subscriber does not read; its connection is closed');
        socket.close(4008, 'Lagged: not reading; subscribe again with the cursor');
      },
      onComplete: ({ extra }) => {
        const { socket } = extra as Extra;
        open.set(socket, Math.max(0, (open.get(socket) ?? 1) - 1));
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => masked(error, log).toJSON()),
      onDisconnect: ({ extra }) => {
        open.delete((extra as Extra).socket);
      },
    },
    sockets,
  );
  return async () => {
    for (const client of sockets.clients) client.close(SERVICE_RESTART, 'the server is stopping');
    await disposable.dispose();
  };
}

function readDocument(query: string): { readonly document: ReturnType<typeof parseLimited> } | { readonly error: GraphQLError } {
  try {
    return { document: parseLimited(query) };
  } catch (error) {
    return { error: error instanceof GraphQLError ? error : new GraphQLError('the document can not be read') };
  }
}

function masked(error: GraphQLError, log: Log): GraphQLError {
  const told = graphqlError(error.toJSON(), error);
  const extensions = told.extensions as { readonly code?: string } | undefined;
  if (extensions?.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error.originalError ?? error }, 'a subscription failed');
  return new GraphQLError(told.message, { extensions: { ...extensions } });
}
