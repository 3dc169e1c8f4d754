/**
 * Limits events to all subscribers together to a number per second, first come first served, so
 * that requests are served meanwhile.
 */

const TICK_MS = 10;

export class Pace {
  private readonly waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private left: number;
  private readonly perTick: number;

  constructor(perSecond: number) {
    this.perTick = Math.max(1, Math.round((perSecond * TICK_MS) / 1000));
    this.left = this.perTick;
  }

  /** Resolves when it is the caller's turn. */
  turn(): Promise<void> {
    this.timer ??= setTimeout(() => this.tick(), TICK_MS);
    if (this.left > 0 && this.waiting.length === 0) {
      this.left--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private tick(): void {
    const now = this.waiting.splice(0, this.perTick);
    this.left = this.perTick - now.length;
    this.timer = now.length > 0 ? setTimeout(() => this.tick(), TICK_MS) : null;
    for (const resolve of now) resolve();
  }
}
