/** GraphQL over HTTP: Apollo Server behind the gate, with our errors. */
import { ApolloServer, type ApolloServerOptions } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { LIMITS } from '../../limits/limits.js';
import { traceparentIn } from '../audit.js';
import { actorOf } from '../auth/principal.js';
import { Budget, hangUpOf, type RequestContext, type Shell, shellFor } from '../context.js';
import { graphqlError, withoutSuggestions } from '../problems.js';
import { type Gate, MOST_TOKENS, type QueryRequest } from '../query-gate.js';
import { type GraphqlEvents, wantsEvents } from './over-events.js';
import { writeAnswer } from './scalars.js';

/** Characters of payloads: such an answer is put together and sent in a turn of its own. */
const LARGE = 64 * 1024;

export interface GraphqlHttp {
  readonly apollo: ApolloServer<RequestContext>;
  route(app: FastifyInstance): void;
}

export async function openGraphqlHttp(
  schema: GraphQLSchema,
  gate: Gate,
  shell: Shell,
  events: GraphqlEvents,
): Promise<GraphqlHttp> {
  const apollo = new ApolloServer<RequestContext>({ schema, ...settings(gate, shell) });
  await apollo.start();
  const context = async (request: FastifyRequest, reply: FastifyReply): Promise<RequestContext> =>
    contextOf(request, reply, shell);
  return {
    apollo,
    route(app) {
      const oneAnswer = fastifyApolloHandler(apollo, { context });
      app.route({
        url: '/graphql',
        method: ['GET', 'POST'],
        exposeHeadRoute: false,
        preHandler: async (request, reply) => {
          const wanted = (
            request.method === 'GET' ? request.query : request.body
          ) as QueryRequest | null;
          const refused = wrongBody(request) ?? gate.refusalOf(wanted ?? {}, !wantsEvents(request));
          if (refused !== null) return reply.code(400).send({ errors: [refused.toJSON()] });
          return undefined;
        },
        handler: async function (request, reply) {
          if (wantsEvents(request))
            return events.serve(request, reply, contextOf(request, reply, shell));
          return oneAnswer.call(this, request, reply);
        },
      });
    },
  };
}

/** The body as the specification of GraphQL over HTTP has it. */
function wrongBody({ method, body }: FastifyRequest): GraphQLError | null {
  if (method === 'GET') return null;
  const isObject = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const fields = (isObject(body) ? body : {}) as Record<string, unknown>;
  const { query, variables, operationName, extensions } = fields;
  const wrong = [
    [typeof query === 'string', 'query must be the text of a GraphQL document'],
    [isObject(variables ?? {}), 'variables must be an object of names and values'],
    [typeof (operationName ?? '') === 'string', 'operationName must be text'],
    [isObject(extensions ?? {}), 'extensions must be an object'],
  ].find(([fits]) => fits === false);
  if (wrong === undefined) return null;
  const message = `${wrong[1]}; send one object like {"query": "…", "variables": {…}}`;
  return new GraphQLError(message, { extensions: { code: 'BODY_INVALID' } });
}

function contextOf(request: FastifyRequest, reply: FastifyReply, shell: Shell): RequestContext {
  const budget = new Budget(shell);
  reply.raw.once('close', () => budget.release());
  return {
    shell: shellFor(shell, request.principal),
    principal: request.principal,
    actor: actorOf(request.principal),
    address: request.socket.remoteAddress ?? null,
    requestId: request.id,
    traceparent: traceparentIn(request.headers),
    signal: hangUpOf(reply.raw),
    budget,
    tryAgain: () => void reply.header('retry-after', '1'),
  };
}

function settings(
  { introspection, suggestions }: Gate,
  { log, turns }: Shell,
): Omit<ApolloServerOptions<RequestContext>, 'schema' | 'gateway' | 'typeDefs' | 'resolvers'> {
  return {
    introspection,
    hideSchemaDetailsFromClientErrors: !suggestions,
    plugins: [ApolloServerPluginLandingPageDisabled()],
    parseOptions: { maxTokens: MOST_TOKENS },
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    stringifyResult: async (result) => {
      const written = writeAnswer(result);
      if (written.length > LARGE) await turns?.turn(written.length / LIMITS.turnBytes.value);
      return written.text();
    },
    stopOnTerminationSignals: false,
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (text) => log.warn({}, text),
      error: (text) => log.error({}, text),
    },
    formatError: (formatted, error) => {
      const { answer, unknown } = graphqlError(formatted, error);
      if (unknown) log.error({ err: error }, 'a GraphQL request failed');
      return suggestions ? answer : withoutSuggestions(answer);
    },
  };
}
