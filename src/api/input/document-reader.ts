/**
 * Reads registration documents in a thread of its own, one after the other, each within a time. Its memory is bounded by what is counted
 * before the parser runs (wire/document-text.ts): a heap limit of the thread would, when it is met, end the whole process.
 */
import { Worker } from 'node:worker_threads';
import { Fault, type Registration } from '../../engine/ports.js';
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
  let worker: Worker | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const started = (): Worker => {
    if (worker === null) {
      worker = new Worker(thread);
      worker.unref();
    }
    return worker;
  };
  const end = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    await ending?.terminate();
  };
  const readNow = async (text: string, options: ReadOptions): Promise<Registration> => {
    const answer = await answerOf(started(), { text, options }, withinMs);
    if (answer !== null) return answer;
    await end();
    return tooComplex(options.serviceName);
  };
  return {
    read(text, options) {
      if (waiting >= LIMITS.documentsWaiting.value)
        return Promise.reject(
          new Fault(
            'OVERLOADED',
            `${waiting} documents are waiting to be read; try again in a moment`,
          ),
        );
      waiting++;
      const reading = last.then(() => readNow(text, options)).finally(() => waiting--);
      last = reading.catch(() => undefined);
      return reading;
    },
    close: end,
  };
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
  const problem = {
    code: 'DOCUMENT_TOO_COMPLEX',
    message,
    path: null,
    line: null,
    suggestions: [],
  };
  return { declarations: [], problems: [problem], serviceName, named: [] };
}
