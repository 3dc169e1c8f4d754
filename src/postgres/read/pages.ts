/** Pages by key. */
import type { Page } from '../../engine/ports.js';
import type { Flow } from '../../saga/flow.js';
import { cursorOf } from './cursor.js';

/** `rows` holds one more than a page when there is a next one. */
export function pageOf<T>(
  rows: readonly T[],
  first: number,
  key: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, first).map((item) => ({ cursor: cursorOf(key(item)), item }));
  return { items, hasNextPage: rows.length > first };
}

/** Of a flow in lists that are newest first. */
export function placeOf({ startedAt, flowId }: Flow): [number, string] {
  return [startedAt, flowId];
}
