/**
 * Layer 5, the API: serves people and programs, decides nothing. Knows: GraphQL, REST, WebSocket, HTTP. Refuses to know: SQL, Kafka.
 * In: requests. Out: what the engine answers. This file: one port for all of it.
 */
import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { LIMITS, type Limit } from '../limits/limits.js';
import { AnswerBytes } from './answer-bytes.js';
import { Connections } from './connections.js';
import type { Shell } from './context.js';
import { GraphqlEvents } from './graphql/over-events.js';
import { openGraphqlHttp } from './graphql/over-http.js';
import { createSchema } from './graphql/schema.js';
import { healthRoutes } from './health.js';
import { bodyLimitOf, createHttp } from './http.js';
import { createOrigins } from './origins.js';
import { Pace } from './pace.js';
import { pages } from './pages.js';
import { createGate } from './query-gate.js';
import { restRoutes } from './rest/routes.js';
import { Shares } from './shares.js';
import type { SocketShares } from './socket-messages.js';
import { openSockets, type Sockets } from './sockets.js';
import { Turns } from './turns.js';

export interface ApiOptions extends Shell {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** How many ports to try, from `port` on, when it is taken. */
  readonly portTries: number;
  /** Whether clients may read the schema. */
  readonly introspection: boolean;
  /** Errors have a "did you mean" unless this is production without introspection. */
  readonly production: boolean;
  /** Origins of browsers beside our own and loopback; their hosts are accepted, too. */
  readonly allowedOrigins: readonly string[];
  /** What settings change of the limits; absent = docs/limits.md. */
  readonly limits?: ApiLimits | undefined;
  /** Where the built GraphiQL is; by default beside this file's own build. */
  readonly graphiqlFolder?: string | undefined;
}

export interface ApiLimits {
  readonly socketConnectionsPerPrincipal: number;
  readonly subscriptionsPerPrincipal: number;
  readonly subscriberMessagesPerSecond: number;
}

export interface Api {
  readonly url: string;
  readonly port: number;
  /** Accepts nothing more, ends subscriptions, waits for requests under way; cuts off what takes longer than 5 s. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 5000;
const IDLE_LOOK_MS = 20;
const HIGHEST_PORT = 65_535;

/** Resolves when it listens. Throws when no port is free, or the host cannot be listened on. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { host, introspection, production, allowedOrigins } = options;
  const answers = new AnswerBytes(LIMITS.answerBytesInAll.value, LIMITS.answerWaitMs.value);
  const shell: Shell = { ...options, answers };
  const schema = createSchema();
  const gate = createGate(schema, { introspection, suggestions: introspection || !production });
  const origins = createOrigins(host, allowedOrigins);
  const shares = sharesOf(options);
  const pace = paceOf(options);
  const events = new GraphqlEvents({ schema, shell, gate, origins, shares, pace });
  const graphql = await openGraphqlHttp(schema, gate, shell, events);
  const app = createHttp(options, origins, shares.uploads);
  healthRoutes(app, options);
  graphql.route(app);
  restRoutes(app, shell);
  await pages(app, options);
  await app.ready();
  const turns = new Turns();
  const sockets = openSockets(app.server, { turns, schema, shell, gate, origins, shares, pace });
  const connections = new Connections(app.server);
  const port = await listen(app, options).catch(async (error: unknown) => {
    await app.close();
    await graphql.apollo.stop();
    throw error;
  });
  const close = async (): Promise<void> => {
    connections.close();
    events.close();
    await closeHttp(app, sockets);
    await graphql.apollo.stop();
  };
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, close };
}

function paceOf({ limits }: ApiOptions): Pace {
  const most = limits?.subscriberMessagesPerSecond;
  return new Pace(most ?? LIMITS.subscriberMessagesPerSecond.value);
}

/** A larger PAYLOAD_LIMIT_BYTES raises what bodies may hold. */
function sharesOf({ limits, payloadLimit }: ApiOptions): SocketShares {
  const body = bodyLimitOf({ payloadLimit });
  const shares = (each: Limit, all: Limit): Shares => new Shares(each.value, all.value);
  const { socketConnectionsPerPrincipal, subscriptionsPerPrincipal } = limits ?? {};
  return {
    connections: new Shares(
      socketConnectionsPerPrincipal ?? LIMITS.socketConnectionsPerPrincipal.value,
      LIMITS.socketConnections.value,
    ),
    subscriptions: new Shares(
      subscriptionsPerPrincipal ?? LIMITS.subscriptionsPerPrincipal.value,
      LIMITS.subscriptions.value,
    ),
    bytes: shares(LIMITS.socketBytesPerPrincipal, LIMITS.socketBytes),
    uploads: new Shares(
      Math.max(LIMITS.uploadBytesPerPrincipal.value, 2 * body),
      Math.max(LIMITS.uploadBytes.value, 4 * body),
    ),
  };
}

async function closeHttp(app: FastifyInstance, sockets: Sockets): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS);
  // A connection kept alive by its client falls idle when its answer is out.
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_LOOK_MS);
  try {
    await Promise.all([sockets.close(), app.close()]);
  } finally {
    clearTimeout(cut);
    clearInterval(idle);
  }
}

async function listen(
  app: FastifyInstance,
  { host, port, portTries, log }: ApiOptions,
): Promise<number> {
  const last = port === 0 ? 0 : Math.min(HIGHEST_PORT, port + Math.max(1, portTries) - 1);
  for (let next = port; next <= last; next++) {
    try {
      await app.listen({ host, port: next });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : next;
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE')
        throw new Error(`cannot listen on ${host} port ${next}: ${reasonOf(error)}`, {
          cause: error,
        });
      log.info({ port: next }, 'this port is taken; trying the next');
    }
  }
  const tried =
    port === last
      ? `port ${port} on ${host} is`
      : `the ports ${port} to ${last} on ${host} are all`;
  throw new Error(`${tried} taken; choose another with PORT, or 0 for any free one`);
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'EACCES') return 'only root may use ports below 1024; choose another with PORT';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'this machine has no such address; choose another with HOST';
  return error instanceof Error ? error.message : String(error);
}
