/**
 * JSON from callers: read without losing digits, and refused when it could not be kept or carried.
 */
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import { jsonText as writeJson } from '../../json/order.js';
import { type Read, readJson } from '../../json/read.js';
import { unsupported } from '../../json/unsupported.js';

/** Levels of a whole request: enough to name the field that is too deep, too few to hurt. */
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
  const wrong = unsupported(value);
  if (wrong === null) return writeJson(value);
  problems.push(problem('INVALID_JSON', `${path} ${wrong}`, path));
  return null;
}
