/**
 * Names, for every module. Knows: which names are near, which are loopback, which are the same
 * topic for Kafka. Refuses to know: what is named. In: text. Out: text, or yes and no. This file:
 * the known names that an unknown one may mean.
 */
import { distance } from 'fastest-levenshtein';

/**
 * Characters that are compared: no known name is longer, and an unknown one of any length costs
 * bounded time.
 */
const COMPARED = 100;
/** Names this short are near only when one character differs: any two of them are almost equal. */
const SHORT = 3;

/** The known names that are near, best first, at most `most`. Case does not matter. */
export function nearest(name: string, known: readonly string[], most = 1): string[] {
  const wanted = name.slice(0, COMPARED).toLowerCase();
  const isNear = ({ one, away }: { readonly one: string; readonly away: number }): boolean =>
    away <= allowed(Math.max(one.length, name.length));
  return known
    .filter((one) => Math.abs(one.length - wanted.length) <= allowed(COMPARED))
    .map((one) => ({ one, away: distance(wanted, one.toLowerCase()) }))
    .filter(isNear)
    .sort((a, b) => a.away - b.away || (a.one < b.one ? -1 : 1))
    .slice(0, most)
    .map(({ one }) => one);
}

/**
 * Edits allowed for a length: a third of the characters, and at least two (a swap) except for very
 * short names.
 */
function allowed(length: number): number {
  return length <= SHORT ? 1 : Math.max(2, Math.floor(length / 3));
}

/** The end of a message about a name that is not among these. */
export function didYouMean(suggestions: readonly string[], among: readonly string[]): string {
  return suggestions.length > 0
    ? `; did you mean ${suggestions.join(' or ')}?`
    : `; known are ${among.join(', ')}`;
}
