/** JSON text in columns; a payload that did not change is not sent again. */
import type { Payload } from '../../saga/flow.js';

export function asJson(place: string): string {
  return `${place}::json`;
}

/** No JSON text is empty. */
const KEPT = '';

/** For `keeping`: the payload, or that the row's own stays. */
export function orKept(before: Payload | undefined, after: Payload): string | null {
  return before === after ? KEPT : after;
}

export function keeping(place: string): string {
  return `CASE WHEN ${place} = '${KEPT}' THEN ${place.replace('u.', 't.')} ELSE ${place}::json END`;
}
