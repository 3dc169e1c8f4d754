/**
 * Reads registration documents in a thread of its own, one after the other, each within a time. Its
 * memory is bounded by what is counted before the parser runs (wire/document-text.ts): a heap limit
 * of the thread would, when it is met, end the whole process.
 */
import { Worker } from 'node:worker_threads';
import { Fault, type Registration } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import { LIMITS } from '../../limits/limits.js';
import type { Defaults } from '../../saga/orchestration.js';

export interface ReadOptions {
  readonly serviceName: string | null;
  /** For what a document leaves out. */
  readonly defaults?: Defaults | undefined;
}

export interface DocumentReader {
  read(text: string, options: ReadOptions): Promise<Registration>;
  close(): Promise<void>;
}

const BUILT = new URL('./document-worker.js', import.meta.url);

export function openDocumentReader(
  thread: URL = BUILT,
  withinMs: number = LIMITS.documentReadMs.value,
): DocumentReader {
  return new ThreadReader(thread, withinMs);
}

class ThreadReader implements DocumentReader {
  private worker: Worker | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly thread: URL,
    private readonly withinMs: number,
  ) {}

  read(text: string, options: ReadOptions): Promise<Registration> {
    if (this.waiting >= LIMITS.documentsWaiting.value) {
      const message = `${this.waiting} documents are waiting to be read; try again in a moment`;
      return Promise.reject(new Fault('OVERLOADED', message));
    }
    this.waiting++;
    const reading = this.last.then(() => this.readNow(text, options)).finally(() => this.waiting--);
    this.last = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    const ending = this.worker;
    this.worker = null;
    await ending?.terminate();
  }

  private async readNow(text: string, options: ReadOptions): Promise<Registration> {
    const answer = await answerOf(this.started(), { text, options }, this.withinMs);
    if (answer !== null) return answer;
    await this.close();
    return tooComplex(options.serviceName);
  }

  private started(): Worker {
    if (this.worker === null) {
      this.worker = new Worker(this.thread);
      this.worker.unref();
    }
    return this.worker;
  }
}

/** Null: it took too long, or the thread ended. */
function answerOf(worker: Worker, message: object, withinMs: number): Promise<Registration | null> {
  return new Promise((resolve) => {
    const done = (answer: Registration | null): void => {
      clearTimeout(timer);
      worker.off('message', done);
      worker.off('error', failed);
      worker.off('exit', failed);
      resolve(answer);
    };
    const failed = (): void => done(null);
    const timer = setTimeout(failed, withinMs);
    worker.on('message', done);
    worker.once('error', failed);
    worker.once('exit', failed);
    worker.postMessage(message);
  });
}

function tooComplex(serviceName: string | null): Registration {
  const message =
    'reading the document takes too long; write it more simply, or register its orchestrations in several documents';
  const problems = [problem('DOCUMENT_TOO_COMPLEX', message)];
  return { declarations: [], problems, serviceName, named: [] };
}
