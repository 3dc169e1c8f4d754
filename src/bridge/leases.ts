/** Which commands have a lease, until when, and how many of them a caller has. */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '../limits/limits.js';
import type { Clock } from './clock.js';
import type { Held, Lease, LeasedCommand } from './held.js';
import { leaseIdText } from './lease-id.js';
import type { Session } from './session.js';

export class Leases {
  private readonly byNonce = new Map<string, Held>();
  private readonly ofCaller = new Map<string, number>();
  expired = 0;

  constructor(
    private readonly clock: Clock,
    private readonly leaseMs: number,
    /** A caller that had as many as it may have can have more. */
    private readonly freed: () => void,
  ) {}

  get size(): number {
    return this.byNonce.size;
  }

  /** `more`: those that the caller is about to get. */
  mayGive(caller: string, more: number): boolean {
    const own = (this.ofCaller.get(caller) ?? 0) + more;
    const all = this.size + more;
    return own < LIMITS.workerLeasesPerPrincipal.value && all < LIMITS.workerLeases.value;
  }

  of(nonce: string): Held | null {
    return this.byNonce.get(nonce) ?? null;
  }

  /** `deadline`: the command's, ms; without progress its lease is no longer. */
  give(held: Held, session: Session, deadline: number): LeasedCommand {
    const { caller, group } = session.wish;
    const nonce = randomUUID();
    const until = Math.min(deadline, this.clock.now() + this.leaseMs);
    const cancel = (): void => undefined;
    held.lease = { nonce, session, caller, until, cancel, answering: 0, progressAt: 0 };
    this.byNonce.set(nonce, held);
    this.ofCaller.set(caller, (this.ofCaller.get(caller) ?? 0) + 1);
    this.arm(held);
    const leaseId = leaseIdText({ nonce, group, identity: held.command });
    return { leaseId, leaseUntil: until, deadline, command: held.command };
  }

  /** Progress: from now on it has the whole time again. */
  extend(held: Held): number | null {
    if (held.lease === null) return null;
    held.lease.until = this.clock.now() + this.leaseMs;
    this.arm(held);
    return held.lease.until;
  }

  /** Before its time: it was answered, or its client has gone. */
  end(held: Held): void {
    const { lease } = held;
    if (lease === null) return;
    lease.cancel();
    const wasFull = !this.mayGive(lease.caller, 0);
    held.lease = null;
    held.last = lease.session;
    this.byNonce.delete(lease.nonce);
    const left = (this.ofCaller.get(lease.caller) ?? 0) - 1;
    if (left > 0) this.ofCaller.set(lease.caller, left);
    else this.ofCaller.delete(lease.caller);
    lease.session?.release(held);
    if (wasFull) this.freed();
  }

  close(): void {
    for (const held of [...this.byNonce.values()]) this.end(held);
  }

  private arm(held: Held): void {
    const { lease } = held;
    if (lease === null) return;
    lease.cancel();
    const left = Math.max(0, lease.until - this.clock.now());
    lease.cancel = this.clock.after(left, () => {
      if (held.lease !== lease) return;
      // Its reply is on its way; what becomes of that decides.
      if (lease.answering > 0) return;
      this.expired++;
      this.end(held);
      held.feed.returned(held);
    });
  }

  /** Its lease does not end meanwhile: the reply is on its way. */
  async whileAnswering(held: Held | null, lease: Lease, work: () => Promise<void>): Promise<void> {
    lease.answering++;
    try {
      await work();
    } finally {
      lease.answering--;
      if (held !== null && held.lease === lease) this.arm(held);
    }
  }
}
