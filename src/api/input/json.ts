/** JSON from callers: read without losing digits, and refused when it could not be kept or carried. */
import type { Problem } from '../../engine/ports.js';
import { problem } from './words.js';

/** Levels a payload may be nested. */
export const DEEPEST = 200;
/** Levels of a whole request: enough to say which field is too deep, too few to hurt. */
export const DEEPEST_BODY = 1000;

interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}
const Raw = JSON as unknown as RawJson;

/** A number of a document: a whole number that a double cannot hold keeps its digits and prints as it came. */
export function exactNumber(source: string): unknown {
  const value = Number(source);
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? Raw.rawJSON(source) : value;
}

/** For JSON.parse: as `exactNumber`. */
export function keepDigits(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  return typeof value === 'number' && context?.source !== undefined
    ? exactNumber(context.source)
    : value;
}

/** Throws a SyntaxError when it is not JSON. */
export function readJsonText(text: string): unknown {
  return /\d{16}|\d[eE]/.test(text) ? JSON.parse(text, keepDigits as never) : JSON.parse(text);
}

/** Of a request's body; the reason is for the caller. */
export function readBody(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string } {
  if (text.trim() === '') return { ok: false, why: 'the body is empty' };
  if (isDeeper(text, DEEPEST_BODY))
    return { ok: false, why: `the body is nested deeper than ${DEEPEST_BODY} levels` };
  try {
    return { ok: true, value: readJsonText(text) };
  } catch {
    return { ok: false, why: 'the body is not JSON' };
  }
}

/** Counts brackets outside of strings. */
export function isDeeper(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 123 || code === 91) {
      if (++depth > most) return true;
    } else if (code === 125 || code === 93) depth--;
  }
  return false;
}

/** JSON text of a value, null when it is absent; why not is added to `problems`. */
export function jsonText(value: unknown, path: string, problems: Problem[]): string | null {
  if (value === null || value === undefined) return null;
  const wrong = wrongJson(value, 0);
  if (wrong === null) return JSON.stringify(value);
  problems.push(problem('INVALID_JSON', path, `${path} ${wrong}`));
  return null;
}

function wrongJson(value: unknown, depth: number): string | null {
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'has a number that is too large for JSON';
  if (typeof value !== 'object' || value === null || Raw.isRawJSON(value)) return null;
  if (depth >= DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'has a field called __proto__; no field may be called so';
    const wrong = wrongJson((value as Record<string, unknown>)[key], depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}
