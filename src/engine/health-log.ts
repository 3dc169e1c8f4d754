/**
 * Logs what /readyz shows, when nobody looks at it: that this instance has not been ready for a
 * while, or works with a slow database, and that this is over.
 */
import type { Log } from '../observability/log.js';
import type { Health } from './service.js';

const LOOK_EVERY_MS = 5_000;
/** Starting, a rebalance or a failover take less. */
const NOT_READY_MS = 15_000;

export interface HealthLogOptions {
  readonly health: () => Promise<Health>;
  readonly log: Log;
}

export class HealthLog {
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();
  private notReadySince: number | null = null;
  private isReported = false;
  private slowSince: number | null = null;

  constructor(private readonly options: HealthLogOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.looking = this.look();
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const health = await this.options.health();
    this.noteReady(health);
    this.noteSlow(health);
  }

  private noteReady({ ready, checks }: Health): void {
    const now = performance.now();
    const { log } = this.options;
    if (ready) {
      if (this.isReported && this.notReadySince !== null)
        log.info({ forMs: Math.round(now - this.notReadySince) }, 'ready again');
      this.notReadySince = null;
      this.isReported = false;
      return;
    }
    this.notReadySince ??= now;
    if (this.isReported || now - this.notReadySince < NOT_READY_MS) return;
    this.isReported = true;
    const reasons = checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
    log.warn({ reasons, forMs: Math.round(now - this.notReadySince) }, 'not ready');
  }

  private noteSlow({ slow = null }: Health): void {
    const now = performance.now();
    const { log } = this.options;
    if (slow !== null && this.slowSince === null)
      log.warn({ reason: slow }, 'the database takes long; nothing is lost, work waits for it');
    if (slow === null && this.slowSince !== null)
      log.info({ forMs: Math.round(now - this.slowSince) }, 'the database is not slow any more');
    this.slowSince = slow === null ? null : (this.slowSince ?? now);
  }
}
