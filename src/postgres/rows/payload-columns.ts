/** JSON text in columns; a payload that did not change is not sent again. */
import type { Payload } from '../../saga/flow.js';

export function asJson(place: string): string {
  return `${place}::json`;
}

/** Means: keep the stored value. No JSON text is empty. */
const KEPT = '';

/** The value for a `keeping` column: the payload, or KEPT when it did not change. */
export function orKept(before: Payload | undefined, after: Payload): string | null {
  return before === after ? KEPT : after;
}

export function keeping(place: string): string {
  return `CASE WHEN ${place} = '${KEPT}' THEN ${place.replace('u.', 't.')} ELSE ${place}::json END`;
}
