/** Errors of subscriptions as clients get them, over whatever they come. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { Shell } from '../context.js';
import { graphqlError, withoutSuggestions } from '../problems.js';
import type { Gate } from '../query-gate.js';

export function errorsToClients(
  { log }: Pick<Shell, 'log'>,
  { suggestions }: Pick<Gate, 'suggestions'>,
  over: string,
): (error: GraphQLError) => GraphQLFormattedError {
  return (error) => {
    const { answer, unknown } = graphqlError(error.toJSON(), error);
    if (unknown)
      log.error({ err: error.originalError ?? error }, `a GraphQL request over ${over} failed`);
    return suggestions ? answer : withoutSuggestions(answer);
  };
}
