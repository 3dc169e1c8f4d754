/**
 * What each caller may start, and how the starts of several are served beside each other. Knows:
 * keys of callers, time. Refuses to know: who they are, what a start is. In: a key and work. Out:
 * what the work answers, or why it has to wait.
 */
import { Fault } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import type { Principal } from './auth/principal.js';
import { Callers } from './callers.js';

/** Under what a caller is counted: who it is, once that is proven; its address otherwise. */
export function quotaKeyOf(
  principal: Principal | null,
  address: string | null | undefined,
): string {
  if (principal === null || principal.kind === 'none') return address ?? 'unknown';
  return `${principal.kind} ${principal.subject}`;
}

/** How often each limit has refused something, for the metrics. */
export class Refusals {
  readonly counts = new Map<string, number>();

  /** What a limit calls each time. */
  of(limit: string): () => void {
    this.counts.set(limit, 0);
    return () => void this.counts.set(limit, (this.counts.get(limit) ?? 0) + 1);
  }
}

interface Bucket {
  left: number;
  at: number;
}

const SECOND_MS = 1000;

/** So many a second for each, and as many at once. */
export class Rate {
  private readonly callers: Callers<Bucket>;

  /** `perSecond` 0: no bound. */
  constructor(
    readonly perSecond: number,
    private readonly refused: () => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.callers = new Callers(now);
  }

  /** False: it would be too many. */
  take(key: string): boolean {
    if (this.perSecond === 0) return true;
    const bucket = this.bucketOf(key);
    if (bucket.left < 1) {
      this.refused();
      return false;
    }
    bucket.left--;
    return true;
  }

  isWorthNoting(key: string): boolean {
    return this.callers.isWorthNoting(key);
  }

  private bucketOf(key: string): Bucket {
    const now = this.now();
    const bucket = this.callers.seen(key, () => ({ left: this.perSecond, at: now }));
    const more = ((now - bucket.at) * this.perSecond) / SECOND_MS;
    bucket.left = Math.min(this.perSecond, bucket.left + more);
    bucket.at = now;
    return bucket;
  }
}

interface Lane {
  running: number;
  readonly waiting: Set<() => void>;
}

interface Seen {
  readonly key: string;
  at: number;
}

export interface FairBounds {
  /** Of one caller under way while there are others. */
  readonly atOnce: number;
  /** Of one caller that wait for that. */
  readonly waiting: number;
  /** How long one waits at most, ms. */
  readonly patienceMs: number;
}

const BOUNDS: FairBounds = {
  atOnce: LIMITS.startsAtOncePerPrincipal.value,
  waiting: LIMITS.startsWaitingPerPrincipal.value,
  patienceMs: LIMITS.startWaitMs.value,
};

/**
 * A caller alone may have any number of starts under way. As soon as there are several, each has a
 * few, and its others wait: what is under way shares the event loop, the transaction and the
 * processors, and whoever comes next waits for all of it.
 */
export class FairShares {
  private readonly lanes = new Map<string, Lane>();
  /** The two that were seen last. */
  private latest: Seen = { key: '', at: Number.NEGATIVE_INFINITY };
  private other: Seen = this.latest;

  constructor(
    private readonly bounds: FairBounds = BOUNDS,
    private readonly refused: () => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.enter(key);
    try {
      return await work();
    } finally {
      this.leave(key);
    }
  }

  private async enter(key: string): Promise<void> {
    this.see(key);
    const lane = this.lanes.get(key) ?? { running: 0, waiting: new Set() };
    this.lanes.set(key, lane);
    if (lane.waiting.size > 0 || lane.running >= this.most(key)) await this.wait(lane);
    else lane.running++;
  }

  private leave(key: string): void {
    const lane = this.lanes.get(key);
    if (lane === undefined) return;
    lane.running--;
    const most = this.most(key);
    for (const go of lane.waiting) {
      if (lane.running >= most) break;
      lane.waiting.delete(go);
      lane.running++;
      go();
    }
    if (lane.running === 0) this.lanes.delete(key);
  }

  private wait({ waiting }: Lane): Promise<void> {
    if (waiting.size >= this.bounds.waiting) throw this.overloaded(waiting.size);
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(go);
        reject(this.overloaded(waiting.size + 1));
      }, this.bounds.patienceMs);
      waiting.add(go);
    });
  }

  private overloaded(waiting: number): Fault {
    this.refused();
    const message = `${waiting} starts of this caller are waiting while others are served, too; try again in a moment`;
    return new Fault('OVERLOADED', message);
  }

  private see(key: string): void {
    const at = this.now();
    if (this.latest.key === key) this.latest.at = at;
    else {
      this.other = this.latest;
      this.latest = { key, at };
    }
  }

  private most(key: string): number {
    const { at } = this.latest.key === key ? this.other : this.latest;
    return this.now() - at < SECOND_MS ? this.bounds.atOnce : Number.POSITIVE_INFINITY;
  }
}
