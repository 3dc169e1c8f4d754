/** An operation as graphql executes it: the same for every transport of subscriptions. */
import type { DocumentNode, ExecutionArgs, GraphQLSchema } from 'graphql';
import type { RequestContext } from '../context.js';

/** Of a request's message. */
export interface Operation {
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** `document`: read and validated by the query gate. */
export function executionArgs(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables }: Operation,
  contextValue: RequestContext,
): ExecutionArgs {
  return {
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue,
  } as ExecutionArgs;
}
