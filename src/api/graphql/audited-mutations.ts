/**
 * Every field of Mutation that is an action goes through the border of the audit: whoever adds one
 * need not think of it.
 */
import type { GraphQLSchema } from 'graphql';
import { LIMITS } from '../../limits/limits.js';
import { type Answer, audited, type Given } from '../audit.js';
import type { RequestContext } from '../context.js';

/**
 * A worker's message, like those of the reply topic: what it leads to is on its flow's timeline.
 */
const NO_ACTIONS: ReadonlySet<string> = new Set(['reply']);

export function auditMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (NO_ACTIONS.has(field.name)) continue;
    if (resolve === undefined) throw new Error(`the mutation ${field.name} has no resolver`);
    field.resolve = (root, args: Given, context: RequestContext, info) =>
      audited(
        context,
        { action: field.name, wanted: wantedOf(args) },
        async () => resolve(root, args, context, info) as unknown,
        (answer) => (Array.isArray(answer) ? answer : [answer]) as Answer[],
      );
  }
  return schema;
}

/** One input, several, or arguments of its own. */
function wantedOf(args: Given): readonly Given[] {
  const { input, inputs } = args;
  if (!Array.isArray(inputs)) return [(input as Given | undefined) ?? args];
  // Too many are refused as one: their number is the caller's.
  return inputs.length > LIMITS.startsPerRequest.value ? [{}] : (inputs as readonly Given[]);
}
