/**
 * Arrays as parameters in PostgreSQL's binary form (array_send): nothing is printed, escaped and
 * parsed again, on either side.
 */

/** Element types that are sent so, with their OIDs. */
const OIDS = { text: 25, int: 23, bigint: 20, float8: 701 } as const;
export type ElementType = keyof typeof OIDS;

/** The type of an element in JavaScript. */
export interface Elements {
  readonly text: string;
  readonly int: number;
  readonly bigint: number | bigint;
  readonly float8: number;
}

/** Dimensions, has nulls, element type; length and lower bound of the one dimension. */
const HEAD_BYTES = 20;
/** An array without elements has no dimension. */
const EMPTY_BYTES = 12;
/** Instead of its length. */
const NULL = -1;
/** Of the length of an element, and of a number. */
const [LENGTH_BYTES, NUMBER_BYTES] = [4, 8];
/** A UTF-16 unit is at most so many bytes of UTF-8. */
const MOST_PER_UNIT = 3;
/** Of the buffer that is used for one array after another. */
const KEPT_BYTES = 256 * 1024;
const TWO_TO_32 = 2 ** 32;

/** All elements are written into one buffer; their bytes are copied once, when they are counted. */
class Writer {
  private bytes = Buffer.allocUnsafeSlow(KEPT_BYTES);
  private at = 0;
  /** For the lengths of all elements, and for numbers. */
  private fixed = 0;

  array<T extends ElementType>(type: T, values: readonly (Elements[T] | null)[]): Uint8Array {
    this.at = 0;
    this.fixed = values.length * (LENGTH_BYTES + NUMBER_BYTES);
    this.reserve(HEAD_BYTES);
    for (const head of [values.length === 0 ? 0 : 1, 1, OIDS[type], values.length, 1])
      this.int32(head);
    const write = this.writers[type] as (value: Elements[T]) => void;
    for (const value of values) {
      if (value === null) this.int32(NULL);
      else write(value);
    }
    const end = values.length === 0 ? EMPTY_BYTES : this.at;
    const written = Buffer.from(this.bytes.subarray(0, end));
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(KEPT_BYTES);
    return written;
  }

  private readonly writers: { readonly [T in ElementType]: (value: Elements[T]) => void } = {
    text: (value) => {
      this.reserve(value.length * MOST_PER_UNIT);
      const length = this.bytes.write(value, this.at + LENGTH_BYTES);
      this.int32(length);
      this.at += length;
    },
    int: (value) => {
      this.int32(LENGTH_BYTES);
      this.int32(value);
    },
    bigint: (value) => {
      this.int32(NUMBER_BYTES);
      if (typeof value === 'bigint') this.at = this.bytes.writeBigInt64BE(value, this.at);
      else {
        this.int32(Math.floor(value / TWO_TO_32));
        this.at = this.bytes.writeUInt32BE(value >>> 0, this.at);
      }
    },
    float8: (value) => {
      this.int32(NUMBER_BYTES);
      this.at = this.bytes.writeDoubleBE(value, this.at);
    },
  };

  private reserve(bytes: number): void {
    const needed = this.at + bytes + this.fixed;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  private int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }
}

const writer = new Writer();

export function binaryArray<T extends ElementType>(
  type: T,
  values: readonly (Elements[T] | null)[],
): Uint8Array {
  return writer.array(type, values);
}

type Of<T extends ElementType> = readonly (Elements[T] | null)[];
export const textArray = (values: Of<'text'>): Uint8Array => binaryArray('text', values);
export const intArray = (values: Of<'int'>): Uint8Array => binaryArray('int', values);
export const bigintArray = (values: Of<'bigint'>): Uint8Array => binaryArray('bigint', values);
