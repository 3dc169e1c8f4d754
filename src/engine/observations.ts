/** What metrics count of a commit, taken from the events of its flows. */
import type { AttemptOutcome, Observation } from '../observability/observation.js';
import type { FlowEvent } from '../saga/event.js';
import type { Action, Flow } from '../saga/flow.js';
import type { FlowRecord } from './ports.js';
import { decisionOn } from './slo/tally.js';

export function observationsOf(records: readonly FlowRecord[]): Observation[] {
  return records.flatMap((record) =>
    record.events.flatMap((event) => [...ofEvent(event, record), ...decisionsOf(event, record)]),
  );
}

function ofEvent(event: FlowEvent, { before, after }: FlowRecord): Observation[] {
  const orchestration = after.orchestration.name;
  switch (event.type) {
    case 'FLOW_STARTED':
      return [{ kind: 'flowStarted', orchestration }];
    case 'FLOW_TURNED_AROUND':
      return [{ kind: 'flowTurnedAround', orchestration, byItself: event.actor === null }];
    case 'FLOW_COMPLETED':
    case 'FLOW_UNDONE':
    case 'FLOW_FAILED':
    case 'FLOW_CANCELLED': {
      const seconds = (event.at - after.startedAt) / 1000;
      return [{ kind: 'flowEnded', orchestration, status: event.flowStatus, seconds }];
    }
    case 'DO_SENT':
    case 'UNDO_SENT': {
      const retry = event.attempt > 1;
      return [{ kind: 'commandSent', orchestration, action: actionOf(event.type), retry }];
    }
    case 'DO_SUCCEEDED':
    case 'DO_FAILED':
    case 'UNDO_SUCCEEDED':
    case 'UNDO_FAILED': {
      const [action, outcome] = [actionOf(event.type), outcomeOf(event)];
      const seconds =
        outcome === 'unknown' ? null : secondsSince(sentAt(before, action, event), event.at);
      return [{ kind: 'attemptEnded', orchestration, action, outcome, seconds }];
    }
    default:
      return [];
  }
}

/** The same steps as in the monitoring checklist (docs/slo.md). */
function decisionsOf(event: FlowEvent, record: FlowRecord): Observation[] {
  const orchestration = record.after.orchestration.name;
  const decided = (
    action: Action,
    outcome: 'done' | 'given_up',
    retries: number,
  ): Observation[] => [{ kind: 'stepDecided', orchestration, action, outcome, retries }];
  if (event.type === 'UNDO_SUCCEEDED') return decided('UNDO', 'done', 0);
  if (event.type === 'UNDO_RETRIES_EXHAUSTED') return decided('UNDO', 'given_up', 0);
  const decision = decisionOn(event, record);
  if (decision === null) return [];
  return decided('DO', decision.counter === 'stepsDone' ? 'done' : 'given_up', decision.retries);
}

const actionOf = (type: string): Action => (type.startsWith('UNDO') ? 'UNDO' : 'DO');

function outcomeOf(event: FlowEvent): AttemptOutcome {
  const unknown =
    ('assumed' in event && event.assumed) ||
    ('unknown' in event && event.unknown) ||
    ('errorCode' in event && event.errorCode === 'TIMEOUT');
  if (unknown) return 'unknown';
  return event.type.endsWith('SUCCEEDED') ? 'success' : 'failure';
}

/**
 * When the open command was decided or reported progress last, which its deadline is counted from;
 * null = the answer is to an older one.
 */
export function sentAt(
  before: Flow | null,
  action: Action,
  { stepName, attempt }: { readonly stepName: string; readonly attempt: number },
): number | null {
  const step = before?.steps.find(({ definition }) => definition.name === stepName);
  const open = step?.open;
  if (step === undefined || open?.action !== action || open.attempt !== attempt) return null;
  const { timeoutMs, undoTimeoutMs } = step.definition;
  return open.deadline - (action === 'DO' ? timeoutMs : undoTimeoutMs);
}

function secondsSince(then: number | null, now: number): number | null {
  return then === null ? null : Math.max(0, now - then) / 1000;
}
