/**
 * Checks the structure of a schema before it is compiled: no references to other documents and no
 * cycles, so that a payload is checked in time proportional to its size. What is behind a reference
 * counts once for each reference, because it is checked as often.
 */
import { LIMITS } from '../limits/limits.js';

export interface SchemaFault {
  /** Path in the schema. */
  readonly at: readonly (string | number)[];
  readonly message: string;
}
export interface Structure {
  /** Number of schemas in it; those behind a reference count once for each reference. */
  readonly nodes: number;
}

type Node = Readonly<Record<string, unknown>>;
type At = readonly (string | number)[];

/** Keywords with one schema, a list, or an object of schemas. */
const ONE = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const OBJECTS = ['dependentSchemas', 'patternProperties', 'properties'];
/** Keywords that check the same value once more. */
const SAME_VALUE = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'contains']);
SAME_VALUE.add('dependentSchemas').add('patternProperties').add('propertyNames');

/**
 * Keywords that name schemas for references from outside, or references that are resolved while a
 * payload is checked.
 */
const REFUSED = [
  '$id',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
  '$vocabulary',
  '$async',
];
/** Values of an `enum` that cost as much as one schema. */
const VALUES_PER_SCHEMA = 10;
const MOST_LEVELS = 50;

class Fault extends Error {
  constructor(readonly fault: SchemaFault) {
    super(fault.message);
  }
}

function refuse(at: At, message: string): never {
  throw new Fault({ at, message });
}

export function structureOf(schema: unknown): Structure | { readonly wrong: SchemaFault } {
  const characters = JSON.stringify(schema).length;
  const most = LIMITS.payloadSchemaCharacters.value;
  if (characters > most)
    return {
      wrong: { at: [], message: `it has ${characters} characters, at most ${most} are allowed` },
    };
  try {
    const walk = new Walk(schema as Node);
    walk.visit(schema, [], []);
    return { nodes: walk.nodes };
  } catch (error) {
    if (error instanceof Fault) return { wrong: error.fault };
    throw error;
  }
}

class Walk {
  nodes = 0;
  private branches = 0;

  constructor(private readonly root: Node) {}

  /** `open`: the references that led here. */
  visit(schema: unknown, at: At, open: readonly string[]): void {
    if (typeof schema === 'boolean') return;
    if (!isNode(schema)) refuse(at, 'a schema must be an object, true or false');
    this.nodes += 1;
    if (this.nodes > LIMITS.payloadSchemaNodes.value)
      refuse(
        at,
        `it has over ${LIMITS.payloadSchemaNodes.value} schemas, counted through its references`,
      );
    if (at.length > 2 * MOST_LEVELS) refuse(at, `it is nested in over ${MOST_LEVELS} levels`);
    this.keywords(schema, at);
    this.reference(schema.$ref, [...at, '$ref'], open);
    for (const [keyword, inner, place] of schemasIn(schema)) {
      if (SAME_VALUE.has(keyword)) this.branch(1, at);
      this.visit(inner, [...at, ...place], open);
    }
  }

  private keywords(schema: Node, at: At): void {
    for (const keyword of REFUSED)
      if (Object.hasOwn(schema, keyword) && !(keyword === '$id' && at.length === 0))
        refuse([...at, keyword], `${keyword} is not supported; use $ref with #/$defs/…`);
    if (Array.isArray(schema.enum))
      this.branch(Math.floor(schema.enum.length / VALUES_PER_SCHEMA), [...at, 'enum']);
    const most = LIMITS.payloadSchemaUniqueItems.value;
    const { uniqueItems, maxItems } = schema;
    if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= most))
      refuse(
        [...at, 'uniqueItems'],
        `uniqueItems needs maxItems beside it, at most ${most}: every item is compared with every other one`,
      );
  }

  private branch(count: number, at: At): void {
    this.branches += count;
    const most = LIMITS.payloadSchemaBranches.value;
    if (this.branches > most)
      refuse(
        at,
        `it checks the same value in over ${most} ways (allOf, anyOf, oneOf, not, if, patternProperties, long enums)`,
      );
  }

  private reference(ref: unknown, at: At, open: readonly string[]): void {
    if (ref === undefined) return;
    if (typeof ref !== 'string' || !ref.startsWith('#/'))
      refuse(
        at,
        `$ref must be inside the schema, like #/$defs/address, not ${JSON.stringify(ref)?.slice(0, 100)}: nothing is fetched`,
      );
    if (open.includes(ref))
      refuse(at, `${ref.slice(0, 100)} refers to itself; a payload could be checked without end`);
    const target = targetOf(this.root, ref);
    if (target === undefined) refuse(at, `there is nothing at ${ref.slice(0, 100)}`);
    this.branch(1, at);
    this.visit(target, at, [...open, ref]);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * [keyword, schema, path] of each schema directly inside; schemas behind references are not
 * included.
 */
function schemasIn(schema: Node): [string, unknown, At][] {
  const found: [string, unknown, At][] = [];
  for (const keyword of ONE)
    if (Object.hasOwn(schema, keyword) && !Array.isArray(schema[keyword]))
      found.push([keyword, schema[keyword], [keyword]]);
  for (const keyword of LISTS) {
    const list = schema[keyword];
    if (Array.isArray(list))
      found.push(
        ...list.map((one: unknown, index): [string, unknown, At] => [
          keyword,
          one,
          [keyword, index],
        ]),
      );
  }
  for (const keyword of OBJECTS) {
    const named = schema[keyword];
    if (isNode(named))
      for (const [name, one] of Object.entries(named)) found.push([keyword, one, [keyword, name]]);
  }
  return found;
}

function targetOf(root: Node, ref: string): unknown {
  let at: unknown = root;
  for (const part of ref.slice(2).split('/')) {
    const name = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Node)[name];
  }
  return at;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
