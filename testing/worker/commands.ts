/** Commands and their way back, for tests of the worker kit. */
import { type Received, readCommand } from '../../src/worker/command.js';
import type { Conversation } from '../../src/worker/handling.js';
import { progressText, replyText } from '../../src/worker/outcome.js';
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

/** A store that forgets nothing, as a database is. */
export function completeStore(): RecordStore {
  return { ...memoryStore(), complete: true };
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
