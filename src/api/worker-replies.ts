/** What a worker that uses GraphQL or REST answers, checked field by field. */
import type { ReplyOutcome } from '../bridge/answering.js';
import type { Problem } from '../engine/ports.js';
import { problem } from '../engine/problem.js';
import { plainNumber } from '../json/numbers.js';
import { fitsAny } from '../names/patterns.js';
import { storable } from '../wire/json.js';
import type { WorkerAnswer } from '../wire/worker-command.js';
import type { Principal } from './auth/principal.js';
import type { Shell } from './context.js';
import { checkPayload, headersOf } from './input/start.js';
import { workersOf } from './workers.js';

export interface ReplyFields {
  readonly leaseId: string;
  readonly status?: boolean | null | undefined;
  readonly outcomeUnknown?: boolean | null | undefined;
  readonly progress?: unknown;
  readonly message?: string | null | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly errorCode?: string | null | undefined;
  readonly retryable?: boolean | null | undefined;
  readonly headers?: unknown;
  readonly payload?: unknown;
}

/** Characters; what is longer is cut, as it is of replies from topics. */
const LONGEST = { message: 4000, errorMessage: 4000, errorCode: 200 } as const;

export interface Replied {
  readonly accepted: boolean;
  /** ms; null = it is no progress, or its lease has ended. */
  readonly leaseUntil: number | null;
  readonly problems: readonly Problem[];
}

/** Resolves when the reply is on the reply topic, or with what is wrong. Rejects with a Fault. */
export async function replied(
  shell: Pick<Shell, 'workers' | 'payloadLimit'>,
  { scopes }: Pick<Principal, 'scopes'>,
  fields: ReplyFields,
): Promise<Replied> {
  const problems: Problem[] = [];
  const answer = answerOf(fields, shell.payloadLimit, problems);
  if (problems.length > 0) return { accepted: false, leaseUntil: null, problems };
  const mayWork = (name: string): boolean => fitsAny(name, scopes);
  return outcomeOf(await workersOf(shell).reply(fields.leaseId, answer, mayWork));
}

const UNKNOWN =
  'leaseId is not the id of a lease of an open or past command; send it as the command had it';
const LOST =
  'the reply was published, but the lease had ended and another client has the command, or may get it: progress sent in time extends a lease';

function outcomeOf(outcome: ReplyOutcome): Replied {
  if (outcome.kind === 'unknown') {
    const problems = [problem('UNKNOWN_LEASE', UNKNOWN, 'leaseId')];
    return { accepted: false, leaseUntil: null, problems };
  }
  const problems = outcome.isLost ? [problem('LEASE_LOST', LOST, 'leaseId')] : [];
  return { accepted: true, leaseUntil: outcome.leaseUntil, problems };
}

function answerOf(fields: ReplyFields, payloadLimit: number, problems: Problem[]): WorkerAnswer {
  const { retryable = null } = fields;
  const invalid: Invalid = (path, message) =>
    void problems.push(problem('FIELD_INVALID', message, path));
  const status = statusOf(fields, invalid);
  const progress = progressOf(fields.progress, invalid);
  const text = (name: 'message' | 'errorMessage' | 'errorCode'): string | null => {
    const { [name]: value = null } = fields;
    return value === null ? null : storable(value, LONGEST[name]);
  };
  const answer = {
    ...{ status, progress, retryable, message: text('message') },
    ...{ errorMessage: text('errorMessage'), errorCode: text('errorCode') },
    headers: addedHeaders(fields.headers, problems),
    payload: checkPayload(fields.payload, 'payload', payloadLimit, problems),
  };
  checkKind(answer, invalid);
  return answer;
}

/** A reply is the end of the command, or progress, never both. */
function checkKind(answer: WorkerAnswer, invalid: Invalid): void {
  const { status, progress, message, errorMessage, errorCode, retryable, payload } = answer;
  const isProgress = progress !== null || message !== null;
  if (status === null && !isProgress)
    invalid('status', 'status is missing: true = done, false = failed; or send progress, 0 to 1');
  if (status !== null && isProgress)
    invalid('progress', 'a reply with status ends the command: send progress without status');
  const failure = errorCode ?? retryable ?? (status === 'unknown' ? null : errorMessage);
  if (status !== false && failure !== null)
    invalid('errorMessage', 'errorMessage, errorCode and retryable belong to status: false');
  if (typeof status !== 'boolean' && payload !== null)
    invalid('payload', 'progress and unknown outcomes have no payload; send it with status');
}

/** An unknown outcome stands in place of a status. */
function statusOf(
  { status = null, outcomeUnknown }: ReplyFields,
  invalid: Invalid,
): WorkerAnswer['status'] {
  if (outcomeUnknown !== true) return status;
  if (status !== null)
    invalid('outcomeUnknown', 'outcomeUnknown stands for a reply without status: send one of them');
  return 'unknown';
}

type Invalid = (path: string, message: string) => void;

/** A number from 0 to 1, however it was written. */
function progressOf(given: unknown, invalid: Invalid): number | null {
  if (given === null || given === undefined) return null;
  const value = plainNumber(given);
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  invalid('progress', 'progress must be a number from 0 to 1');
  return null;
}

function addedHeaders(given: unknown, problems: Problem[]): WorkerAnswer['headers'] {
  return given === null || given === undefined ? null : headersOf(given, problems);
}
