/** GraphQL over HTTP: Apollo Server with our limits and our words for errors. */
import { ApolloServer, type ApolloServerOptions } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { actorOf, Budget, type RequestContext, type Shell } from '../context.js';
import { type Limits, MOST_TOKENS } from '../limits.js';
import { graphqlError, withoutSuggestions } from '../problems.js';

export interface GraphqlHttp {
  readonly apollo: ApolloServer<RequestContext>;
  route(app: FastifyInstance): void;
}

export async function openGraphqlHttp(
  schema: GraphQLSchema,
  limits: Limits,
  shell: Shell,
): Promise<GraphqlHttp> {
  const apollo = new ApolloServer<RequestContext>({ schema, ...settings(limits, shell) });
  await apollo.start();
  const context = async (request: FastifyRequest): Promise<RequestContext> =>
    contextOf(request, shell);
  return {
    apollo,
    route(app) {
      app.route({
        url: '/graphql',
        method: ['GET', 'POST'],
        exposeHeadRoute: false,
        handler: fastifyApolloHandler(apollo, { context }),
      });
    },
  };
}

function contextOf(request: FastifyRequest, shell: Shell): RequestContext {
  return {
    shell,
    actor: actorOf(request.headers['x-actor']),
    requestId: request.id,
    // Made when asked for: most requests never do.
    get signal() {
      return request.signal;
    },
    budget: new Budget(),
  };
}

function settings(
  { rules, plugins, introspection, suggestions }: Limits,
  { log }: Shell,
): Omit<ApolloServerOptions<RequestContext>, 'schema' | 'gateway' | 'typeDefs' | 'resolvers'> {
  return {
    introspection,
    hideSchemaDetailsFromClientErrors: !suggestions,
    validationRules: [...rules],
    plugins: [ApolloServerPluginLandingPageDisabled(), ...plugins],
    parseOptions: { maxTokens: MOST_TOKENS },
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
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
