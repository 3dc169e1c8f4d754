/**
 * What goes wrong in a world: which kinds, how often, and how often it did. Each world has its own
 * mixture, some have nothing of a kind.
 */
import { Fault } from '../../src/engine/ports.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';

/** Probability per opportunity, unless noted otherwise. */
const KINDS = {
  /** At any call a gateway makes: it dies there. */
  crash: 0.001,
  /** It is stopped there, and goes on later with what it knew. */
  stall: 0.0006,
  /** The database does not take a statement. */
  refusedStatement: 0.01,
  /** The transaction rolls back at its end. */
  failedCommit: 0.02,
  /** It is committed, and the caller gets an error. */
  lostCommit: 0.02,
  slowStatement: 0.02,
  /** The broker takes none of a batch's messages to a topic. */
  refusedPublish: 0.05,
  /** It has the messages, and sends no acknowledgement. */
  lostAck: 0.04,
  slowPublish: 0.01,
  /** It answers that it can never take a message. */
  neverPublish: 0.002,
  /** Records that were read are read again. */
  rereadRecord: 0.05,
  slowFetch: 0.03,
  /** A worker is given the same command again. */
  repeatedCommand: 0.05,
  slowCommand: 0.03,
  repeatedReply: 0.08,
  slowReply: 0.05,
  /** The worker did it, and its answer is lost. */
  lostReply: 0.03,
  corruptReply: 0.02,
  foreignReply: 0.01,
  silentWorker: 0.02,
  hangingWorker: 0.03,
  progress: 0.05,
  unreadableReply: 0.01,
  /** Notifications to the other gateways come late. */
  slowHint: 0.05,
  /** A start that the database cannot hold, among others that it can. */
  badStart: 0.01,
  /** A subscriber goes, and comes back with its cursor. */
  disconnect: 0.03,
  /** Of the whole world, per second: */
  rebalance: 0.03,
  brokerAway: 0.01,
  databaseAway: 0.01,
  hintsLost: 0.02,
  clockJump: 0.01,
  /** A gateway is stopped in good order and another one started, as at a new release. */
  restart: 0.01,
  operator: 0.4,
  /**
   * An orchestration is registered anew, by topic, while flows of the old version are under way.
   */
  registration: 0.05,
} as const;
export type FaultKind = keyof typeof KINDS;
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[];

const STRENGTHS = { none: 0, little: 0.3, usual: 1, much: 4 } as const;

export class Faults {
  readonly counts = new Map<FaultKind, number>();
  private readonly odds: Record<FaultKind, number> = { ...KINDS };
  /** From the moment they stop, nothing goes wrong any more. */
  stopped = false;

  /** Nothing goes wrong at all: then nothing may be sent twice, or out of order. */
  readonly calm: boolean;

  constructor(private readonly random: SeededRandom) {
    this.calm = random.happens(0.08);
    // A world without crashes shows what one with nothing but crashes hides, and the other way
    // round.
    for (const kind of FAULT_KINDS) {
      const strength = this.calm
        ? 'none'
        : random.weighted({ none: 3, little: 3, usual: 4, much: 1 });
      this.odds[kind] *= STRENGTHS[strength];
    }
  }

  happens(kind: FaultKind): boolean {
    if (this.stopped || !this.random.happens(this.odds[kind])) return false;
    this.count(kind);
    return true;
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}

export function databaseAway(): Fault {
  return new Fault('DATABASE_AWAY', 'the simulated database does not answer');
}
