/** Bounds on what one GraphQL document may ask; the same for HTTP and WebSocket. */
import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';

export const MOST_TOKENS = 4000;

export interface Limits {
  readonly rules: readonly ValidationRule[];
  readonly plugins: readonly ApolloServerPlugin[];
  /** Whether clients may ask for the schema. */
  readonly introspection: boolean;
  /** Whether errors may name what there is: "did you mean". */
  readonly suggestions: boolean;
}

/** The library throws by itself, which would end as 500: what it finds is reported like any other mistake of a document. */
const refused = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError): void =>
      context?.reportError(new GraphQLError(error.message.replace(/^Syntax Error: /, ''))),
  ],
};

export function createLimits(told: Pick<Limits, 'introspection' | 'suggestions'>): Limits {
  const armor = new ApolloArmor({
    maxDepth: { n: 12, ...refused },
    costLimit: { maxCost: 50_000, objectCost: 2, scalarCost: 1, depthCostFactor: 1.5, ...refused },
    maxAliases: { n: 30, ...refused },
    maxDirectives: { n: 30, ...refused },
    // Its token limit answers 500; the parser's own answers 400.
    maxTokens: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  });
  const { validationRules, plugins } = armor.protect();
  return {
    rules: validationRules,
    plugins: plugins as unknown as readonly ApolloServerPlugin[],
    ...told,
  };
}

/** A document within all limits, or what is wrong with it. For WebSockets; over HTTP the server does the same. */
export function readDocument(
  schema: GraphQLSchema,
  text: unknown,
  { rules, introspection }: Limits,
): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(String(text), { maxTokens: MOST_TOKENS });
    const closed = introspection ? [] : [NoSchemaIntrospectionCustomRule];
    const errors = validate(schema, document, [...specifiedRules, ...closed, ...rules], {
      maxErrors: 20,
    });
    return errors.length > 0 ? errors : document;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}
