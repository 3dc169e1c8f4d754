declare module 'lz4js' {
  const lz4: {
    compressBound(length: number): number;
    /** The length of the block; 0 = it does not get smaller. */
    compressBlock(
      from: Uint8Array,
      to: Uint8Array,
      at: number,
      length: number,
      hashTable: Uint32Array,
    ): number;
    decompress(frame: Uint8Array, mostBytes: number): Uint8Array;
  };
  export default lz4;
}

declare module 'snappyjs' {
  const snappy: {
    compress(bytes: Buffer): Buffer;
    uncompress(bytes: Buffer, mostBytes: number): Buffer;
  };
  export default snappy;
}
