/** The way to the worker under test, and back: Kafka's topics, or a gateway of the suite's own. */
import type { Action } from '../saga/flow.js';

export const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

export interface Sent {
  readonly action: Action;
  readonly key: string | null;
  readonly value: string;
  readonly codec?: Codec;
}

export interface Reply {
  readonly flowId: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** JSON text; null = none. */
  readonly payload: string | null;
}

export interface Lane {
  /** Resolves when the record can be read. */
  send(sent: Sent): Promise<void>;
  /** Called with each reply, progress included. */
  onReply(listener: (reply: Reply) => void): void;
  /** Whether records reach the worker as they are: with keys, codecs, and when they are no JSON. */
  readonly isRaw: boolean;
  close(): Promise<void>;
}

/** The process of the worker, when the suite has started it. */
export interface WorkerProcess {
  start(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
}
