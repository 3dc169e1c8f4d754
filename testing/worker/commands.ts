/** Commands and their way back, for tests of the worker kit. */
import { type Received, readCommand } from '../../src/worker/command.js';
import type { Conversation } from '../../src/worker/handling.js';
import { progressText, replyText } from '../../src/worker/outcome.js';
import type { StepRecord } from '../../src/worker/step-record.js';
import { memoryStore } from '../../src/worker/stores/memory.js';
import type { RecordStore } from '../../src/worker/stores/store.js';
import type { WorkerLog } from '../../src/worker/telemetry.js';

export const HOUR_MS = 3_600_000;

interface Given {
  readonly action?: 'DO' | 'UNDO';
  readonly flowId?: string;
  readonly attempt?: number;
  readonly deadline?: number;
  readonly payload?: string;
  /** JSON text of more headers. */
  readonly more?: string;
}

export function commandText(given: Given = {}): string {
  const { action = 'DO', flowId = 'f1', attempt = 1, payload = '{"tenant":"acme"}' } = given;
  const now = Date.now();
  const headers = {
    flowId,
    stepName: 'createRealm',
    action,
    orchestrationName: 'tenantCreation',
    status: true,
    attempt,
    attemptId: `${flowId}:createRealm:${action}:${attempt}`,
    idempotencyKey: `${flowId}:createRealm:${action}`,
    ...(action === 'UNDO' && { round: 1 }),
    deadline: new Date(given.deadline ?? now + HOUR_MS).toISOString(),
    timestamp: new Date(now).toISOString(),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  const more = given.more === undefined ? '' : `,${given.more}`;
  return `{"headers":${JSON.stringify(headers).slice(0, -1)}${more}},"payload":${payload}}`;
}

export function received(given: Given = {}): Received {
  const value = new TextEncoder().encode(commandText(given));
  const read = readCommand({ key: null, value, headers: {} });
  if ('unreadable' in read) throw new Error(read.unreadable);
  return read;
}

interface Reply {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly text: string;
}

/** Keeps what would be sent. */
export class Kept implements Conversation {
  readonly replies: Reply[] = [];
  readonly progressed: Reply[] = [];

  async reply(...[command, outcome]: Parameters<Conversation['reply']>): Promise<void> {
    const text = replyText(command, outcome);
    this.replies.push({ ...JSON.parse(text), text });
  }

  async progress(...[command, progress]: Parameters<Conversation['progress']>): Promise<void> {
    const text = progressText(command, progress);
    this.progressed.push({ ...JSON.parse(text), text });
  }
}

export interface WatchedStore extends RecordStore {
  /** Resolves with the next write of such a record. */
  written(isIt: (record: StepRecord) => boolean): Promise<void>;
}

/** A store that forgets nothing, as a database is. */
export function completeStore(): WatchedStore {
  const store = memoryStore();
  const watching = new Set<(record: StepRecord) => void>();
  return {
    ...store,
    complete: true,
    async write(key, record, expected) {
      const isWritten = await store.write(key, record, expected);
      if (isWritten) for (const watch of [...watching]) watch(record);
      return isWritten;
    },
    written: (isIt) =>
      new Promise((resolve) => {
        const watch = (record: StepRecord): void => {
          if (!isIt(record)) return;
          watching.delete(watch);
          resolve();
        };
        watching.add(watch);
      }),
  };
}

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function keptLog(): WorkerLog & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields: { ...fields }, message });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
