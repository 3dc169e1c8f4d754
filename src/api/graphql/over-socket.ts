/** GraphQL over WebSocket: the protocol of graphql-ws with our limits, our errors and our JSON. */
import type { IncomingMessage } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { makeServer, type Server } from 'graphql-ws';
import { exactNumbers } from '../../json/numbers.js';
import { type Authentication, Unauthenticated } from '../auth/authentication.js';
import { actorOf, type Principal } from '../auth/principal.js';
import { Budget, type RequestContext, requestIdOf, type Shell, shellFor } from '../context.js';
import type { Pace } from '../pace.js';
import type { Gate } from '../query-gate.js';
import { errorsToClients } from './client-errors.js';
import { executionArgs } from './execution.js';

/** What a connection is known by; `gone` aborts when it closes. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly gone: AbortSignal;
  /** An operation has ended. */
  readonly ended: (id: string) => void;
  /** What is to be done when it has. */
  readonly whenEnded: (id: string, work: () => void) => void;
  readonly close: (code: number, reason: string) => void;
  /** From connection_init on. */
  principal: Principal | null;
}

/** Of graphql-ws: the client may come back with another credential. */
const UNAUTHORIZED = 4401;

export interface SocketRules {
  readonly schema: GraphQLSchema;
  readonly shell: Shell;
  readonly gate: Gate;
  readonly authentication: Authentication;
  /** For all subscribers together. */
  readonly pace: Pace;
}

export function socketServer(rules: SocketRules): Server<Connection> {
  const { schema, shell, gate, pace, authentication } = rules;
  const toClient = errorsToClients(shell, gate, 'WebSocket');
  return makeServer<Record<string, unknown>, Connection>({
    jsonMessageReviver: exactNumbers,
    onConnect: ({ extra, connectionParams }) => connect(authentication, extra, connectionParams),
    onSubscribe: ({ extra }, id, { query, ...operation }) => {
      const document = gate.read({ query, ...operation });
      if ('length' in document) return [...document];
      return executionArgs(schema, document, operation, contextOf(extra, id, shell));
    },
    onNext: async (...call) => {
      const { errors, data } = call[4];
      await pace.turn();
      return errors === undefined
        ? undefined
        : { ...(data !== undefined && { data }), errors: errors.map(toClient) };
    },
    onError: ({ extra }, id, _payload, errors) => {
      extra.ended(id);
      return errors.map(toClient);
    },
    onComplete: ({ extra }, id) => extra.ended(id),
  });
}

/** False: the connection is closed. */
async function connect(
  authentication: Authentication,
  connection: Connection,
  parameters: unknown,
): Promise<boolean> {
  try {
    const { headers } = connection.request;
    const principal = await authentication.authenticateConnection(headers, parameters);
    connection.principal = principal;
    const { gone, close } = connection;
    const stop = authentication.watch(principal, ({ message }) => close(UNAUTHORIZED, message));
    gone.addEventListener('abort', stop, { once: true });
    if (gone.aborted) stop();
    return true;
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    connection.close(UNAUTHORIZED, error.message);
    return false;
  }
}

function contextOf(connection: Connection, id: string, shell: Shell): RequestContext {
  const { request, gone, principal } = connection;
  if (principal === null) throw new Error('an operation came before its connection_init');
  const budget = new Budget(shell);
  connection.whenEnded(id, () => budget.release());
  const { headers } = request;
  return {
    shell: shellFor(shell, principal),
    principal,
    actor: actorOf(principal),
    address: request.socket.remoteAddress ?? null,
    requestId: requestIdOf(headers['x-request-id']),
    signal: gone,
    budget,
  };
}
