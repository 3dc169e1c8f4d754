/** JSON from callers: read without losing digits, and refused when it could not be kept or carried. */
import type { Problem } from '../../engine/ports.js';
import { numberText } from '../../json/numbers.js';
import { jsonText as writeJson } from '../../json/order.js';
import { DEEPEST, type Read, readJson } from '../../json/read.js';
import { problem } from './words.js';

/** Levels of a whole request: enough to say which field is too deep, too few to hurt. */
export const DEEPEST_BODY = 1000;

/** Of a request's body; the reason is for the caller. */
export function readBody(bytes: Uint8Array): Read {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return { ok: false, why: 'the body is not UTF-8 text' };
  }
  if (text.trim() === '') return { ok: false, why: 'the body is empty' };
  const read = readJson(text, DEEPEST_BODY, true);
  return read.ok ? read : { ok: false, why: `the body ${read.why}` };
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** JSON text of a value, null when it is absent; why not is added to `problems`. */
export function jsonText(value: unknown, path: string, problems: Problem[]): string | null {
  if (value === null || value === undefined) return null;
  const wrong = wrongJson(value, 0);
  if (wrong === null) return writeJson(value);
  problems.push(problem('INVALID_JSON', path, `${path} ${wrong}`));
  return null;
}

function wrongJson(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const number = numberText(value);
  if (number !== null)
    return Number.isFinite(Number(number)) ? null : 'has a number that is too large for JSON';
  if (depth >= DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'has a field called __proto__; no field may be called so';
    const wrong = wrongJson((value as Record<string, unknown>)[key], depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}
