/**
 * The line between a gateway and what it depends on. Every call is two events: the request arrives,
 * the answer arrives. At both ends the gateway may die or be stopped, and either may take long.
 */
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { FaultKind, Faults } from './faults.js';
import type { Life, Time } from './time.js';

/** A process that is stopped longer than this has lost its seat in the group. */
export const LONGEST_STALL_MS = 25_000;

export interface LineOptions {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly life: Life;
  readonly died: () => void;
  readonly stalled: () => void;
}

export class Line {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly life: Life;

  constructor(private readonly options: LineOptions) {
    ({ time: this.time, random: this.random, faults: this.faults, life: this.life } = options);
  }

  /** The answer of a dead process never comes; that of a stopped one waits. */
  call<T>(effect: () => Promise<T> | T, slow: FaultKind, outlives = false): Promise<T> {
    this.strike();
    return new Promise((resolve, reject) => {
      // Put off once more: a gateway that crashes or stalls as the answer arrives does not get it,
      // or not yet.
      const answer = (deliver: () => void): void => {
        this.time.after(this.latency(slow), this.life, () => {
          this.strike();
          if (this.life.stalledUntil > this.time.now) this.time.after(0, this.life, deliver);
          else if (this.life.alive) deliver();
        });
      };
      this.time.after(this.latency(slow), null, () => {
        if (!this.life.alive && !outlives) return;
        new Promise<T>((done) => done(effect())).then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
  }

  /** Here the process may die, or stop for a while. */
  strike(): void {
    if (!this.life.alive) return;
    if (this.faults.happens('crash')) this.options.died();
    else if (this.faults.happens('stall')) {
      this.life.stalledUntil = this.time.now + this.random.int(50, LONGEST_STALL_MS);
      this.options.stalled();
    }
  }

  private latency(slow: FaultKind): number {
    return this.faults.happens(slow) ? this.random.int(50, 8_000) : this.random.int(0, 4);
  }
}
