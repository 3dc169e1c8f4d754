/**
 * How much one GraphQL request may need; the same over HTTP and WebSocket, and known before
 * anything is validated or executed.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LIMITS } from '../limits/limits.js';
import { costOf, type Defaults, type Measured, measure, operationOf } from './query-cost.js';
import { Recent } from './recent.js';

export const MOST_TOKENS = LIMITS.queryTokens.value;

export interface Gate {
  /** Whether clients may read the schema. */
  readonly introspection: boolean;
  /** Whether errors may name what there is: "did you mean". */
  readonly suggestions: boolean;
  /**
   * Why it is not carried out; null = nothing is wrong so far, or it cannot be parsed, which others
   * report.
   */
  refusalOf(request: QueryRequest, overHttp: boolean): GraphQLError | null;
  /** The operation that would run; null = there is none, or it cannot be parsed. */
  operationIn(request: QueryRequest): OperationDefinitionNode | null;
  /** For WebSockets: a document that can be executed, or what is wrong with it. */
  read(request: QueryRequest): DocumentNode | readonly GraphQLError[];
}

export interface QueryRequest {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

export function createGate(
  schema: GraphQLSchema,
  options: Pick<Gate, 'introspection' | 'suggestions'>,
): Gate {
  const defaults = defaultsOf(schema);
  const validDocument = validator(schema);
  const measured = remembering((text) => measure(parse(text, { maxTokens: MOST_TOKENS })));
  const refusalOf = (request: QueryRequest, overHttp: boolean): GraphQLError | null => {
    if (typeof request.query !== 'string') return null;
    try {
      return refusal(measured(request.query), request, overHttp, { ...options, defaults });
    } catch (error) {
      if (error instanceof GraphQLError) return null;
      // The parser calls itself for each level.
      if (error instanceof RangeError)
        return refused('QUERY_TOO_COMPLEX', 'the document is nested too deep');
      throw error;
    }
  };
  return {
    ...options,
    refusalOf,
    operationIn: ({ query, operationName }) =>
      typeof query === 'string'
        ? orNull(() => operationOf(measured(query).document, operationName))
        : null,
    read: (request) =>
      errorsOr(() => {
        const wrong = refusalOf(request, false);
        return wrong === null ? validDocument(measured(String(request.query)).document) : [wrong];
      }),
  };
}

type Validate = (document: DocumentNode) => DocumentNode | readonly GraphQLError[];

/** Over HTTP the server remembers what it has validated, too. */
function validator(schema: GraphQLSchema): Validate {
  const validated = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return (document) => {
    const errors =
      validated.get(document) ?? validate(schema, document, specifiedRules, { maxErrors: 20 });
    validated.set(document, errors);
    return errors.length > 0 ? errors : document;
  };
}

function errorsOr<T>(work: () => T): T | readonly GraphQLError[] {
  try {
    return work();
  } catch (error) {
    if (error instanceof GraphQLError) return [unreadable(error)];
    throw error;
  }
}

interface Rules extends Pick<Gate, 'introspection'> {
  readonly defaults: Defaults;
}

function refusal(
  { document, tooMuch, introspects }: Measured,
  { operationName, variables }: QueryRequest,
  overHttp: boolean,
  { introspection, defaults }: Rules,
): GraphQLError | null {
  if (tooMuch !== null) return refused('QUERY_TOO_COMPLEX', tooMuch);
  if (introspects && !introspection)
    return refused(
      'INTROSPECTION_OFF',
      'clients may not read the schema here; the setting INTROSPECTION=on allows it',
    );
  const operation = operationOf(document, operationName);
  if (operation === null) return null;
  if (overHttp && operation.operation === 'subscription')
    return refused(
      'SUBSCRIPTION_OVER_HTTP',
      'subscriptions go over WebSocket, at the same path with the protocol graphql-transport-ws, or as an event stream, with the header Accept: text/event-stream',
    );
  const cost = costOf(document, operation, objectOf(variables), defaults);
  const most = LIMITS.queryCost.value;
  return cost > most
    ? refused(
        'QUERY_TOO_COMPLEX',
        `the answer could have ${cost} fields, at most ${most} are allowed (the cost limit): lower first, or split it into several requests`,
      )
    : null;
}

/** By the name the HTTP server gives it. */
function unreadable({ message, nodes, source, positions }: GraphQLError): GraphQLError {
  const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions,
  });
}

function refused(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function objectOf(variables: unknown): Readonly<Record<string, unknown>> {
  if (typeof variables === 'string') return objectOf(orNull(() => JSON.parse(variables)));
  return typeof variables === 'object' && variables !== null
    ? (variables as Record<string, unknown>)
    : {};
}

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Fields that take `first`, with what it is by default. */
function defaultsOf(schema: GraphQLSchema): Defaults {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = types.flatMap((type) => Object.values(type.getFields()));
  return new Map(
    fields.flatMap(({ name, args }): [string, number][] => {
      const first = args.find((arg) => arg.name === 'first');
      if (first === undefined || isNonNullType(first.type)) return [];
      return [[name, Number(first.defaultValue ?? 1)]];
    }),
  );
}

/** The same documents come again and again. */
function remembering(work: (text: string) => Measured): (text: string) => Measured {
  const recent = new Recent<Measured>();
  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    const measured = work(text);
    recent.keep(text, measured);
    return measured;
  };
}
