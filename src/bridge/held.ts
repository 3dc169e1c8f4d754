/** A command that was read and is not settled: it waits for a worker, or one has the lease. */
import type { CommandRecord } from '../engine/ports.js';
import type { WorkerCommand } from '../wire/worker-command.js';
import type { Feed } from './feed.js';
import type { Session } from './session.js';

export type RecordPlace = Pick<CommandRecord, 'topic' | 'partition' | 'offset'>;

export interface Lease {
  readonly nonce: string;
  /** Null: it has gone, or it polls; the lease ends by its time only. */
  session: Session | null;
  /** Under whom it counts. */
  readonly caller: string;
  /** ms. */
  until: number;
  cancel: () => void;
  /** Replies that are being published: meanwhile it does not end. */
  answering: number;
  /** When progress was published last, ms. */
  progressAt: number;
}

export interface Held {
  readonly feed: Feed;
  readonly command: WorkerCommand;
  readonly bytes: number;
  /**
   * Its records: several when an operator resent it. Empty: another gateway reads its partition,
   * and the command is not offered here again.
   */
  places: readonly RecordPlace[];
  lease: Lease | null;
  /** The session that had its last lease. */
  last: Session | null;
}

/** A command with its lease, for a worker. */
export interface LeasedCommand {
  readonly leaseId: string;
  /** ms. */
  readonly leaseUntil: number;
  /** Until when an answer is waited for, progress included, ms. */
  readonly deadline: number;
  readonly command: WorkerCommand;
}
