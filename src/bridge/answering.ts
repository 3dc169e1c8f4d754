/** What a reply does to its lease. */

import {
  type CommandIdentity,
  headersOf,
  replyTo,
  type WorkerAnswer,
} from '../wire/worker-command.js';
import type { Clock } from './clock.js';
import type { Held, Lease } from './held.js';
import type { Leases } from './leases.js';
import type { Replies } from './replies.js';

export type ReplyOutcome =
  /** No such lease, or nothing that this caller may see. */
  | { readonly kind: 'unknown' }
  /**
   * The reply is on the reply topic. `isLost`: another client has the command by now. `leaseUntil`:
   * of progress, ms; null = the lease has ended.
   */
  | { readonly kind: 'published'; readonly isLost: boolean; readonly leaseUntil: number | null };

/** The command that a reply is for. */
export interface Found {
  readonly identity: CommandIdentity;
  /** Null: it is not in memory; the gateway was restarted, or another one gave the lease. */
  readonly held: Held | null;
  /** Somebody else has the lease. */
  readonly isLost: boolean;
}

interface Publishing {
  readonly replies: Replies;
  readonly replyTopic: string;
  readonly leases: Leases;
  readonly clock: Clock;
}

/** Progress of a command is published at most once in this time. */
const PROGRESS_EVERY_MS = 1000;

/** Resolves when the broker has acknowledged it; rejects with a Fault. */
export async function publish(
  answer: WorkerAnswer,
  { identity, held, isLost }: Found,
  { replies, replyTopic, leases, clock }: Publishing,
): Promise<ReplyOutcome> {
  const lease = isLost ? null : (held?.lease ?? null);
  const isFinal = answer.status !== null;
  if (isFinal || isWorthPublishing(answer, lease, clock.now())) {
    if (lease !== null) lease.progressAt = clock.now();
    const value = replyTo(held?.command.headers ?? headersOf(identity), answer);
    const sent = () => replies.publish({ topic: replyTopic, key: identity.flowId, value });
    await (lease === null ? sent() : leases.whileAnswering(held, lease, sent));
  }
  if (isFinal && held !== null && !isLost) held.feed.settle(held);
  if (isFinal) return { kind: 'published', isLost, leaseUntil: null };
  const until = held !== null && held.lease === lease ? leases.extend(held) : null;
  return {
    kind: 'published',
    isLost: isLost || (held !== null && until === null),
    leaseUntil: until,
  };
}

function isWorthPublishing({ progress }: WorkerAnswer, lease: Lease | null, now: number): boolean {
  return progress === 1 || lease === null || now - lease.progressAt >= PROGRESS_EVERY_MS;
}
