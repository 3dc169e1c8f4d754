/**
 * Reads a worker's reply (docs/protocol.md, "The message") in every form that existing workers
 * send; a reply that cannot be read has a reason.
 */
import type { PoisonCause } from '../engine/ports/deliveries.js';
import { plainNumber } from '../json/numbers.js';
import { attemptIdOf } from '../saga/attempt-id.js';
import type { ProgressInput, ReplyInput } from '../saga/input.js';
import {
  type Body,
  isFlowId,
  isPoison,
  poison,
  readBody,
  textOf,
  type WireRecord,
} from './body.js';
import { storable } from './json.js';
import { ownHeaders, type Wrong, wrongHeaders, wrongPayload } from './starts.js';

export type ReadReply =
  | { readonly input: null; readonly poison: PoisonCause }
  | {
      readonly input: ReplyInput | ProgressInput;
      /** The input counts, and the record is copied to quarantine. */
      readonly poison: PoisonCause | null;
    };

const LONGEST_MESSAGE = 4000;
const LONGEST_CODE = 200;

export function readReply(record: WireRecord, payloadLimit: number): ReadReply {
  const body = readBody(record);
  if (isPoison(body)) return { input: null, poison: body };
  const flowId = idOf(body, 'flowId');
  const stepName = idOf(body, 'stepName');
  const known = [
    typeof flowId === 'string' ? flowId : null,
    typeof stepName === 'string' ? stepName : null,
  ] as const;
  const bad = (code: string, message: string): ReadReply => ({
    input: null,
    poison: poison(code, message, ...known),
  });
  if (typeof flowId !== 'string') return bad('FLOW_ID_INVALID', `headers.flowId ${flowId.why}`);
  if (typeof stepName !== 'string')
    return bad('STEP_NAME_INVALID', `headers.stepName ${stepName.why}`);
  const given = textOf(body.header('action'));
  const action = given?.trim().toUpperCase();
  if (given === undefined || (action !== undefined && !ACTIONS.has(action))) {
    return bad(
      'ACTION_INVALID',
      `headers.action is ${JSON.stringify(body.header('action'))}; expected DO, UNDO, FAIL_STEP or PROGRESS`,
    );
  }
  const attemptId = attemptIdFrom(body, flowId, stepName, action);
  if (action === 'PROGRESS') return progress(body, flowId, stepName, attemptId);
  return reply(
    body,
    { flowId, stepName, action: (action ?? null) as ReplyInput['action'], attemptId },
    payloadLimit,
  );
}

const ACTIONS = new Set(['DO', 'UNDO', 'FAIL_STEP', 'PROGRESS']);

function idOf(body: Body, name: string): string | { readonly why: string } {
  const text = textOf(body.header(name));
  if (text === null) return { why: 'is missing; copy it from the command' };
  if (text === undefined) return { why: 'is not text; copy it from the command' };
  return isFlowId(text)
    ? text
    : { why: 'has other characters than an id, or more than 100; copy it from the command' };
}

/**
 * The attemptId as echoed, or derived from `attempt` (and `round`) when only those were echoed;
 * null = neither.
 */
function attemptIdFrom(
  body: Body,
  flowId: string,
  stepName: string,
  action: string | undefined,
): string | null {
  const echoed = textOf(body.header('attemptId'));
  if (typeof echoed === 'string' && echoed !== '') return storable(echoed, 400);
  const attempt = Number(textOf(body.header('attempt')) ?? Number.NaN);
  const round = Number(textOf(body.header('round')) ?? Number.NaN);
  if (!Number.isInteger(attempt) || attempt < 1) return null;
  if (action === 'UNDO')
    return Number.isInteger(round) && round >= 1
      ? attemptIdOf(flowId, { stepName, action: 'UNDO', round, attempt })
      : null;
  return action === 'DO' || action === undefined
    ? attemptIdOf(flowId, { stepName, action: 'DO', round: 0, attempt })
    : null;
}

function progress(
  body: Body,
  flowId: string,
  stepName: string,
  attemptId: string | null,
): ReadReply {
  const value = body.header('progress');
  const number =
    value === undefined || value === null || value === '' ? null : Number(plainNumber(value));
  if (number !== null && !(number >= 0 && number <= 1)) {
    return {
      input: null,
      poison: poison(
        'PROGRESS_INVALID',
        'headers.progress is not a number from 0 to 1',
        flowId,
        stepName,
      ),
    };
  }
  const message = textOf(body.header('message'));
  const shown = typeof message === 'string' ? storable(message, LONGEST_MESSAGE) : null;
  return {
    input: { type: 'PROGRESS', flowId, stepName, attemptId, progress: number, message: shown },
    poison: null,
  };
}

type Named = Pick<ReplyInput, 'flowId' | 'stepName' | 'action' | 'attemptId'>;

function reply(body: Body, named: Named, payloadLimit: number): ReadReply {
  const status = statusOf(body.header('status'));
  const failed = named.action === 'FAIL_STEP' || status === false;
  const trouble = failed ? null : troubleOf(body, status, named.action, payloadLimit);
  const success = trouble === null ? 'success' : 'unknown';
  const message = messageOf(body.header('errorMessage'));
  const code = textOf(body.header('errorCode'));
  const input: ReplyInput = {
    type: 'REPLY',
    ...named,
    outcome: failed ? 'failure' : success,
    payload: trouble === null && !failed && named.action !== 'UNDO' ? body.payload : null,
    errorMessage:
      trouble?.message ?? (failed && message !== null ? storable(message, LONGEST_MESSAGE) : null),
    errorCode:
      trouble?.code ?? (failed && typeof code === 'string' ? storable(code, LONGEST_CODE) : null),
    retryable: statusOf(body.header('retryable')) !== false,
    ...(trouble === null && !failed && named.action !== 'UNDO' && added(body)),
  };
  return {
    input,
    poison:
      trouble === null ? null : poison(trouble.code, trouble.message, named.flowId, named.stepName),
  };
}

/** Why a reply that is no failure cannot be accepted as a success, or null. */
function troubleOf(
  body: Body,
  status: boolean | null,
  action: Named['action'],
  payloadLimit: number,
): Wrong | null {
  if (status === null) return unreadable(body);
  return action === 'UNDO' ? null : wrongPayload(body.payload, payloadLimit);
}

/** The errorMessage as text: an object or a list as its JSON. */
function messageOf(value: unknown): string | null {
  return textOf(value) ?? (value === null || value === undefined ? null : JSON.stringify(value));
}

/**
 * The headers of a reply apart from those of the protocol and the trace, which is the gateway's
 * own.
 */
function added({ headers }: Body): Pick<ReplyInput, 'headers'> {
  const { traceparent: _, ...own } = ownHeaders(headers);
  const none = Object.keys(own).length === 0 || wrongHeaders(own)?.code === 'HEADERS_UNSTORABLE';
  return none ? {} : { headers: own };
}

function unreadable(body: Body): Wrong {
  const value = body.header('status');
  const found = value === undefined ? 'is missing' : `is ${storable(JSON.stringify(value), 100)}`;
  return { code: 'STATUS_UNREADABLE', message: `headers.status ${found}; expected true or false` };
}

const TRUE = new Set(['true', 'yes', '1', 'on']);
const FALSE = new Set(['false', 'no', '0', 'off']);

/** A status as boolean, text or number, as existing workers send it; null = it cannot be read. */
export function statusOf(value: unknown): boolean | null {
  const number = plainNumber(value);
  if (typeof value === 'boolean') return value;
  if (typeof number === 'number') return number !== 0;
  if (typeof value !== 'string') return null;
  const text = value.trim().toLowerCase();
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : null;
}
