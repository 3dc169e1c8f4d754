/**
 * Bounds the bytes of payloads in all answers that are not yet sent. A request that needs more than
 * is free waits until other answers have been sent, for a limited time.
 */
import { Fault } from '../engine/ports.js';

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

export class AnswerBytes {
  private taken = 0;
  private waiting: Waiting[] = [];

  constructor(
    private readonly most: number,
    private readonly patienceMs: number,
  ) {}

  /** Resolves when so many are free; rejects as overload when that takes too long. */
  take(bytes: number): Promise<void> {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.taken += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        bytes,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== one);
        const message =
          'other large answers are on their way; try again in a moment, or request less';
        reject(new Fault('OVERLOADED', message));
        this.serve();
      }, this.patienceMs);
      this.waiting.push(one);
    });
  }

  give(bytes: number): void {
    this.taken -= bytes;
    this.serve();
  }

  private fits(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.most;
  }

  private serve(): void {
    for (let next = this.waiting[0]; next !== undefined && this.fits(next.bytes); ) {
      this.waiting.shift();
      this.taken += next.bytes;
      next.go();
      next = this.waiting[0];
    }
  }
}
