/** The two scalars: times and JSON. */
import { randomUUID } from 'node:crypto';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { exactNumber } from '../../json/numbers.js';
import { readPrinted } from '../../json/read.js';
import type { Payload } from '../../saga/flow.js';

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

/** The payloads of the answer that is being written; null = none is. */
let pieces: string[] | null = null;
/** Known to this process only: no payload can contain it. */
const MARK = `json:${randomUUID()}:`;
const MARKS = new RegExp(`"${MARK}(\\d+)"`, 'g');

/** An answer whose payloads are still the texts they are kept as. */
export interface WrittenAnswer {
  /** Characters of the payloads in it. */
  readonly length: number;
  /** As JSON: nothing is parsed, nothing can change. */
  text(): string;
}

export function writeAnswer(answer: object): WrittenAnswer {
  const texts: string[] = [];
  pieces = texts;
  try {
    const marked = JSON.stringify(answer);
    return {
      length: texts.reduce((sum, text) => sum + text.length, 0),
      text: () =>
        texts.length === 0
          ? marked
          : marked.replace(MARKS, (_, index: string) => texts[Number(index)] ?? 'null'),
    };
  } finally {
    pieces = null;
  }
}

/** Inside the gateway a payload is JSON text: it is put into the answer as it is. */
export class JsonText {
  constructor(readonly text: string) {}
  static of(payload: Payload): JsonText | null {
    return payload === null ? null : new JsonText(payload);
  }
  get value(): unknown {
    return readPrinted(this.text);
  }
  /**
   * A mark that is replaced by the text in an answer that is written by `writeAnswer`; elsewhere
   * the value.
   */
  toJSON(): unknown {
    if (pieces === null) return this.value;
    return `${MARK}${pieces.push(this.text) - 1}`;
  }
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description:
    'Any JSON value, as variable or written inline. It is carried as it came, white space apart: every number keeps its digits, every object the order of its fields.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
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
