/** The two scalars: times and JSON. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { Payload } from '../../saga/flow.js';
import { exactNumber, readJsonText } from '../input/json.js';

export const DateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description:
    'A moment: ISO 8601 with a zone; answers are in UTC with milliseconds. Example: 2026-11-23T12:00:00.000Z',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => new Date(value as number).toISOString(),
  parseValue: (value) => momentOf(value),
  parseLiteral: (node) => momentOf(node.kind === Kind.STRING ? node.value : null, node),
});

const MOMENT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

function momentOf(value: unknown, node?: ValueNode): number {
  const match = typeof value === 'string' ? MOMENT.exec(value) : null;
  const ms = match === null ? Number.NaN : Date.parse(value as string);
  // The parser takes 30 February for 2 March.
  const dayIsReal =
    match !== null &&
    new Date(`${match[1]}T00:00:00Z`).toJSON()?.startsWith(match[1] ?? '') === true;
  if (!Number.isNaN(ms) && dayIsReal) return ms;
  throw new GraphQLError(
    'a DateTime must be ISO 8601 text with a zone, like 2026-11-23T12:00:00.000Z',
    node === undefined ? {} : { nodes: node },
  );
}

/** Inside the gateway a payload is JSON text: it is parsed for the answer only, and its big numbers keep their digits. */
export class JsonText {
  constructor(readonly text: string) {}
  static of(payload: Payload): JsonText | null {
    return payload === null ? null : new JsonText(payload);
  }
  get value(): unknown {
    return readJsonText(this.text);
  }
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description:
    'Any JSON value, as variable or written inline. Whole numbers of any size keep their digits.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => (value instanceof JsonText ? value.value : value),
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
      return exactNumber(node.value);
    case Kind.LIST:
      return node.values.map((one) => literal(one, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, literal(field.value, variables)]),
      );
    case Kind.VARIABLE:
      return variables[node.name.value];
    default:
      return null;
  }
}
