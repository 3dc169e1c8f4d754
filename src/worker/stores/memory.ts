/** Records in this process: they are gone when it ends. */
import type { RecordStore, Versioned } from './store.js';

interface MemoryStoreOptions {
  /** Steps it remembers at most; the oldest are forgotten. Default 100,000. */
  readonly entries?: number | undefined;
}

export function memoryStore({ entries = 100_000 }: MemoryStoreOptions = {}): RecordStore {
  const kept = new Map<string, Versioned>();
  return {
    complete: false,
    read: async (key) => kept.get(key) ?? null,
    write: async (key, record, expected) => {
      if ((kept.get(key)?.version ?? 0) !== expected) return false;
      // Behind all others: a Map lists its keys in the order they were added.
      kept.delete(key);
      kept.set(key, { record, version: expected + 1 });
      const oldest = kept.size > entries ? kept.keys().next() : null;
      if (oldest?.value !== undefined) kept.delete(oldest.value);
      return true;
    },
  };
}
