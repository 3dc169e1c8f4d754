/**
 * What was opened. It is closed in reverse order, but the API first, so that no request meets
 * closed parts.
 */
import type { Logs } from '../observability/log.js';

interface Closer {
  readonly name: string;
  readonly close: () => Promise<unknown>;
}

export class Opened {
  private readonly closers: Closer[] = [];
  private readonly first: Closer[] = [];
  private readonly stopped = new AbortController();
  private closing: Promise<void> | null = null;

  constructor(private readonly logs: Logs) {}

  add(name: string, close: () => Promise<unknown>): void {
    this.closers.push({ name, close });
  }

  /** It is closed before everything that was added by `add`. */
  addFirst(name: string, close: () => Promise<unknown>): void {
    this.first.push({ name, close });
  }

  get isClosing(): boolean {
    return this.closing !== null;
  }

  /** Aborts when closing begins. */
  get signal(): AbortSignal {
    return this.stopped.signal;
  }

  close(): Promise<void> {
    this.stopped.abort();
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (const { name, close } of [...this.first, ...this.closers.reverse()]) {
      await close().catch((error: unknown) =>
        this.logs('main').warn({ err: error }, `${name} did not stop cleanly`),
      );
    }
  }
}
