/** A command as its worker reads it, and the reply to it (docs/protocol.md, "The message"). */
import { attemptIdOf, type CommandNumbers } from '../saga/attempt-id.js';
import type { Action, Payload } from '../saga/flow.js';
import { isPoison, readBody, textOf, type WireRecord } from './body.js';
import { message } from './message.js';
import { ownHeaders } from './starts.js';

type Headers = Readonly<Record<string, unknown>>;

/** Which attempt of which step of which flow. */
export interface CommandIdentity extends CommandNumbers {
  readonly flowId: string;
  readonly orchestrationName: string;
}

export interface WorkerCommand extends CommandIdentity {
  readonly attemptId: string;
  readonly idempotencyKey: string;
  /** ms. */
  readonly deadline: number;
  /** As they came: every number keeps its digits. */
  readonly headers: Headers;
  readonly payload: Payload;
}

/** Null: it is not a command of the gateway. */
export function readCommand(record: WireRecord): WorkerCommand | null {
  const body = readBody(record);
  if (isPoison(body)) return null;
  const text = (name: string): string => textOf(body.header(name)) ?? '';
  const identity = {
    flowId: text('flowId'),
    orchestrationName: text('orchestrationName'),
    stepName: text('stepName'),
    action: text('action') as Action,
    attempt: Number(text('attempt')),
    round: Number(text('round')),
  };
  const [attemptId, deadline] = [text('attemptId'), Date.parse(text('deadline'))];
  const isWhole = isIdentity(identity) && attemptId === idOf(identity) && !Number.isNaN(deadline);
  if (!isWhole) return null;
  const idempotencyKey = text('idempotencyKey');
  const { headers, payload } = body;
  return { ...identity, attemptId, idempotencyKey, deadline, headers, payload };
}

function isIdentity({ action, attempt, round, ...names }: CommandIdentity): boolean {
  const areNames = [names.flowId, names.orchestrationName, names.stepName].every(Boolean);
  const areNumbers = Number.isInteger(attempt) && Number.isInteger(round);
  return areNames && areNumbers && (action === 'DO' || action === 'UNDO');
}

export function idOf(identity: CommandIdentity): string {
  return attemptIdOf(identity.flowId, identity);
}

/** The headers of a command of which no more is known than which one it is. */
export function headersOf(identity: CommandIdentity): Headers {
  const { flowId, orchestrationName, stepName, action, attempt, round } = identity;
  return {
    ...{ flowId, stepName, action, orchestrationName, attempt, attemptId: idOf(identity) },
    idempotencyKey: `${flowId}:${stepName}:${action}`,
    ...(round > 0 && { round }),
  };
}

/** What a worker answers. Null = absent. */
export interface WorkerAnswer {
  /**
   * Whether it is done; unknown = its effect may be in place (rules.md#what-is-undone); null = it
   * is not finished, and this is its progress.
   */
  readonly status: boolean | 'unknown' | null;
  /** 0 to 1. */
  readonly progress: number | null;
  readonly message: string | null;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly retryable: boolean | null;
  /** Headers it adds, which travel on the commands that follow (rules.md#worker-headers). */
  readonly headers: Headers | null;
  readonly payload: Payload;
}

/**
 * The reply's message: the headers of the command, those that the worker adds, its answer. The
 * payload is inserted as it is.
 */
export function replyTo(command: Headers, answer: WorkerAnswer): string {
  const { status, progress, message: text, errorMessage, errorCode, retryable } = answer;
  const given =
    status === null
      ? progressHeaders(progress, text)
      : { status: statusHeader(answer), errorMessage, errorCode, retryable };
  const named = Object.entries(given).filter(([, value]) => value !== null);
  const headers = { ...command, ...ownHeaders(answer.headers ?? {}), ...Object.fromEntries(named) };
  return message(headers, answer.payload);
}

/** One that is neither true nor false counts as an unknown outcome; its text is shown. */
function statusHeader({ status, errorMessage }: WorkerAnswer): boolean | string | null {
  return status === 'unknown' ? `unknown: ${errorMessage ?? 'the worker gave no reason'}` : status;
}

/** Undefined: what an initiator calls so is no progress of a worker. */
function progressHeaders(progress: number | null, text: string | null): Headers {
  const unset = undefined;
  return { action: 'PROGRESS', status: unset, progress: progress ?? unset, message: text ?? unset };
}
