/**
 * One clock and one order of events for everything in a simulated world. One event at a time, and
 * all that follows from it without waiting, before the next: so a run is a function of its seed.
 * While it runs, the timers and clocks of the language are its own.
 */

/**
 * A process of the operating system: its timers and answers die with it, or wait while it is
 * stopped.
 */
export class Life {
  alive = true;
  /** Until when it is stopped (SIGSTOP); in the past: it runs. */
  stalledUntil = 0;
  private readonly ends: (() => void)[] = [];

  constructor(readonly name: string) {}

  onEnd(end: () => void): () => void {
    this.ends.push(end);
    return () => void this.ends.splice(this.ends.indexOf(end), 1);
  }
  end(): void {
    this.alive = false;
    for (const end of this.ends.splice(0)) end();
  }
}

interface Happening {
  at: number;
  order: number;
  readonly life: Life | null;
  readonly run: () => void;
  off: boolean;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  performance: globalThis.performance,
  now: Date.now,
};
const afterAllThatFollows = real.setImmediate;

export const EPOCH = 1_750_000_000_000;

export class Time {
  /** Milliseconds since the world began. */
  now = 0;
  happened = 0;
  /** A fingerprint of everything that happened so far, in its order. */
  trail = 0x811c9dc5;
  /** Whose event is running: new timers are its. */
  current: Life | null = null;
  private order = 0;
  private readonly heap: Happening[] = [];

  /** `life`: dropped when it has ended, put off while it is stopped. */
  after(ms: number, life: Life | null, run: () => void): Happening {
    const happening = {
      at: this.now + Math.max(0, ms),
      order: this.order++,
      life,
      run,
      off: false,
    };
    this.push(happening);
    return happening;
  }

  pause(ms: number, life: Life | null): Promise<void> {
    return new Promise((resolve) => this.after(ms, life, resolve));
  }

  /** Until nothing is left, or `done`. */
  run(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (done() || !this.step()) resolve();
          else afterAllThatFollows(step);
        } catch (error) {
          reject(error);
        }
      };
      step();
    });
  }

  private step(): boolean {
    for (let next = this.pop(); next !== undefined; next = this.pop()) {
      if (next.off || next.life?.alive === false) continue;
      this.now = Math.max(this.now, next.at);
      if (next.life !== null && next.life.stalledUntil > this.now) {
        next.at = next.life.stalledUntil;
        next.order = this.order++;
        this.push(next);
        continue;
      }
      this.current = next.life;
      this.happened++;
      this.trail = Math.imul(this.trail ^ next.order ^ Math.imul(this.now, 31), 0x01000193);
      next.run();
      return true;
    }
    return false;
  }

  /** Replaces timers and clocks; answers how to bring the real ones back. */
  install(): () => void {
    const after = (ms: number, run: () => void): Happening => this.after(ms, this.current, run);
    const off = (happening: Happening | undefined): void => {
      if (happening !== undefined && happening !== null) happening.off = true;
    };
    const every = (run: () => void, ms: number): { off: boolean } => {
      const interval = { off: false };
      const again = (): void => {
        if (interval.off) return;
        run();
        after(ms, again);
      };
      after(ms, again);
      return interval;
    };
    const clocks = {
      setTimeout: (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
        after(Math.max(1, Math.ceil(ms)), () => run(...given)),
      clearTimeout: off,
      setInterval: every,
      clearInterval: off,
      setImmediate: (run: (...given: unknown[]) => void, ...given: unknown[]) =>
        after(0, () => run(...given)),
      clearImmediate: off,
      performance: { now: () => this.now },
    };
    for (const [name, value] of Object.entries(clocks))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    Date.now = () => EPOCH + Math.floor(this.now);
    return restore;
  }

  private push(happening: Happening): void {
    const { heap } = this;
    let index = heap.push(happening) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(happening, heap[parent] as Happening)) break;
      heap[index] = heap[parent] as Happening;
      index = parent;
    }
    heap[index] = happening;
  }

  private pop(): Happening | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as Happening, heap[child] as Happening)
      )
        child++;
      if (!isBefore(heap[child] as Happening, last)) break;
      heap[index] = heap[child] as Happening;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}

function restore(): void {
  const { now, ...clocks } = real;
  for (const [name, value] of Object.entries(clocks))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  Date.now = now;
}
