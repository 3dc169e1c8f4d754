/** Reads a command (docs/protocol.md, "Command") for a handler, and keeps it as it was written. */
import { plainNumber } from '../json/numbers.js';
import { type Body, isPoison, readBody, textOf, type WireRecord } from '../wire/body.js';

export type Action = 'DO' | 'UNDO';

/** What a handler gets. `P` is the type of the payload. */
export interface Command<P = unknown> {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly action: Action;
  /** From 1; a command that is delivered again has the same. */
  readonly attempt: number;
  readonly attemptId: string;
  /** The same for all attempts and rounds of an action of a step of a flow. */
  readonly idempotencyKey: string;
  /** Of UNDO, from 1; 0 = a DO. */
  readonly round: number;
  /** The gateway does not wait longer for the reply; null = the command has none. */
  readonly deadline: Date | null;
  /** All headers of the command: the protocol's, the initiator's and those of earlier steps. */
  readonly headers: Readonly<Record<string, unknown>>;
  /**
   * Of a DO: what the step before replied, or the flow's input. Of an UNDO: what the DO replied, or
   * its input when it replied nothing or its outcome is unknown.
   */
  readonly payload: P;
  /** The payload as JSON text, every digit as it was written; null = there is none. */
  readonly payloadText: string | null;
}

/** A command and what a reply repeats of it. */
export interface Received {
  readonly command: Command;
  /** The headers as they came; printed again they are the same text. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** How long the gateway waits for a sign of life, ms; null = the command does not show it. */
  readonly timeoutMs: number | null;
}

export type ReadCommand = Received | { readonly unreadable: string };

/** A record of a step's topic. */
export function readCommand(record: WireRecord): ReadCommand {
  const body = readBody(record);
  if (isPoison(body)) return { unreadable: body.message };
  const missing = REQUIRED.filter((name) => !textOf(body.header(name)));
  if (missing.length > 0) return { unreadable: `it has no header ${missing.join(', ')}` };
  const action = textIn(body, 'action').toUpperCase();
  if (action !== 'DO' && action !== 'UNDO')
    return { unreadable: `its action is ${JSON.stringify(action)}; expected DO or UNDO` };
  return { command: commandOf(body, action), echo: body.headers, timeoutMs: timeoutOf(body) };
}

const REQUIRED = ['flowId', 'stepName', 'action'] as const;

function commandOf(body: Body, action: Action): Command {
  const flowId = textIn(body, 'flowId');
  const stepName = textIn(body, 'stepName');
  const idempotencyKey = textIn(body, 'idempotencyKey') || `${flowId}:${stepName}:${action}`;
  return {
    flowId,
    orchestrationName: textIn(body, 'orchestrationName'),
    stepName,
    action,
    attempt: numberIn(body, 'attempt') ?? 1,
    attemptId: textIn(body, 'attemptId'),
    idempotencyKey,
    round: numberIn(body, 'round') ?? (action === 'UNDO' ? 1 : 0),
    deadline: timeIn(body, 'deadline'),
    headers: body.allHeaders,
    payload: body.payload === null ? null : JSON.parse(body.payload),
    payloadText: body.payload,
  };
}

/** A command is sent with the time of the decision and its deadline. */
function timeoutOf(body: Body): number | null {
  const [sentAt, deadline] = [timeIn(body, 'timestamp'), timeIn(body, 'deadline')];
  if (sentAt === null || deadline === null) return null;
  const ms = deadline.getTime() - sentAt.getTime();
  return ms > 0 ? ms : null;
}

function textIn(body: Body, name: string): string {
  return textOf(body.header(name)) ?? '';
}

function numberIn(body: Body, name: string): number | null {
  const value = Number(plainNumber(body.header(name)) ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : null;
}

function timeIn(body: Body, name: string): Date | null {
  const time = new Date(textIn(body, name));
  return Number.isNaN(time.getTime()) ? null : time;
}
