/** Characters that PostgreSQL cannot store in JSON or text, and the length of a text in UTF-8. */

/**
 * Why PostgreSQL cannot store this output of `JSON.stringify`, or null. NUL characters and lone
 * surrogates cannot be stored.
 */
export function unstorable(printed: string): string | null {
  if (!printed.includes('\\u')) return null;
  const found = /(?:^|[^\\])(?:\\\\)*\\u(0000|d[89a-f])/.exec(printed);
  if (found === null) return null;
  return found[1] === '0000' ? 'has a NUL character' : 'has half of a surrogate pair';
}

/** The same for a string as it is. */
export function unstorableString(text: string): string | null {
  if (text.includes('\u0000')) return 'has a NUL character';
  return LONE.test(text) ? 'has half of a surrogate pair' : null;
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * A worker's text, cut to `longest` characters and with U+FFFD for what cannot be stored, rather
 * than refused.
 */
export function storable(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return cut.replaceAll('\u0000', '\ufffd').replace(new RegExp(LONE, 'g'), '\ufffd');
}

/** Bytes of the text in UTF-8, counted without encoding it. */
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
