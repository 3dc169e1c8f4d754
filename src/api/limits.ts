/** Bounds on what one GraphQL document may ask; the same for HTTP and WebSocket. */
import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, specifiedRules, type ValidationRule, validate } from 'graphql';

export const MOST_TOKENS = 4000;
export const MOST_BODY_BYTES = 8 * 1024 * 1024;

export interface Limits {
  readonly rules: readonly ValidationRule[];
  readonly plugins: readonly ApolloServerPlugin[];
}

/** Suggestions ("did you mean") tell a stranger the schema: off where introspection is off. */
export function createLimits(suggestions: boolean): Limits {
  const armor = new ApolloArmor({
    maxDepth: { n: 12 },
    costLimit: { maxCost: 50_000, objectCost: 2, scalarCost: 1, depthCostFactor: 1.5 },
    maxAliases: { n: 30 },
    maxDirectives: { n: 30 },
    // Its token limit answers 500; the parser's own answers 400.
    maxTokens: { enabled: false },
    blockFieldSuggestion: { enabled: !suggestions },
  });
  const { validationRules, plugins } = armor.protect();
  return { rules: validationRules, plugins: plugins as unknown as readonly ApolloServerPlugin[] };
}

/** Parses with the token limit; a document that is no GraphQL is the caller's mistake. */
export function parseLimited(text: string): DocumentNode {
  return parse(text, { maxTokens: MOST_TOKENS });
}

export function validateLimited(schema: GraphQLSchema, document: DocumentNode, limits: Limits): readonly GraphQLError[] {
  const known = document.definitions.some((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!known) return [new GraphQLError('the document has no operation')];
  return validate(schema, document, [...specifiedRules, ...limits.rules], { maxErrors: 20 });
}
