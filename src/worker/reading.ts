/** The commands of one topic: some at a time, acknowledged in any order. */

import { Partitions } from '../bridge/unsettled.js';
import {
  type CommandListener,
  type CommandReader,
  type CommandRecord,
  partitionKey,
} from '../engine/ports.js';
import { type Received, readCommand } from './command.js';
import type { WorkerLog } from './telemetry.js';

interface ReadingOptions {
  readonly concurrency: number;
  /** True = settled; false = it must be delivered again. */
  readonly take: (received: Received) => Promise<boolean>;
  readonly log: WorkerLog;
}

/** Commands that wait in memory, for each that may run. */
const AHEAD = 2;

export class Reading implements CommandListener {
  /** Resolves when the group has given it partitions, or that it has none. */
  readonly joined: Promise<void>;
  private readonly reader: CommandReader;
  private readonly partitions = new Partitions();
  private readonly running = new Set<Promise<void>>();
  private queue: CommandRecord[] = [];
  private isPaused = false;
  private isDraining = false;
  private readonly hasJoined = Promise.withResolvers<void>();

  constructor(
    open: (listener: CommandListener) => CommandReader,
    private readonly options: ReadingOptions,
  ) {
    this.joined = this.hasJoined.promise;
    this.reader = open(this);
  }

  records(records: readonly CommandRecord[]): void {
    if (this.isDraining) return;
    for (const record of records) {
      // After a rebalance records come again that wait here, or run.
      if (this.partitions.add(record)) this.queue.push(record);
    }
    this.goOn();
  }

  assigned(partitions: ReadonlySet<string>): void {
    this.partitions.keep(partitions);
    this.queue = this.queue.filter((one) => partitions.has(partitionKey(one.topic, one.partition)));
    this.hasJoined.resolve();
    this.goOn();
  }

  /** Takes nothing more; resolves when what runs has ended. */
  async drain(): Promise<void> {
    this.isDraining = true;
    this.hasJoined.resolve();
    this.queue = [];
    await Promise.all(this.running);
  }

  close(): Promise<void> {
    return this.reader.close();
  }

  private goOn(): void {
    while (this.running.size < this.options.concurrency) {
      const record = this.queue.shift();
      if (record === undefined) break;
      const run = this.run(record).finally(() => {
        this.running.delete(run);
        this.goOn();
      });
      this.running.add(run);
    }
    this.regulate();
  }

  private regulate(): void {
    if (this.isDraining) return;
    const pauses = this.queue.length >= AHEAD * this.options.concurrency;
    if (pauses === this.isPaused) return;
    this.isPaused = pauses;
    if (pauses) this.reader.pause();
    else this.reader.resume();
  }

  private async run(record: CommandRecord): Promise<void> {
    if (!(await this.isSettled(record))) return;
    const next = this.partitions.settle(record);
    if (next !== null) this.reader.commit(record.topic, record.partition, next);
  }

  private async isSettled(record: CommandRecord): Promise<boolean> {
    const read = readCommand(record);
    if (!('unreadable' in read)) return this.options.take(read);
    // Other programs may write to the topic.
    const { topic, partition, offset } = record;
    const fields = { topic, partition, offset: String(offset), reason: read.unreadable };
    this.options.log.warn(fields, 'passed over: this record is not a command');
    return true;
  }
}
