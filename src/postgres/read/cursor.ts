/** Cursors: the key of the last row of a page, as opaque text. */
import { BadCursor } from '../../engine/ports.js';

type Key = readonly (string | number)[];

export function cursorOf(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** `shape`: the type of each part; anything else throws BadCursor. */
export function readCursor<T extends Key>(
  cursor: string,
  shape: { readonly [Part in keyof T]: 'string' | 'number' },
): T {
  const key = parsed(cursor);
  const fits =
    Array.isArray(key) &&
    key.length === shape.length &&
    key.every((part, index) => typeof part === shape[index] && isStorable(part));
  if (!fits)
    throw new BadCursor(
      'the cursor is not one of this list; use endCursor of a page, or the cursor of one of its items',
    );
  return key as unknown as T;
}

/** Latest time of a JavaScript Date, ms. */
const LATEST = 8.64e15;
const LONGEST = 300;

/** PostgreSQL would refuse other values. */
function isStorable(part: unknown): boolean {
  return typeof part === 'number'
    ? Number.isInteger(part) && part >= 0 && part <= LATEST
    : String(part).length <= LONGEST && !String(part).includes('\u0000');
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
