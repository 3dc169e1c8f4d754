import { partitionKey } from '../engine/ports.js';
import type { RecordPlace } from './held.js';

/**
 * Which records of one partition are not settled. They are settled in any order; the offset to
 * commit is that of the first one that is not.
 */
class Unsettled {
  /** In the order of their offsets. */
  private readonly open = new Set<bigint>();
  private committed: bigint;
  private next: bigint;

  constructor(first: bigint) {
    this.committed = first;
    this.next = first;
  }

  /** False: it was added before. */
  add(offset: bigint): boolean {
    // The topic was created again, or somebody has set the group's offset back.
    if (offset < this.committed) {
      this.open.clear();
      this.committed = offset;
    } else if (offset < this.next) return false;
    this.open.add(offset);
    this.next = offset + 1n;
    return true;
  }

  /** The offset to commit, if it has moved; null = it has not. */
  settle(offset: bigint): bigint | null {
    this.open.delete(offset);
    const [first = this.next] = this.open;
    if (first === this.committed) return null;
    this.committed = first;
    return first;
  }
}

/** The partitions of a step that this gateway reads. */
export class Partitions {
  private readonly all = new Map<string, Unsettled>();

  /** False: it was read before. */
  add({ topic, partition, offset }: RecordPlace): boolean {
    const key = partitionKey(topic, partition);
    const unsettled = this.all.get(key) ?? new Unsettled(offset);
    this.all.set(key, unsettled);
    return unsettled.add(offset);
  }

  /** The offset to commit, if it has moved; null = it has not, or another gateway reads it. */
  settle({ topic, partition, offset }: RecordPlace): bigint | null {
    return this.all.get(partitionKey(topic, partition))?.settle(offset) ?? null;
  }

  /** Others than these are read by another gateway. */
  keep(partitions: ReadonlySet<string>): void {
    for (const key of this.all.keys()) if (!partitions.has(key)) this.all.delete(key);
  }
}
