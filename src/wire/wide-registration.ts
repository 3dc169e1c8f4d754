/**
 * A registration in a topic record is parsed together with the record, on the main thread. What
 * makes that slow is not its length but objects with tens of thousands of fields: each is built as
 * a hash table, printed and read field by field.
 */
const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];
const OPENING: ReadonlySet<number> = new Set([91, 123]);
const CLOSING: ReadonlySet<number> = new Set([93, 125]);

/**
 * Whether an object has more than `most` fields, or a list more entries, by counting commas. For
 * bytes that are not JSON either answer is possible.
 */
export function isWide(bytes: Uint8Array, most: number): boolean {
  const commas: number[] = [0];
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (inString) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte)) commas.push(0);
    else if (CLOSING.has(byte)) commas.pop();
    else if (byte === COMMA) {
      const count = (commas.pop() ?? 0) + 1;
      if (count >= most) return true;
      commas.push(count);
    }
  }
  return false;
}
