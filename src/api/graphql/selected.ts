/** What a request selects below a field: payloads are read only when they are selected. */
import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { Payloads } from '../../engine/ports.js';

/** Names of the fields that are selected at this path below the field. */
export function selectedAt(info: GraphQLResolveInfo, path: readonly string[]): Set<string> {
  let sets = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  for (const step of path)
    sets = sets.flatMap((set) => fieldsOf(set, info, step).flatMap((one) => one ?? []));
  return new Set(sets.flatMap((set) => namesOf(set, info)));
}

/** Of the flow at this path. */
export function payloadsAt(info: GraphQLResolveInfo, path: readonly string[]): Payloads {
  const flow = selectedAt(info, path);
  const steps = selectedAt(info, [...path, 'steps']);
  return {
    flowInput: flow.has('input'),
    flowOutput: flow.has('output'),
    stepInput: steps.has('input'),
    stepOutput: steps.has('output'),
  };
}

function flat(set: SelectionSetNode, info: GraphQLResolveInfo): SelectionSetNode['selections'] {
  return set.selections.flatMap((one) => {
    if (one.kind === Kind.FIELD) return [one];
    const inner =
      one.kind === Kind.INLINE_FRAGMENT
        ? one.selectionSet
        : info.fragments[one.name.value]?.selectionSet;
    return inner === undefined ? [] : flat(inner, info);
  });
}

function fieldsOf(
  set: SelectionSetNode,
  info: GraphQLResolveInfo,
  name: string,
): (SelectionSetNode | undefined)[] {
  return flat(set, info).flatMap((one) =>
    one.kind === Kind.FIELD && one.name.value === name ? [one.selectionSet] : [],
  );
}

function namesOf(set: SelectionSetNode, info: GraphQLResolveInfo): string[] {
  return flat(set, info).flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
}
