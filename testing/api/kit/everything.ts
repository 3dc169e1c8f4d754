/**
 * Queries for everything that a field of the schema reaches: whoever adds a field to it need not
 * add it here.
 */
import {
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { createSchema } from '../../../src/api/graphql/schema.js';

/** Arguments that a field needs wherever it is, by its name. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  timeline: '(first: 20)',
  history: '(first: 5)',
};

/**
 * Each object once on the way down: `orchestration` of a flow of an orchestration shows nothing
 * new.
 */
function selection(type: GraphQLOutputType, above: readonly string[]): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (isObjectType(inner) && above.includes(inner.name)) return [];
    if (field.args.some(({ type: wanted }) => String(wanted).endsWith('!'))) return [];
    const below = selection(field.type, [...above, named.name]);
    return [`${field.name}${ARGUMENTS[field.name] ?? ''}${below}`];
  });
  return ` { ${fields.join(' ')} }`;
}

export interface RootField {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  /** Everything below it, with these arguments. */
  document(args: string): string;
}

export function rootFields(): RootField[] {
  const schema = createSchema();
  const kinds = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return kinds.flatMap(([kind, root]) =>
    Object.values(root?.getFields() ?? {}).map((field: GraphQLField<unknown, unknown>) => ({
      kind,
      name: field.name,
      document: (args: string) => {
        const below = isScalarType(field.type) ? '' : selection(field.type, []);
        return `${kind} { ${field.name}${args}${below} }`;
      },
    })),
  );
}
