/** The broker's topics: logs with partitions, written for good, read from anywhere. */
import type { Time } from './time.js';

export interface Written {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

export interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly records: Written[];
}

type AppendListener = (partition: Partition, record: Written) => void;

export class Topics {
  /** It takes nothing and gives nothing. */
  away = false;
  private readonly topics = new Map<string, readonly Partition[]>();
  private readonly listeners: AppendListener[] = [];

  constructor(private readonly time: Time) {}

  ensure(topic: string, partitions: number): void {
    if (this.topics.has(topic)) return;
    const made = Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      records: [],
    }));
    this.topics.set(topic, made);
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  partitions(topic: string): readonly Partition[] {
    return this.topics.get(topic) ?? [];
  }

  records(topic: string): readonly Written[] {
    return this.partitions(topic).flatMap(({ records }) => records);
  }

  /** `partition`: where a message without a key goes; with one, the key decides. */
  append(
    topic: string,
    message: Pick<Written, 'key' | 'value' | 'headers'>,
    partition: number,
  ): void {
    const all = this.partitions(topic);
    const found = all[(message.key === null ? partition : sumOf(message.key)) % all.length];
    if (found === undefined) throw new Error(`there is no topic ${topic}`);
    const record = { ...message, offset: found.records.length, timestamp: this.time.now };
    found.records.push(record);
    for (const listener of this.listeners) listener(found, record);
  }

  onAppend(listener: AppendListener): void {
    this.listeners.push(listener);
  }
}

function sumOf(bytes: Uint8Array): number {
  let sum = 7;
  for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
  return sum;
}
