/**
 * What a GraphQL document would cost, in one pass over its parsed text, fragments once each: before
 * validation, whose time grows with the square of equal fields, and with the values of its
 * variables, which validation does not see.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { LIMITS } from '../limits/limits.js';

export interface Measured {
  readonly document: DocumentNode;
  /** What is wrong whatever the variables are; null = nothing. */
  readonly tooMuch: string | null;
  readonly introspects: boolean;
}

/** Fields with an argument `first`: its value when it is left out. */
export type Defaults = ReadonlyMap<string, number>;

/**
 * Fields of introspection that lead from one type to other types; nested, they make the answer
 * large.
 */
const INTROSPECTION_DEPTH = 20;

/** Walks the document once. */
export function measure(document: DocumentNode): Measured {
  const counter = new Counter();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) counter.operation(definition);
    if ('selectionSet' in definition) counter.selections(definition.selectionSet);
  }
  const { counts, introspects } = counter;
  return { document, tooMuch: tooMuchOf(counts, document), introspects };
}

class Counter {
  readonly counts = { fields: 0, aliases: 0, directives: 0, spreads: 0, repeated: 0, values: 0 };
  introspects = false;

  operation({ directives, variableDefinitions }: OperationDefinitionNode): void {
    this.counts.directives += directives?.length ?? 0;
    for (const { defaultValue } of variableDefinitions ?? [])
      if (defaultValue !== undefined) this.value(defaultValue, 1);
  }

  selections(set: SelectionSetNode | undefined): void {
    const seen = new Set<string>();
    for (const selection of set?.selections ?? []) {
      this.counts.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) this.field(selection, seen);
      else this.counts.spreads++;
      if (selection.kind !== Kind.FRAGMENT_SPREAD) this.selections(selection.selectionSet);
    }
  }

  private field({ alias, name, arguments: given }: FieldNode, seen: Set<string>): void {
    const shown = (alias ?? name).value;
    this.counts.fields++;
    if (alias !== undefined) this.counts.aliases++;
    if (seen.has(shown)) this.counts.repeated++;
    seen.add(shown);
    this.introspects ||= name.value === '__schema' || name.value === '__type';
    for (const { value } of given ?? []) this.value(value, 1);
  }

  private value(value: ValueNode, depth: number): void {
    if (depth > LIMITS.literalDepth.value) this.counts.values = Math.max(this.counts.values, depth);
    else if (value.kind === Kind.LIST) for (const one of value.values) this.value(one, depth + 1);
    else if (value.kind === Kind.OBJECT)
      for (const one of value.fields) this.value(one.value, depth + 1);
  }
}

function tooMuchOf(
  counts: Readonly<Record<string, number>>,
  document: DocumentNode,
): string | null {
  const most: readonly (readonly [string, number, string])[] = [
    [
      'values',
      LIMITS.literalDepth.value,
      'levels of a value written inline; pass it as a variable',
    ],
    ['aliases', LIMITS.queryAliases.value, 'aliases'],
    ['directives', LIMITS.queryDirectives.value, 'directives'],
    ['spreads', LIMITS.queryFragments.value, 'fragments that are used'],
    ['repeated', LIMITS.queryRepeatedFields.value, 'fields that are selected twice at one place'],
    ['fields', LIMITS.queryFields.value, 'fields'],
  ];
  const over = most.find(([name, limit]) => (counts[name] ?? 0) > limit);
  if (over !== undefined)
    return `the document has more than ${over[1]} ${over[2]}; split it into several requests`;
  const depth = depthOf(document);
  return depth > LIMITS.queryDepth.value
    ? `the document is nested ${depth === Number.POSITIVE_INFINITY ? 'without end' : `${depth} levels`}, at most ${LIMITS.queryDepth.value} are allowed: the depth limit`
    : null;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf(document: DocumentNode): Fragments {
  return new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  );
}

/**
 * A number for each selection set; each fragment is visited once, and one that contains itself gets
 * `endless`.
 */
class Fold {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly fragments: Fragments,
    private readonly one: (selection: FieldNode | InlineFragmentNode, below: number) => number,
    private readonly join: (sum: number, one: number) => number,
    private readonly endless: number,
  ) {}

  of(set: SelectionSetNode | undefined): number {
    let sum = 0;
    for (const selection of set?.selections ?? []) {
      const one =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? this.fragment(selection.name.value)
          : this.one(selection, this.of(selection.selectionSet));
      sum = this.join(sum, one);
    }
    return sum;
  }

  private fragment(name: string): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    this.known.set(name, this.endless);
    const found = this.of(this.fragments.get(name)?.selectionSet);
    this.known.set(name, found);
    return found;
  }
}

function depthOf(document: DocumentNode): number {
  const deeper = (one: FieldNode | InlineFragmentNode, below: number): number =>
    one.kind === Kind.FIELD && one.name.value.startsWith('__')
      ? Math.max(1, below + 1 - INTROSPECTION_DEPTH)
      : below + 1;
  const fold = new Fold(fragmentsOf(document), deeper, Math.max, Number.POSITIVE_INFINITY);
  return document.definitions.reduce(
    (deepest, one) =>
      one.kind === Kind.OPERATION_DEFINITION
        ? Math.max(deepest, fold.of(one.selectionSet))
        : deepest,
    0,
  );
}

/** Fields that the answer may have, lists counted as long as they may be. */
export function costOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  defaults: Defaults,
): number {
  const given = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      variables[variable.name.value] ?? numberIn(defaultValue),
    ]),
  );
  const lengthOf = (field: FieldNode): number => {
    const byDefault = defaults.get(field.name.value);
    if (byDefault === undefined) return 1;
    const value = field.arguments?.find(({ name }) => name.value === 'first')?.value;
    const first = value?.kind === Kind.VARIABLE ? given.get(value.name.value) : numberIn(value);
    return typeof first === 'number' && first >= 0 ? first : byDefault;
  };
  const cost = (one: FieldNode | InlineFragmentNode, below: number): number =>
    one.kind === Kind.FIELD ? 1 + lengthOf(one) * below : below;
  const add = (sum: number, one: number): number => sum + one;
  return new Fold(fragmentsOf(document), cost, add, 0).of(operation.selectionSet);
}

function numberIn(value: ValueNode | undefined): number | undefined {
  return value?.kind === Kind.INT ? Number(value.value) : undefined;
}

/** The operation that would run; null = there is none of this name, or several without one. */
export function operationOf(
  { definitions }: DocumentNode,
  name: unknown,
): OperationDefinitionNode | null {
  const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (typeof name === 'string') return operations.find((one) => one.name?.value === name) ?? null;
  return operations.length === 1 ? (operations[0] ?? null) : null;
}
