/** JSON in and out without changing it: big numbers survive, what cannot be stored is told apart from what cannot be read. */

/** Deeper than this and somebody is attacking a parser further on. */
export const DEEPEST = 200;

export type Read =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

/** Parses text; integers a double cannot hold keep their digits (they print as they came). */
export function readJson(text: string): Read {
  if (tooDeep(text)) return { ok: false, why: `is nested deeper than ${DEEPEST} levels` };
  try {
    return {
      ok: true,
      value: /\d{16}|\de/i.test(text) ? JSON.parse(text, keepDigits as never) : JSON.parse(text),
    };
  } catch (error) {
    return { ok: false, why: error instanceof NotFinite ? error.message : 'is not JSON' };
  }
}

class NotFinite extends Error {}

interface Raw {
  rawJSON(text: string): unknown;
}

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  if (!Number.isFinite(value))
    throw new NotFinite(`has the number ${context.source.slice(0, 40)}, which is too large`);
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? (JSON as unknown as Raw).rawJSON(context.source)
    : value;
}

/** Counts brackets outside of strings. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 123 || code === 91) {
      if (++depth > DEEPEST) return true;
    } else if (code === 125 || code === 93) depth--;
  }
  return false;
}

/** Why PostgreSQL could not keep this text as `JSON.stringify` printed it, or null: NUL characters and half surrogate pairs. */
export function unstorable(printed: string): string | null {
  if (!printed.includes('\\u')) return null;
  const found = /(?:^|[^\\])(?:\\\\)*\\u(0000|d[89a-f])/.exec(printed);
  if (found === null) return null;
  return found[1] === '0000' ? 'has a NUL character' : 'has half of a surrogate pair';
}

/** The same for a bare string. */
export function unstorableString(text: string): string | null {
  if (text.includes('\u0000')) return 'has a NUL character';
  return LONE.test(text) ? 'has half of a surrogate pair' : null;
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Text of a worker, made fit to be stored: what it says matters more than a broken character in it. */
export function storable(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return cut.replaceAll('\u0000', '\ufffd').replace(new RegExp(LONE, 'g'), '\ufffd');
}

/** Length in UTF-8, without making the bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (code >= 0xd800 && code <= 0xdbff) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}
