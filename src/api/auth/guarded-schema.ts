/**
 * The schema with its rules: each root field checks the right it needs before its resolver runs,
 * and each field that gives an object of an orchestration checks it once more afterwards, whatever
 * resolver made it.
 */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import { isWithin } from '../../names/patterns.js';
import type { RequestContext } from '../context.js';
import { SCOPED_TYPES } from './object-rules.js';
import { demand, type FieldRule, ruleOf, withinOf } from './policy.js';

type Field = GraphQLField<unknown, RequestContext>;
type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

/** Throws for a root field without a rule. */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of roots)
    for (const field of Object.values(type?.getFields() ?? {}))
      guardRoot(field as Field, ruleOf(`${type?.name}.${field.name}`));
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType))
    for (const field of Object.values(type.getFields())) guardObject(field as Field);
  return schema;
}

/** Of a field that gives objects which belong to an orchestration. */
function guardObject(field: Field): void {
  const { name: type } = getNamedType(field.type);
  const nameField = SCOPED_TYPES[type];
  if (nameField === undefined) return;
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (source, args, context, info) => {
    const given: unknown = resolve(source, args, context, info);
    const within = withinOf(context.principal);
    if (within === undefined) return given;
    const check = (value: unknown): unknown => {
      for (const one of objectsIn(value))
        if (!isWithin(String(one[nameField]), within))
          throw new Error(`${info.parentType.name}.${field.name} gave a ${type} out of scope`);
      return value;
    };
    return given instanceof Promise ? given.then(check) : check(given);
  };
}

function objectsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  const all = [value].flat() as Readonly<Record<string, unknown>>[];
  return all.filter((one) => typeof one === 'object' && one !== null);
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
