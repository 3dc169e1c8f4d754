/** The steps that are read, for each group of workers. */
import { type CommandsOfStep, Fault } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import type { CommandIdentity } from '../wire/worker-command.js';
import type { Clock } from './clock.js';
import type { Feed } from './feed.js';
import type { Session, WorkerWish } from './session.js';

type Step = Omit<CommandsOfStep, 'topics'>;

interface Read {
  readonly feed: Feed;
  /** Nobody's any more from then on, ms. */
  until: number;
  isWatched: boolean;
}

/** A step whose commands have leases is read until these have ended. */
const LOOK_AGAIN_MS = 1000;

export class Feeds {
  private readonly all = new Map<string, Read>();

  constructor(
    private readonly clock: Clock,
    private readonly open: (step: Step) => Feed,
    private readonly closing: (closed: Promise<void>) => void,
  ) {}

  get list(): readonly Feed[] {
    return [...this.all.values()].map(({ feed }) => feed);
  }

  /** Throws a Fault when too many steps are read. */
  join(session: Session): void {
    const steps = stepsOf(session.wish);
    const added = steps.filter((step) => !this.all.has(keyOf(step))).length;
    if (this.all.size + added > LIMITS.workerSteps.value)
      throw new Fault(
        'OVERLOADED',
        `workers read ${this.all.size} steps at this gateway, at most ${LIMITS.workerSteps.value} are possible; connect to another one, or name fewer steps in stepNames`,
      );
    for (const step of steps) this.opened(step).feed.join(session);
  }

  /** Reading goes on for `lingerMs`, for a client that comes back. */
  leave(session: Session, lingerMs: number): void {
    for (const step of stepsOf(session.wish)) {
      const read = this.all.get(keyOf(step));
      if (read === undefined) continue;
      read.feed.leave(session);
      read.until = Math.max(read.until, this.clock.now() + lingerMs);
      this.watch(keyOf(step), read);
    }
  }

  /** Of a session: where its next command may come from. */
  offer(wish: WorkerWish): void {
    for (const step of stepsOf(wish)) this.all.get(keyOf(step))?.feed.offer();
  }

  of(group: string, { orchestrationName, stepName }: CommandIdentity): Feed | null {
    return this.all.get(keyOf({ group, orchestrationName, stepName }))?.feed ?? null;
  }

  async close(): Promise<void> {
    const feeds = this.list;
    this.all.clear();
    await Promise.all(feeds.map((feed) => feed.close()));
  }

  private opened(step: Step): Read {
    const read = this.all.get(keyOf(step)) ?? { feed: this.open(step), until: 0, isWatched: false };
    this.all.set(keyOf(step), read);
    return read;
  }

  /** Closes it when its time has come and nobody needs it. */
  private watch(key: string, read: Read): void {
    if (read.isWatched || this.all.get(key) !== read) return;
    read.isWatched = true;
    const left = read.until - this.clock.now();
    this.clock.after(left > 0 ? left : LOOK_AGAIN_MS, () => {
      read.isWatched = false;
      if (read.feed.hasSessions || this.all.get(key) !== read) return;
      if (!read.feed.isIdle || read.until > this.clock.now()) return this.watch(key, read);
      this.all.delete(key);
      this.closing(read.feed.close());
    });
  }
}

function stepsOf({ group, orchestrationName, stepNames }: WorkerWish): Step[] {
  return stepNames.map((stepName) => ({ group, orchestrationName, stepName }));
}

function keyOf({ group, orchestrationName, stepName }: Step): string {
  return `${group} ${orchestrationName} ${stepName}`;
}
