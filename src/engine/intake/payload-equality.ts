/**
 * Whether two payloads are equal: JSON text that differs in the order of keys or in white space is
 * equal.
 */
import type { Payload } from '../../saga/flow.js';

export function samePayload(one: Payload, other: Payload): boolean {
  if (one === other) return true;
  return one !== null && other !== null && canonical(one) === canonical(other);
}

/** Keys sorted at every depth. Numbers keep their text: a big integer equals only itself. */
function canonical(text: string): string {
  const sorted = (
    _key: string,
    value: unknown,
    context?: { readonly source?: string },
  ): unknown => {
    if (typeof value === 'number') return `#${context?.source ?? value}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  };
  return JSON.stringify(JSON.parse(text, sorted));
}
