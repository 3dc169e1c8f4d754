/**
 * JSON that is not supported in messages: too deep, a number too large for a double, a field called
 * __proto__.
 */
import { numberText } from './numbers.js';
import { DEEPEST } from './read.js';

/** Why this value is not supported, as the end of a sentence; null when it is. */
export function unsupported(value: unknown, depth = 0): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const number = numberText(value);
  if (number !== null)
    return Number.isFinite(Number(number)) ? null : 'has a number that is too large for JSON';
  if (depth >= DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') return 'has a field called __proto__; no field may be called so';
    const wrong = unsupported(inner, depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}
