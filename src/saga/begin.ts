/** The state of a new flow. */
import type { Flow, Instant, StepRun } from './flow.js';
import type { StartInput } from './input.js';

/** A flow before its first event. */
export function begin(start: StartInput, now: Instant): Flow {
  const { orchestration } = start;
  return {
    flowId: start.flowId,
    orchestration,
    status: 'IN_PROGRESS',
    steps: orchestration.steps.map((definition) => ({ ...untouched, definition })),
    input: start.payload,
    output: null,
    headers: start.headers,
    initiator: start.initiator,
    idempotencyKey: start.idempotencyKey,
    failureReason: null,
    startedAt: now,
    endedAt: null,
    deadline: orchestration.deadlineMs === null ? null : now + orchestration.deadlineMs,
    deadlineStoppedAt: null,
    paused: false,
    pausedAt: null,
    pauseReason: null,
    held: false,
    halted: false,
    lastEventNumber: 0,
    now,
    withdrawable: [],
    unsent: [],
    orchestrationPaused: false,
  };
}

const untouched: Omit<StepRun, 'definition'> = {
  status: 'PENDING',
  open: null,
  nextAttemptAt: null,
  attempt: 0,
  attemptBase: 0,
  round: 0,
  roundBase: 0,
  undoAttempt: 0,
  unknown: false,
  neverSent: false,
  final: false,
  undoExhausted: false,
  roundOwed: false,
  undoRequested: false,
  skipped: false,
  input: null,
  output: null,
  addedHeaders: null,
  errorMessage: null,
  errorCode: null,
  progress: null,
  progressMessage: null,
  progressAt: null,
  startedAt: null,
  endedAt: null,
  undoneAt: null,
};
