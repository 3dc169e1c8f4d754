/** The schema with its rules: each root field checks the right it needs before its resolver runs. */
import type { GraphQLField, GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import type { RequestContext } from '../context.js';
import { demand, type FieldRule, ruleOf } from './policy.js';

type Field = GraphQLField<unknown, RequestContext>;
type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

/** Throws for a root field without a rule. */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of roots)
    for (const field of Object.values(type?.getFields() ?? {}))
      guardRoot(field as Field, ruleOf(`${type?.name}.${field.name}`));
  return schema;
}

/** A subscription is checked when it begins; its events are checked where they are delivered. */
function guardRoot(field: Field, rule: FieldRule): void {
  if (field.subscribe !== undefined) field.subscribe = guarded(field.subscribe, rule);
  else if (field.resolve !== undefined) field.resolve = guarded(field.resolve, rule);
}

function guarded(resolve: Resolve, rule: FieldRule): Resolve {
  return (source, args, context, info) => {
    demand(context.principal, rule);
    return resolve(source, args, context, info);
  };
}
