/** The two scalars: times and JSON. */
import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { BadInput } from '../problems.js';

export const DateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description: 'A time: ISO 8601, UTC, milliseconds. Example: 2026-11-23T12:00:00.000Z',
  serialize: (value) => new Date(value as number).toISOString(),
  parseValue: (value) => timeOf(value),
  parseLiteral: (node) => timeOf(node.kind === Kind.STRING ? node.value : null),
});

function timeOf(value: unknown): number {
  const ms = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new BadInput('a DateTime must be ISO 8601 text like 2026-11-23T12:00:00.000Z');
  return ms;
}

/** Inside the gateway a payload is JSON text: it is parsed for the answer only. */
export class JsonText {
  constructor(readonly text: string) {}
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => (value instanceof JsonText ? JSON.parse(value.text) : value),
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literal(node, variables ?? {}),
});

function literal(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((one) => literal(one, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literal(field.value, variables)]));
    case Kind.VARIABLE:
      return variables[node.name.value];
    default:
      return null;
  }
}
