/** The quarantine in memory: an entry's id is its place in the list, from 1. */
import type { QuarantinedRecord, Replay } from '../../src/engine/ports.js';
import type { MemoryTables, Settled } from './memory-tables.js';

export function recordsIn({ quarantine, settled }: MemoryTables): QuarantinedRecord[] {
  return quarantine.map(({ position, copy: _, notice: __, ...entry }, index) => {
    const { topic, partition, offset, timestamp } = position;
    const id = String(index + 1);
    const end = settled.get(id) ?? null;
    return {
      ...entry,
      id,
      topic,
      partition,
      offset,
      receivedAt: timestamp,
      state: end?.state ?? 'OPEN',
      settled: end,
    };
  });
}

/** False: it is not open, or there is none. */
export function settle(
  tables: MemoryTables,
  now: number,
  { id, actor, reason }: Replay,
  state: Settled['state'],
): boolean {
  const record = recordsIn(tables).find((one) => one.id === id);
  if (record?.state !== 'OPEN') return false;
  tables.settled.set(id, { state, at: now, actor, reason });
  return true;
}
