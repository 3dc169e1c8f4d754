/** GraphQL over HTTP: Apollo Server behind the gate, with our errors. */
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { LIMITS } from '../../limits/limits.js';
import { traceparentIn } from '../audit.js';
import { actorOf } from '../auth/principal.js';
import { Budget, hangUpOf, type RequestContext, type Shell, shellFor } from '../context.js';
import { graphqlError, INTERNAL, withoutSuggestions } from '../problems.js';
import { type Gate, MOST_TOKENS, type QueryRequest } from '../query-gate.js';
import { AcceptedDocuments } from './accepted.js';
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
  const output = outputOf(gate, shell);
  const accepted = new AcceptedDocuments(schema);
  const apollo = new ApolloServer<RequestContext>({
    ...{ schema, ...settings(gate, shell) },
    ...{ formatError: output.formatError, stringifyResult: output.write },
    plugins: [...OFF, accepted.plugin],
  });
  await apollo.start();
  const context: ContextOf = (...of) => contextOf(...of, shell);
  const byApollo = fastifyApolloHandler(apollo, { context: async (...of) => context(...of) });
  const handler: RouteHandlerMethod = async function (request, reply) {
    if (wantsEvents(request)) return events.serve(request, reply, context(request, reply));
    void reply.header('cache-control', 'no-store');
    const done = await accepted.execute(request, () => context(request, reply));
    if (done !== null) {
      void reply.header('content-type', done.contentType);
      return output.text(done.result);
    }
    const answer = await byApollo.call(this, request, reply);
    accepted.learn(request, reply);
    return answer;
  };
  const preHandler = refusing(gate);
  const methods = { method: ['GET', 'POST'], exposeHeadRoute: false };
  return {
    apollo,
    route: (app) => void app.route({ url: '/graphql', ...methods, preHandler, handler }),
  };
}

type ContextOf = (request: FastifyRequest, reply: FastifyReply) => RequestContext;

function refusing(gate: Gate) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const wanted = (request.method === 'GET' ? request.query : request.body) as QueryRequest | null;
    const refused = wrongBody(request) ?? gate.refusalOf(wanted ?? {}, !wantsEvents(request));
    return refused === null ? undefined : reply.code(400).send({ errors: [refused.toJSON()] });
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

/** What an answer of the API has of its own, whoever executes the operation. */
function outputOf({ suggestions }: Gate, { log, turns }: Shell) {
  const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const { answer, unknown } = graphqlError(formatted, error);
    if (unknown) log.error({ err: error }, 'a GraphQL request failed');
    return suggestions ? answer : withoutSuggestions(answer);
  };
  const write = async (result: object): Promise<string> => {
    const written = writeAnswer(result);
    if (written.length > LARGE) await turns?.turn(written.length / LIMITS.turnBytes.value);
    return written.text();
  };
  /** As Apollo Server passes it on: each error has a code. */
  const coded = (error: GraphQLError): GraphQLFormattedError => {
    const code = error.extensions.code ?? INTERNAL;
    return formatError({ ...error.toJSON(), extensions: { ...error.extensions, code } }, error);
  };
  const text = ({ errors, data }: ExecutionResult): Promise<string> =>
    write({ errors: errors?.map(coded), data });
  return { formatError, write, text };
}

/** Neither a page at this address, nor answers that may be cached. */
const OFF = [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginCacheControlDisabled()];

function settings({ introspection, suggestions }: Gate, { log }: Shell) {
  return {
    introspection,
    hideSchemaDetailsFromClientErrors: !suggestions,
    parseOptions: { maxTokens: MOST_TOKENS },
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (text: string) => log.warn({}, text),
      error: (text: string) => log.error({}, text),
    },
  } as const;
}
