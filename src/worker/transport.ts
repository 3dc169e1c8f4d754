/** How commands reach this process and replies leave it: Kafka, or a gateway's GraphQL. */
import type { Action, Received } from './command.js';
import type { Conversation } from './handling.js';

/** One kind of command that has a handler. */
export interface Listening {
  readonly stepName: string;
  readonly action: Action;
  /** Commands at a time. */
  readonly concurrency: number;
}

/**
 * Resolves when the command has ended: true = acknowledge it, false = it must be delivered again.
 * Called for as many commands at a time as `concurrency` allows.
 */
export type Take = (received: Received, way: Conversation) => Promise<boolean>;

export interface Transport {
  /** Resolves once commands can arrive; keeps trying until then. */
  open(listening: readonly Listening[], take: Take): Promise<void>;
  /** Takes no new commands; resolves when those that are running have ended. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
