/**
 * What the broker contract needs around a broker: an inbox that remembers, receivers for both
 * sides, rows.
 */
import type {
  Broker,
  InboxPosition,
  InboxSource,
  OutboxRow,
  RecordDelivery,
  WorkerClient,
  WorkerRecord,
} from '../../src/engine/ports.js';
import { type LogLine, rememberingLog } from '../kit/remembering-log.js';

/** The inbox as the store keeps it: next expected offset and last timestamp per partition. */
export class MemoryInbox implements InboxSource {
  private readonly positions = new Map<string, InboxPosition>();
  readonly resets: {
    readonly topic: string;
    readonly partition: number;
    readonly nextOffset: bigint;
  }[] = [];

  async inbox(topic: string): Promise<readonly InboxPosition[]> {
    return [...this.positions.values()].filter((position) => position.topic === topic);
  }

  async resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void> {
    this.resets.push({ topic, partition, nextOffset });
    this.set({ topic, partition, nextOffset, lastTimestamp: null });
  }

  set(position: InboxPosition): void {
    this.positions.set(`${position.topic}/${position.partition}`, position);
  }

  /** Those not admitted before, which now are. */
  admit(deliveries: readonly RecordDelivery[]): RecordDelivery[] {
    return deliveries.filter(({ position }) => {
      if (position === null) return true;
      const { topic, partition, offset, timestamp } = position;
      if (offset < (this.positions.get(`${topic}/${partition}`)?.nextOffset ?? 0n)) return false;
      this.set({ topic, partition, nextOffset: offset + 1n, lastTimestamp: timestamp });
      return true;
    });
  }
}

/** Keeps what it receives, and resolves the promises that wait for it. */
export class Ear<T> {
  readonly received: T[] = [];
  private waiting: { readonly enough: () => boolean; readonly resolve: () => void }[] = [];

  protected receive(...ones: readonly T[]): void {
    this.received.push(...ones);
    const done = this.waiting.filter(({ enough }) => enough());
    this.waiting = this.waiting.filter((one) => !done.includes(one));
    for (const { resolve } of done) resolve();
  }

  /** Resolves when enough was received. */
  async until(enough: (received: readonly T[]) => boolean): Promise<readonly T[]> {
    if (!enough(this.received))
      await new Promise<void>((resolve) =>
        this.waiting.push({ enough: () => enough(this.received), resolve }),
      );
    return this.received;
  }
}

/** The gateway's side: admits like the engine does and keeps what was fresh. */
export class GatewayReceiver extends Ear<RecordDelivery> {
  /** Deliveries that came in, admitted before or not. */
  deliveries = 0;
  /** While it is not null, a batch waits for it. */
  gate: Promise<void> | null = null;

  constructor(readonly inbox = new MemoryInbox()) {
    super();
  }

  readonly intake = async (deliveries: readonly RecordDelivery[]): Promise<void> => {
    this.deliveries += deliveries.length;
    await this.gate;
    this.receive(...this.inbox.admit(deliveries));
  };

  get texts(): string[] {
    return this.received.map(textOf);
  }

  /** Resolves when all of these were received. */
  receives(...texts: readonly string[]): Promise<readonly RecordDelivery[]> {
    return this.until((received) => {
      const known = new Set(received.map(textOf));
      return texts.every((text) => known.has(text));
    });
  }

  async attach(broker: Broker): Promise<Broker> {
    await broker.consume(this.intake, this.inbox);
    return broker;
  }
}

/** A worker's side. */
export class WorkerReceiver extends Ear<WorkerRecord> {
  readonly onRecord = async (record: WorkerRecord): Promise<void> => this.receive(record);

  get texts(): string[] {
    return this.received.map(textOf);
  }

  receives(...texts: readonly string[]): Promise<readonly WorkerRecord[]> {
    return this.until((received) => {
      const known = new Set(received.map(textOf));
      return texts.every((text) => known.has(text));
    });
  }

  async attach(worker: WorkerClient, topics: readonly string[]): Promise<WorkerClient> {
    await worker.subscribe(topics, this.onRecord);
    return worker;
  }
}

export function textOf(
  record: { readonly value: Uint8Array | null } | { readonly raw: RecordDelivery['raw'] },
): string {
  const value = 'raw' in record ? record.raw.value : record.value;
  return Buffer.from(value ?? []).toString();
}

let numbers = 0;

export function row(
  topic: string,
  value: OutboxRow['value'],
  more: Partial<OutboxRow> = {},
): OutboxRow {
  return {
    topic,
    key: 'flow-1',
    value,
    headers: {},
    flowId: 'flow-1',
    number: ++numbers,
    attemptId: null,
    ...more,
  };
}

/** As the relay does: what has to wait is published again. */
export async function publishAll(broker: Broker, rows: readonly OutboxRow[]): Promise<void> {
  for (let left = rows; left.length > 0; ) {
    const results = await broker.publisher.publish(left);
    const never = results.find(({ result }) => result === 'never');
    if (never !== undefined)
      throw new Error(`never published: ${never.errorCode} ${never.errorMessage}`);
    left = results.filter(({ result }) => result === 'later').map((one) => one.row);
  }
}

/** Understands nothing: the contract is about bytes and places. */
const UNREAD = { code: 'NOT_READ', message: '', flowId: null, stepName: null };
export const decodeNothing = () => ({ kind: 'poison', poison: UNREAD }) as const;

/** A log that keeps warnings and errors. */
export function loudLog() {
  const warnings: string[] = [];
  const keep = ({ level, message }: LogLine): void => {
    if (level === 'warn' || level === 'error') warnings.push(message);
  };
  return { warnings, log: { ...rememberingLog(keep), debugs: false } };
}
