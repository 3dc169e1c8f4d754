/**
 * GraphQL as an event stream (graphql-sse, distinct connections): for proxies that do not let
 * WebSockets through; same gate, same limits.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { createHandler, type Handler, type Response } from 'graphql-sse';
import type { Authentication } from '../auth/authentication.js';
import type { RequestContext, Shell } from '../context.js';
import { type EventStream, EventStreams, type StreamShares } from '../event-stream.js';
import type { Pace } from '../pace.js';
import type { Gate, QueryRequest } from '../query-gate.js';
import { quotaKeyOf } from '../quotas.js';
import { errorsToClients } from './client-errors.js';
import { executionArgs } from './execution.js';

export interface EventRules {
  readonly schema: GraphQLSchema;
  readonly shell: Shell;
  readonly gate: Gate;
  readonly authentication: Authentication;
  readonly shares: StreamShares;
  /** For all subscribers together. */
  readonly pace: Pace;
}

/** What one request has beside its text. */
interface Raw {
  readonly context: RequestContext;
  readonly stream: EventStream;
}

/** It wants a stream of events, not one answer. */
export function wantsEvents({ headers }: FastifyRequest): boolean {
  return /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(headers.accept ?? '');
}

export class GraphqlEvents {
  private readonly streams = new EventStreams();
  private readonly handle: Handler<Raw, undefined>;
  private readonly toClient: ReturnType<typeof errorsToClients>;

  constructor(private readonly rules: EventRules) {
    this.toClient = errorsToClients(rules.shell, rules.gate, 'an event stream');
    this.handle = handlerOf(rules, this.toClient);
  }

  /** Answers until the operation has ended, or its client has gone. */
  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    context: RequestContext,
  ): Promise<FastifyReply> {
    const principal = quotaKeyOf(context.principal, context.address);
    const wanted = requestOf(request);
    const stream = this.streams.open(
      reply,
      principal,
      JSON.stringify(wanted).length,
      this.rules.shares,
    );
    if (stream === null) return refuse(reply, 503, FULL);
    const ended = new AbortController();
    const stop = this.rules.authentication.watch(context.principal, (why) => ended.abort(why));
    const signal = AbortSignal.any([context.signal, ended.signal]);
    try {
      const raw = { context: { ...context, signal }, stream };
      const [events, init] = await this.handle(handled(request, wanted, raw));
      if (events === null || typeof events === 'string')
        return this.answer(stream, reply, events, init.status);
      await stream.send(events, (error) => this.toClient(asError(error)));
      return reply;
    } finally {
      stop();
      stream.release();
    }
  }

  /** No new streams; those that are open end, and their clients connect again. */
  close(): void {
    this.streams.close();
  }

  private answer(
    stream: EventStream,
    reply: FastifyReply,
    text: string | null,
    status: number,
  ): FastifyReply {
    stream.release();
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .send(text ?? '');
  }
}

function handled({ method, url, headers }: FastifyRequest, wanted: QueryRequest, raw: Raw) {
  const get = (name: string): string | undefined =>
    name === 'accept' ? 'text/event-stream' : textOf(headers[name]);
  const body = method === 'POST' ? { ...wanted } : null;
  return { method, url, headers: { get }, body, raw, context: undefined };
}

function handlerOf(
  { schema, gate, pace }: EventRules,
  toClient: ReturnType<typeof errorsToClients>,
): Handler<Raw, undefined> {
  return createHandler<Raw, undefined>({
    // Distinct connections only: nothing is kept between requests.
    authenticate: () => null,
    // The gate has validated it.
    validate: () => [],
    onSubscribe: ({ raw }, { query, ...operation }) => {
      const document = gate.read({ query, ...operation });
      if ('length' in document) return refusalWith(document.map(toClient));
      return executionArgs(schema, document, operation, raw.context) as never;
    },
    onNext: async (_context, { raw }, result) => {
      await pace.turn();
      await raw.stream.idle();
      const { errors, data } = result as {
        readonly errors?: readonly GraphQLError[];
        readonly data?: unknown;
      };
      return errors === undefined
        ? undefined
        : ({ ...(data !== undefined && { data }), errors: errors.map(toClient) } as never);
    },
  });
}

function requestOf({ method, query, body }: FastifyRequest): QueryRequest {
  const {
    query: text,
    operationName,
    variables,
  } = (method === 'GET' ? query : body) as QueryRequest;
  return {
    query: text,
    ...(operationName !== undefined && { operationName }),
    ...(variables !== undefined && { variables }),
  };
}

const FULL = coded(
  'TOO_MANY_SUBSCRIPTIONS',
  'this address, or all of them together, have as many subscriptions as they may; end some, or subscribe at another instance',
);

function coded(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function refusalWith(errors: readonly object[]): Response {
  return [JSON.stringify({ errors }), { status: 400, statusText: 'Bad Request' }];
}

function refuse(reply: FastifyReply, status: number, error: GraphQLError): FastifyReply {
  if (status === 503) reply.header('retry-after', '1');
  return reply.code(status).send({ errors: [error.toJSON()] });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function asError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const original = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(original.message, { originalError: original });
}
