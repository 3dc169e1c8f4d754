/** One run of a handler: its signal, its time, and what it may do meanwhile. */
import type { Received } from './command.js';
import type { Progress } from './outcome.js';
import type { WorkerLog } from './telemetry.js';

/** What a handler may do beside its work. */
export interface Work {
  /**
   * Aborts when the gateway does not wait any longer, when an UNDO of the step has arrived, and
   * when the worker must stop. A handler that ends then with an error is not reported.
   */
  readonly signal: AbortSignal;
  /**
   * A sign of life: the gateway waits for the step's timeout once more, and shows it. `fraction`
   * from 0 to 1; at most one a second is sent.
   */
  progress(fraction: number | null, message?: string): Promise<void>;
  /**
   * A header that travels on the DO commands of later steps of a sequential flow
   * (rules.md#worker-headers).
   */
  addHeader(name: string, value: unknown): void;
  readonly log: WorkerLog;
  /**
   * Of an UNDO: whether a DO of this step began; null = the store cannot know
   * (docs/workers.md, "What a worker remembers"). Of a DO: null.
   */
  readonly begun: boolean | null;
}

/** Why the signal of a handler aborted. */
export type Stopped = 'deadline' | 'undo' | 'taken' | 'stop';

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const PROGRESS_EVERY_MS = 1000;

interface RunOptions {
  readonly log: WorkerLog;
  readonly begun: boolean | null;
  readonly send: (progress: Progress) => Promise<void>;
}

export class Run {
  readonly added: Record<string, unknown> = {};
  stopped: Stopped | null = null;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private lastProgressAt = 0;

  constructor(
    private readonly received: Received,
    private readonly options: RunOptions,
  ) {
    const { deadline } = received.command;
    if (deadline !== null) this.endAfter(deadline.getTime() - Date.now());
  }

  get work(): Work {
    const { log, begun } = this.options;
    return {
      signal: this.controller.signal,
      log,
      begun,
      progress: (fraction, message) => this.progress(fraction, message ?? null),
      addHeader: (name, value) => {
        this.added[name] = value;
      },
    };
  }

  stop(why: Stopped): void {
    if (this.stopped !== null) return;
    this.stopped = why;
    this.controller.abort(new DOMException(REASONS[why], 'AbortError'));
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private endAfter(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop('deadline'), Math.min(ms, LONGEST_TIMER_MS));
  }

  private async progress(fraction: number | null, message: string | null): Promise<void> {
    if (fraction !== null && !(fraction >= 0 && fraction <= 1))
      throw new RangeError(`progress: ${fraction} is not a fraction; expected 0 to 1, or null`);
    const now = Date.now();
    if (now - this.lastProgressAt < PROGRESS_EVERY_MS) return;
    this.lastProgressAt = now;
    await this.options.send({ fraction, message });
    const { timeoutMs } = this.received;
    if (timeoutMs !== null && this.stopped === null) this.endAfter(timeoutMs);
  }
}

const REASONS: Readonly<Record<Stopped, string>> = {
  deadline: 'the gateway does not wait for this command any longer',
  undo: 'the UNDO of this step has arrived',
  taken: 'another process has taken this command over',
  stop: 'the worker stops',
};
