/**
 * Documents that Apollo Server has accepted. It parses and validates each one; from the second time
 * on the parsed document is executed directly, because the pipeline around that costs more than the
 * execution. Whatever is not like the time before is left to Apollo Server: another document,
 * another Accept header, a request that cannot be executed.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { RequestContext } from '../context.js';
import type { QueryRequest } from '../query-gate.js';
import { Recent } from '../recent.js';
import { executionArgs, type Operation } from './execution.js';

export interface Executed {
  readonly result: ExecutionResult;
  /** Of the answer. */
  readonly contentType: string;
}

interface Body extends QueryRequest {
  readonly query: string;
  readonly extensions?: { readonly persistedQuery?: unknown } | null;
}

/** No form of a foreign page can send this; for others Apollo Server looks at more headers. */
const JSON_BODY = /^application\/json(?:; ?charset=utf-8)?$/i;

export class AcceptedDocuments {
  private readonly documents = new Recent<DocumentNode>();
  /** By Accept header. */
  private readonly contentTypes = new Recent<string>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** Learns documents from Apollo Server. */
  readonly plugin: ApolloServerPlugin<RequestContext> = {
    requestDidStart: async () => ({
      didResolveOperation: async ({ source, document }) => this.documents.keep(source, document),
    }),
  };

  /** Learns from an answer of Apollo Server which type goes with this Accept header. */
  learn({ method, headers }: FastifyRequest, reply: FastifyReply): void {
    const contentType = reply.getHeader('content-type');
    if (method === 'POST' && reply.statusCode === 200 && typeof contentType === 'string')
      this.contentTypes.keep(headers.accept ?? '', contentType);
  }

  /**
   * `request`: past the gate. Null: it is for Apollo Server, and no resolver has run, because what
   * cannot be executed is found before the first one is called.
   */
  async execute(
    { method, headers, body }: FastifyRequest,
    context: () => RequestContext,
  ): Promise<Executed | null> {
    if (method !== 'POST' || !JSON_BODY.test(headers['content-type'] ?? '')) return null;
    const { query, operationName, variables, extensions } = body as Body;
    const document = this.documents.get(query);
    const contentType = this.contentTypes.get(headers.accept ?? '');
    if (document === undefined || contentType === undefined || extensions?.persistedQuery)
      return null;
    const operation = { operationName, variables } as Operation;
    const result = await execute(executionArgs(this.schema, document, operation, context()));
    return result.data === undefined ? null : { result, contentType };
  }
}
