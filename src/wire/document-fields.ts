/**
 * The fields of a registration document, and the check of each (docs/protocol.md, "Registration
 * documents").
 */
import type { Backoff, Objectives } from '../saga/orchestration.js';
import * as check from './checks.js';
import { readFields } from './checks.js';

const anything: check.Check<unknown> = (value) => value;

export const backoff: check.Check<Partial<Backoff>> = (value, at, report) => {
  const read = readFields(value, at, report, { what: 'backoff', checks: BACKOFF });
  if (read === null) return undefined;
  const { initial, factor, max, jitter } = read;
  const known = { initialMs: initial, factor, maxMs: max, jitter };
  return Object.fromEntries(Object.entries(known).filter(([, one]) => one !== undefined));
};
const BACKOFF = {
  initial: check.duration(0),
  factor: check.decimal(1, 100),
  max: check.duration(0),
  jitter: check.oneOf({ none: 'none', full: 'full' }),
};

const RETRY = {
  maxRetries: check.whole(0, 1000),
  undoMaxRetries: check.whole(0, 1000),
  timeout: check.duration(1),
  undoTimeout: check.duration(1),
  backoff,
  undoBackoff: backoff,
};

export const STEP = {
  seq: check.whole(0, 1_000_000),
  name: check.name,
  objectType: check.text,
  ...RETRY,
  nonRetryableErrors: check.texts,
  undo: check.oneOf({ required: 'required', none: 'none', always: 'always' }),
  payloadSchema: check.jsonSchema,
  doMethod: check.text,
  undoMethod: check.text,
  handlerClass: check.text,
  handlerMethod: check.text,
  undoHandlerMethod: check.text,
  sharedTopic: check.sharedTopic,
};

/**
 * `seq` is read and ignored: the order of the steps is the initiator's. The Java library sends one
 * on every step.
 */
export const WORKER_STEP = {
  seq: anything,
  name: check.name,
  objectType: check.text,
  handlerClass: check.text,
  doMethod: check.text,
  handlerMethod: check.text,
  undoMethod: check.text,
  undoHandlerMethod: check.text,
  sharedTopic: check.sharedTopic,
};

const OBJECTIVES = {
  doSuccessRate: check.decimal(0, 1),
  averageRetryCount: check.decimal(0, 1000),
  undoTriggerRate: check.decimal(0, 1),
  undoSuccessRate: check.decimal(0, 1),
  stuckAfter: check.duration(1),
  responseTime: check.duration(1),
};
const objectives: check.Check<Objectives> = (value, at, report) => {
  const read = readFields(value, at, report, { what: 'objectives', checks: OBJECTIVES });
  return (read ?? undefined) as Objectives | undefined;
};

const ROLE = check.oneOf({ initiator: 'initiator', worker: 'worker' });
const TYPE = check.oneOf({
  sequential: 'SEQUENTIAL',
  parallel: 'PARALLEL',
  simultaneous: 'PARALLEL',
});
const NAMES = {
  orchestrationName: check.name,
  orchName: check.name,
  as: ROLE,
  steps: anything,
  sharedTopic: check.sharedTopic,
};
const INITIATOR = {
  type: TYPE,
  ...RETRY,
  deadline: check.duration(1),
  onRetriesExhausted: check.oneOf({ undo: 'undo', hold: 'hold' }),
  onUndoExhausted: check.oneOf({ stop: 'stop', continue: 'continue' }),
  description: check.text,
  labels: check.labels,
  payloadSchema: check.jsonSchema,
  sensitive: check.sensitivePaths,
  objectives,
};
export const ORCHESTRATION = { ...NAMES, ...INITIATOR };

const ignored: check.Check<never> = () => undefined;
const NOT_READ: { readonly [K in keyof typeof INITIATOR]: check.Check<never> } = {
  type: ignored,
  maxRetries: ignored,
  undoMaxRetries: ignored,
  timeout: ignored,
  undoTimeout: ignored,
  backoff: ignored,
  undoBackoff: ignored,
  deadline: ignored,
  onRetriesExhausted: ignored,
  onUndoExhausted: ignored,
  description: ignored,
  labels: ignored,
  payloadSchema: ignored,
  sensitive: ignored,
  objectives: ignored,
};
/**
 * The Java library uses one class for both kinds of document: a worker's may contain the fields of
 * an initiator, with any value (`type: saga`). They are ignored.
 */
export const WORKER_ORCHESTRATION: typeof ORCHESTRATION = { ...ORCHESTRATION, ...NOT_READ };
