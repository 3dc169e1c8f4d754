/**
 * Reads JSON in time linear to the text, without recursion, keeping every digit; a field that
 * occurs twice is an error.
 */

import { exactNumber } from './numbers.js';
import { keepOrder } from './order.js';

/** Levels a payload may be nested. */
export const DEEPEST = 200;

export type Read =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

/**
 * `endless`: also reads numbers that are too large for a double; the caller reports them with their
 * field.
 */
export function readJson(text: string, deepest = DEEPEST, endless = false): Read {
  if (!isShallow(text, deepest))
    return { ok: false, why: `is nested deeper than ${deepest} levels` };
  try {
    return { ok: true, value: read(text, endless) };
  } catch (error) {
    return { ok: false, why: error instanceof Unreadable ? error.message : 'is not JSON' };
  }
}

/** Reads text that was written from values read before. Throws when it is not JSON. */
export function readPrinted(text: string): unknown {
  const result = readJson(text, Number.POSITIVE_INFINITY);
  if (!result.ok) throw new SyntaxError(`the text ${result.why}`);
  return result.value;
}

class Unreadable extends Error {}

/**
 * Whether the text is nested no deeper than `deepest`; a text shorter than that need not be
 * counted.
 */
function isShallow(text: string, deepest: number): boolean {
  if (text.length <= deepest) return true;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 123 || code === 91) {
      if (++depth > deepest) return false;
    } else if (code === 125 || code === 93) depth--;
  }
  return true;
}

/** Most texts print as they came: for these JSON.parse is enough, and much faster. */
function read(text: string, endless: boolean): unknown {
  const value: unknown = JSON.parse(text);
  return JSON.stringify(value) === text ? value : new Scanner(text, endless).read();
}

interface Open {
  readonly value: unknown[] | Record<string, unknown>;
  /** Of an object: the fields in their order. */
  readonly keys: string[] | null;
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

/** Reads text that JSON.parse has accepted, and keeps how it was written. */
class Scanner {
  private at = 0;
  private readonly open: Open[] = [];

  constructor(
    private readonly text: string,
    private readonly endless: boolean,
  ) {}

  read(): unknown {
    for (;;) {
      const begun = this.begin();
      let done = begun === null ? this.close() : begun;
      while (done !== null) {
        const outer = this.open.at(-1);
        if (outer === undefined) return done.value;
        done = this.put(outer, done.value);
      }
    }
  }

  /**
   * Reads the beginning of a value: a scalar; null = it is an object or array, which is open now.
   */
  private begin(): { readonly value: unknown } | null {
    const code = this.next();
    if (code !== '{' && code !== '[') return { value: this.scalar(code) };
    this.at++;
    this.open.push(code === '{' ? { value: {}, keys: [] } : { value: [], keys: null });
    return null;
  }

  /**
   * After an opening bracket: the object or array if it is empty; null = its first value follows.
   */
  private close(): { readonly value: unknown } | null {
    const inner = this.open.at(-1) as Open;
    if (this.next() === (inner.keys === null ? ']' : '}')) return this.pop(inner);
    if (inner.keys !== null) this.key(inner.keys);
    return null;
  }

  /** Adds a value to its object or array; returns that one if it ends here. */
  private put({ value, keys }: Open, one: unknown): { readonly value: unknown } | null {
    if (Array.isArray(value)) value.push(one);
    else setField(value, keys?.at(-1) as string, one);
    const code = this.next();
    if (code === (keys === null ? ']' : '}')) return this.pop(this.open.at(-1) as Open);
    this.at++;
    if (keys !== null) this.key(keys);
    return null;
  }

  private pop({ value, keys }: Open): { readonly value: unknown } {
    this.at++;
    this.open.pop();
    keepOrder(value, keys);
    return { value };
  }

  private key(keys: string[]): void {
    this.next();
    const key = this.string();
    const { value } = this.open.at(-1) as Open;
    // Every field before this one has been added already.
    if (Object.hasOwn(value, key))
      throw new Unreadable(`has the field ${JSON.stringify(key.slice(0, 60))} twice`);
    keys.push(key);
    this.next();
    this.at++;
  }

  private scalar(code: string | undefined): unknown {
    if (code === '"') return this.string();
    const literal = LITERALS.find(([name]) => this.text.startsWith(name, this.at));
    if (literal !== undefined) {
      this.at += literal[0].length;
      return literal[1];
    }
    NUMBER.lastIndex = this.at;
    const [source] = NUMBER.exec(this.text) as unknown as [string];
    this.at += source.length;
    if (!this.endless && !Number.isFinite(Number(source)))
      throw new Unreadable(`has the number ${source.slice(0, 40)}, which is too large`);
    return exactNumber(source);
  }

  private string(): string {
    const from = this.at++;
    for (; this.text[this.at] !== '"'; this.at++) if (this.text[this.at] === '\\') this.at++;
    return JSON.parse(this.text.slice(from, ++this.at)) as string;
  }

  private next(): string | undefined {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
    return this.text[this.at];
  }
}

/** Sets a field, also one called __proto__, which an assignment would not set. */
function setField(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else fields[name] = value;
}
