/** What no message can carry although it is JSON: too deep, a number beyond every double, a field that would change the object. */
import { numberText } from './numbers.js';
import { DEEPEST } from './read.js';

/** Why this value, which was read, cannot be carried; the end of a sentence, or null. */
export function uncarriable(value: unknown, depth = 0): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const number = numberText(value);
  if (number !== null)
    return Number.isFinite(Number(number)) ? null : 'has a number that is too large for JSON';
  if (depth >= DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') return 'has a field called __proto__; no field may be called so';
    const wrong = uncarriable(inner, depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}
