/** Keyset pages. */
import type { Page } from '../../engine/ports.js';
import type { Flow } from '../../saga/flow.js';
import { cursorOf } from './cursor.js';

/** `rows` has one more than `first` when there is a next page. */
export function pageOf<T>(
  rows: readonly T[],
  first: number,
  key: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, first).map((item) => ({ cursor: cursorOf(key(item)), item }));
  return { items, hasNextPage: rows.length > first };
}

/** The key of a flow in lists that are newest first. */
export function placeOf({ startedAt, flowId }: Flow): [number, string] {
  return [startedAt, flowId];
}
