/** Texts of callers: names, keys, reasons. */
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import { LIMITS } from '../../limits/limits.js';
import { unstorableString } from '../../wire/json.js';
import { BadInput } from '../problems.js';

/**
 * As far as flows are counted and numbered pages reach: what lies beyond costs more to read than it
 * is worth.
 */
export const COUNTED = 10_000;
/** Characters of a key or id, of a text to search for, of a name before it is looked up. */
export const LONGEST_TEXT = LIMITS.nameCharacters.value;
export const LONGEST_REASON = LIMITS.reasonCharacters.value;

/** What is wrong with a text, as a sentence's end; null when nothing is. */
export function wrongText(value: string, longest: number): string | null {
  if (value.length > longest)
    return `has ${value.length} characters, at most ${longest} are allowed`;
  return unstorableString(value);
}

/** A text that must not be empty; what is wrong is added to `problems`. */
export function checkText(
  value: string,
  path: string,
  longest: number,
  problems: Problem[],
): string {
  const wrong = value.trim() === '' ? 'is empty' : wrongText(value, longest);
  if (wrong !== null) problems.push(problem('INVALID_TEXT', `${path} ${wrong}`, path));
  return value;
}

/** The same where it may be absent. */
export function checkOptionalText(
  value: string | null | undefined,
  path: string,
  problems: Problem[],
): string | null {
  if (value === null || value === undefined) return null;
  return checkText(value, path, LONGEST_TEXT, problems);
}

/** For queries, which have no list of problems: a wrong text is thrown. */
export function goodText(value: string, path: string, longest: number = LONGEST_TEXT): string {
  const wrong = wrongText(value, longest);
  if (wrong !== null) throw new BadInput(`${path} ${wrong}`);
  return value;
}

/** A whole number in its bounds, else thrown. */
export function goodNumber(value: number, path: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  throw new BadInput(`${path} must be a whole number ${bounds}, not ${value}`);
}
