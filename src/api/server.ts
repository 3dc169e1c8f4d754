/**
 * Room 5, the API: speaks to people and programs, decides nothing. Knows: GraphQL, REST, WebSocket, HTTP. Refuses to know: SQL, Kafka.
 * In: requests. Out: what the engine answers. This file: one port for all of it.
 */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { actorOf, type RequestContext, type Shell } from './context.js';
import { createSchema } from './graphql/schema.js';
import { createLimits, MOST_BODY_BYTES, MOST_TOKENS } from './limits.js';
import { pages } from './pages.js';
import { graphqlError, tell } from './problems.js';
import { sendProblem, sendTold } from './rest/problem-json.js';
import { restRoutes } from './rest/routes.js';
import { openSockets } from './sockets.js';

export interface ApiOptions extends Shell {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** How many ports to try, from `port` on, when it is taken. */
  readonly portTries: number;
  readonly introspection: boolean;
  readonly production: boolean;
  /** Origins of browsers beside our own and loopback. */
  readonly allowedOrigins: readonly string[];
}

export interface Api {
  readonly url: string;
  readonly port: number;
  /** Takes no more, tells subscribers, waits for requests under way. */
  close(): Promise<void>;
}

export async function openApi(options: ApiOptions): Promise<Api> {
  const { engine, log } = options;
  const schema = createSchema();
  const limits = createLimits(options.introspection);
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: options.introspection,
    validationRules: [...limits.rules],
    plugins: [ApolloServerPluginLandingPageDisabled(), ...limits.plugins],
    parseOptions: { maxTokens: MOST_TOKENS },
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    logger: { debug: () => undefined, info: () => undefined, warn: (text) => log.warn({}, text), error: (text) => log.error({}, text) },
    formatError: (formatted, error) => {
      const told = graphqlError(formatted, error);
      const { extensions } = told as { extensions?: { code?: string } };
      if (extensions?.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error }, 'a GraphQL request failed');
      return told;
    },
  });
  await apollo.start();
  const app = Fastify({ bodyLimit: MOST_BODY_BYTES, logger: false, forceCloseConnections: 'idle', requestTimeout: 60_000 });
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const health = await engine.health();
    return reply.code(health.ready ? 200 : 503).send(health);
  });
  pages(app);
  graphqlRoute(app, apollo, options);
  restBodies(app, options);
  failures(app, options);
  await app.ready();
  const closeSockets = openSockets({ server: app.server, schema, shell: options, limits, allowsOrigin: originCheck(options), log });
  const port = await listen(app, options);
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    async close() {
      const closed = app.close();
      await closeSockets();
      await closed;
      await apollo.stop();
    },
  };
}

function graphqlRoute(app: FastifyInstance, apollo: ApolloServer<RequestContext>, shell: Shell): void {
  app.register(async (scope) => {
    scope.route({
      url: '/graphql',
      method: ['GET', 'POST', 'OPTIONS'],
      handler: fastifyApolloHandler(apollo, { context: async (request) => ({ shell, actor: actorOf(request.headers['x-actor']) }) }),
    });
  });
}

/** REST reads the body's text itself: big numbers would not survive the usual parser. */
function restBodies(app: FastifyInstance, shell: Shell): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    restRoutes(scope, shell);
  });
}

function failures(app: FastifyInstance, { log }: ApiOptions): void {
  app.setNotFoundHandler((request, reply) => {
    return sendProblem(
      reply,
      404,
      `there is nothing at ${request.method} ${request.url.slice(0, 200)}; GraphQL is at /graphql, the REST paths are in /openapi.yaml`,
      [],
      'NOT_FOUND',
    );
  });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) => {
    if (error.statusCode === 413) return sendProblem(reply, 413, `the body is larger than ${MOST_BODY_BYTES} bytes`, [], 'BODY_TOO_LARGE');
    if (error.statusCode === 415) return sendProblem(reply, 415, 'send the body as application/json', [], 'CONTENT_TYPE');
    if (error.statusCode !== undefined && error.statusCode < 500)
      return sendProblem(reply, error.statusCode, error.message, [], 'BAD_REQUEST');
    const told = tell(error);
    if (told.status === 500) log.error({ err: error }, 'a request failed');
    return sendTold(reply, told);
  });
}

function originCheck({ allowedOrigins }: ApiOptions): (origin: string, host: string) => boolean {
  return (origin, host) => {
    if (allowedOrigins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  };
}

async function listen(app: FastifyInstance, { host, port, portTries, log }: ApiOptions): Promise<number> {
  const tries = port === 0 ? 1 : Math.max(1, portTries);
  for (let offset = 0; offset < tries; offset++) {
    try {
      await app.listen({ host, port: port + offset });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : port + offset;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      log.info({ port: port + offset }, 'this port is taken; trying the next');
    }
  }
  throw new Error(`the ports ${port} to ${port + tries - 1} on ${host} are all taken; choose another with PORT`);
}
