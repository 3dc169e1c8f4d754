/** The broker as the bridge sees it, in memory: topics of one partition, groups with offsets. */
import {
  type CommandListener,
  type CommandReader,
  type CommandRecord,
  type Commands,
  type CommandsOfStep,
  partitionKey,
  type WorkerMessage,
} from '../../src/engine/ports.js';

const PARTITION = 0;

export class MemoryCommands implements Commands {
  readonly sent: WorkerMessage[] = [];
  readonly readers = new Set<MemoryReader>();
  /** What every send fails with, until it is null again. */
  failure: Error | null = null;
  readonly committed = new Map<string, bigint>();
  private readonly topics = new Map<string, CommandRecord[]>();

  /** `onSent`: gets what the bridge sends. */
  constructor(private readonly onSent: (messages: readonly WorkerMessage[]) => unknown = () => 0) {}

  read(step: CommandsOfStep, listener: CommandListener): CommandReader {
    const reader = new MemoryReader(this, step, listener);
    this.readers.add(reader);
    return reader;
  }

  async send(messages: readonly WorkerMessage[]): Promise<void> {
    if (this.failure !== null) throw this.failure;
    this.sent.push(...messages);
    await this.onSent(messages);
  }

  async close(): Promise<void> {
    this.readers.clear();
  }

  /** A record on a step's topic. */
  publish(topic: string, value: string, key: string | null = null): void {
    const records = this.of(topic);
    const offset = BigInt(records.length);
    const bytes = key === null ? null : Buffer.from(key);
    const place = { topic, partition: PARTITION, offset };
    records.push({ ...place, key: bytes, value: Buffer.from(value), headers: {} });
    for (const reader of this.readers) reader.pass();
  }

  of(topic: string): CommandRecord[] {
    const records = this.topics.get(topic) ?? [];
    this.topics.set(topic, records);
    return records;
  }

  /** As after a rebalance: the readers get what is not committed again, or nothing more. */
  rebalance(keeps: boolean): void {
    for (const reader of this.readers) reader.assign(keeps);
  }
}

export class MemoryReader implements CommandReader {
  isPaused = false;
  isClosed = false;
  private readonly positions = new Map<string, number>();
  private isAssigned = false;

  constructor(
    private readonly broker: MemoryCommands,
    readonly step: CommandsOfStep,
    private readonly listener: CommandListener,
  ) {
    queueMicrotask(() => this.assign(true));
  }

  commit(topic: string, _partition: number, next: bigint): void {
    this.broker.committed.set(this.key(topic), next);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    queueMicrotask(() => this.pass());
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.broker.readers.delete(this);
  }

  assign(has: boolean): void {
    const { topics } = this.step;
    this.isAssigned = has;
    this.listener.assigned(new Set(has ? topics.map((one) => partitionKey(one, PARTITION)) : []));
    for (const topic of topics)
      this.positions.set(topic, Number(this.broker.committed.get(this.key(topic)) ?? 0n));
    this.pass();
  }

  /** One record at a time, so that a pause counts from the next one on. */
  pass(): void {
    for (const topic of this.step.topics) {
      for (;;) {
        const at = this.positions.get(topic) ?? 0;
        const record = this.broker.of(topic)[at];
        if (record === undefined || this.isPaused || this.isClosed || !this.isAssigned) break;
        this.positions.set(topic, at + 1);
        this.listener.records([record]);
      }
    }
  }

  private key(topic: string): string {
    return `${this.step.group} ${topic}`;
  }
}
