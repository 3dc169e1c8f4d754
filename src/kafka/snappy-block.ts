/**
 * Checks a snappy block before the library decompresses it. The library does not check lengths and
 * distances: with a length above 2^31, which it treats as negative, it reads from before the block,
 * for hours.
 */

/**
 * Throws unless the block decompresses, within its bytes, to exactly as many bytes as it declares.
 * One pass over its tags.
 */
export function checkSnappyBlock(block: Buffer): void {
  const [declared, start] = declaredLength(block);
  let made = 0;
  for (let at = start; at < block.length; ) {
    const { length, distance, next } = elementAt(block, at);
    if (distance !== null && (distance === 0 || distance > made))
      throw new Error(`a copy reaches ${distance} bytes back, ${made} are there`);
    made += length;
    if (next > block.length || made > declared)
      throw new Error(`the block holds more than the ${declared} bytes it declares`);
    at = next;
  }
  if (made !== declared) throw new Error(`the block holds ${made} bytes and declares ${declared}`);
}

/** The declared length, a varint of seven bits a byte, and the index of the byte after it. */
function declaredLength(block: Buffer): readonly [number, number] {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block.readUInt8(at);
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return [length, at + 1];
  }
  throw new Error('the block does not declare its length');
}

interface Element {
  readonly length: number;
  /** null = a literal, whose bytes follow the tag. */
  readonly distance: number | null;
  readonly next: number;
}

const LITERAL_WITHIN_TAG = 60;

function elementAt(block: Buffer, tagAt: number): Element {
  const tag = block.readUInt8(tagAt);
  const at = tagAt + 1;
  const size = (tag >>> 2) + 1;
  switch (tag & 3) {
    case 0: {
      const bytes = Math.max(0, size - LITERAL_WITHIN_TAG);
      const length = bytes === 0 ? size : block.readUIntLE(at, bytes) + 1;
      return { length, distance: null, next: at + bytes + length };
    }
    case 1: {
      const distance = ((tag >>> 5) << 8) + block.readUInt8(at);
      return { length: ((tag >>> 2) & 7) + 4, distance, next: at + 1 };
    }
    case 2:
      return { length: size, distance: block.readUInt16LE(at), next: at + 2 };
    default:
      return { length: size, distance: block.readUInt32LE(at), next: at + 4 };
  }
}
