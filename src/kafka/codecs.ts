/**
 * Kafka's four compression codecs. The decompressed size is bounded, and a batch that cannot be
 * decompressed never stops its partition.
 */
import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import { LIMITS } from '../limits/limits.js';
import { checkRecords, headerBefore, unreadable } from './record-batch.js';
import { checkSnappyBlock } from './snappy-block.js';

// Node does not see these among the names a CommonJS module exports.
const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  readonly name: string;
  compress(bytes: Buffer): Promise<Buffer>;
  /** Throws when the data is invalid, or larger than `most` bytes. */
  decompress(bytes: Buffer, most: number): Promise<Buffer>;
}

const gzipCodec: Codec = {
  name: 'gzip',
  compress: promisify<Buffer, Buffer>(gzip),
  decompress: (bytes, most) => promisify(gunzip)(bytes, { maxOutputLength: most }),
};

const zstdCodec: Codec = {
  name: 'zstd',
  compress: promisify<Buffer, Buffer>(zstdCompress),
  decompress: (bytes, most) => promisify(zstdDecompress)(bytes, { maxOutputLength: most }),
};

/**
 * The Java client frames snappy in the format of the xerial library; others send a single block
 * without a frame.
 */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_BLOCK_BYTES = 32_768;

const snappyCodec: Codec = {
  name: 'snappy',
  async compress(bytes) {
    const versions = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]);
    const parts: Buffer[] = [XERIAL, versions];
    for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
      const block = snappy.compress(bytes.subarray(at, at + XERIAL_BLOCK_BYTES));
      const size = Buffer.alloc(4);
      size.writeUInt32BE(block.length);
      parts.push(size, block);
    }
    return Buffer.concat(parts);
  },
  async decompress(bytes, most) {
    if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return openSnappy(bytes, most);
    const parts: Buffer[] = [];
    let left = most;
    for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
      const size = bytes.readUInt32BE(at);
      if (size > bytes.length - at - 4) throw new Error('a block is longer than the batch');
      const part = openSnappy(bytes.subarray(at + 4, at + 4 + size), left);
      left -= part.length;
      parts.push(part);
      at += 4 + size;
    }
    return Buffer.concat(parts);
  },
};

function openSnappy(block: Buffer, most: number): Buffer {
  checkSnappyBlock(block);
  return snappy.uncompress(block, most);
}

const LZ4_MAGIC = 0x184d2204;
/**
 * Header of the frames that are sent: version 1, independent blocks of up to 64 KiB, no checksums;
 * the last byte is the header's checksum.
 */
const LZ4_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
const LZ4_BLOCK_BYTES = 65_536;
const LZ4_AS_IS = 0x80000000;

const lz4Codec: Codec = {
  name: 'lz4',
  async compress(bytes) {
    const parts: Buffer[] = [LZ4_HEADER];
    for (let at = 0; at < bytes.length; at += LZ4_BLOCK_BYTES)
      parts.push(...lz4Block(bytes.subarray(at, at + LZ4_BLOCK_BYTES)));
    return Buffer.concat([...parts, Buffer.alloc(4)]);
  },
  async decompress(bytes, most) {
    const size = lz4Bound(bytes);
    if (size > most) throw new Error(`it can have ${size} bytes, at most ${most} are read`);
    return Buffer.from(lz4.decompress(bytes, size));
  },
};

function lz4Block(bytes: Buffer): Buffer[] {
  const block = Buffer.alloc(lz4.compressBound(bytes.length));
  const length = lz4.compressBlock(bytes, block, 0, bytes.length, new Uint32Array(65_536));
  const smaller = length > 0 && length < bytes.length;
  const size = Buffer.alloc(4);
  size.writeUInt32LE(smaller ? length : bytes.length + LZ4_AS_IS);
  return [size, smaller ? block.subarray(0, length) : bytes];
}

/**
 * Most bytes that a frame can decompress to. Also checks that each block is inside the frame: the
 * library does not check the lengths it reads.
 */
function lz4Bound(bytes: Buffer): number {
  if (bytes.length < 11 || bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('it is no frame');
  const flags = bytes.readUInt8(4);
  const blockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  let at = 7 + ((flags & 0x08) > 0 ? 8 : 0) + ((flags & 0x01) > 0 ? 4 : 0);
  let most = 0;
  for (;;) {
    const size = bytes.readUInt32LE(at);
    if (size === 0) return most;
    const length = size % LZ4_AS_IS;
    most += size >= LZ4_AS_IS ? length : blockBytes;
    at += 4 + length + ((flags & 0x10) > 0 ? 4 : 0);
    if (at + 4 > bytes.length) throw new Error('a block is longer than the frame');
  }
}

/** A compression type that Kafka does not define. */
const unknownCodec = (type: number): Codec => {
  const fail = async (): Promise<never> => {
    throw new Error(`compression type ${type} is not known`);
  };
  return { name: `type ${type}`, compress: fail, decompress: fail };
};

export const CODECS: readonly (readonly [number, Codec])[] = [
  [CompressionTypes.GZIP, gzipCodec],
  [CompressionTypes.Snappy, snappyCodec],
  [CompressionTypes.LZ4, lz4Codec],
  [CompressionTypes.ZSTD, zstdCodec],
  ...[5, 6, 7].map((type) => [type, unknownCodec(type)] as const),
];

/** The values of the setting COMPRESSION. */
export const COMPRESSIONS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;
export type Compression = keyof typeof COMPRESSIONS;

/** The records of a batch; or records in their place that mark a batch that cannot be read. */
export async function openBatch(codec: Codec, compressed: Buffer): Promise<Buffer> {
  const header = headerBefore(compressed);
  try {
    const bytes = await codec.decompress(compressed, LIMITS.recordBatchBytes.value);
    if (header !== null) checkRecords(bytes, header.count);
    return bytes;
  } catch (error) {
    // A batch of the record format before version 2 has no such header. Brokers since 4.0 have no
    // such batches.
    if (header === null) throw error;
    return unreadable(header, compressed, `${codec.name}: ${(error as Error).message}`);
  }
}

/** Registers the codecs in the client's global table. */
export function registerCodecs(): void {
  const table: Record<number, () => unknown> = CompressionCodecs;
  for (const [type, codec] of CODECS)
    table[type] = () => ({
      compress: ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
      decompress: (compressed: Buffer) => openBatch(codec, compressed),
    });
}
