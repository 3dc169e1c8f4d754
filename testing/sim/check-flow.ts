/**
 * What must hold of one flow once all is quiet: the promises of docs/promises.md, the laws of the
 * core, and what left the gateways.
 */
import { fold } from '../../src/saga/advance.js';
import { attemptIdOf, sentIdOf, withdrawnIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Action, Flow } from '../../src/saga/flow.js';
import type { StartInput } from '../../src/saga/input.js';
import { checkFlow as invariantsOf, type PublishedCommand } from '../invariants/invariants.mjs';
import { brokenByEvent, foldOf, STATE_LAWS } from '../saga/laws.js';
import type { Ledger } from './ledger.js';
import type { Observations } from './observations.js';
import { keyOf } from './observations.js';
import type { WorkerBehaviour } from './worker-behaviour.js';

export interface FlowRecord {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  readonly behaviour: WorkerBehaviour;
  /** Event numbers that each subscriber of the flow got, in order. */
  readonly delivered: readonly (readonly number[])[];
}

export function checkFlow(observations: Observations, ledger: Ledger, record: FlowRecord): void {
  const { flow, events, behaviour } = record;
  const { flowId } = flow;
  const { echoes } = behaviour;
  const evidence = {
    flow,
    events,
    isOver: true,
    echoes,
    commands: publishedOf(observations, flowId, events),
    // A command's payload is checked when it arrives (check-command.ts).
    mark: null,
    // Only workers that copy attemptId keep the world right when a reply is repeated.
    isInPlace: echoes ? (stepName: string) => ledger.of(flowId, stepName).balance > 0 : null,
    reportedEnd: null,
    fold,
  };
  for (const delivered of record.delivered.length > 0 ? record.delivered : [null])
    for (const [invariant, broken] of invariantsOf({ ...evidence, delivered }))
      observations.check(invariant, flowId, broken);
  checkLaws(observations, flow, events);
  if (echoes) observations.check('I9', flowId, neverAnswered(flowId, events, ledger));
  checkWritten(observations, flow, events);
}

/**
 * The laws of the core: of the flow as it is stored, and of each event by the flow it happened to.
 */
function checkLaws(observations: Observations, flow: Flow, events: readonly FlowEvent[]): void {
  const { flowId } = flow;
  for (const [law, broken] of Object.entries(STATE_LAWS)) {
    const what = broken(flow);
    observations.check('laws', flowId, what === null ? null : `${law}: ${what}`);
  }
  let before = fold(startOf(flow), []);
  for (const event of events) {
    observations.check('laws', flowId, brokenByEvent(before, event));
    before = foldOf(before, [event]);
    observations.check('laws', flowId, STATE_LAWS['one at a time']?.(before) ?? null);
    observations.check('laws', flowId, STATE_LAWS['bounded attempts']?.(before) ?? null);
  }
}

function startOf(flow: Flow): StartInput {
  const { flowId, orchestration, input: payload, headers, initiator, idempotencyKey } = flow;
  return { type: 'START', flowId, orchestration, payload, headers, initiator, idempotencyKey };
}

function publishedOf(
  observations: Observations,
  flowId: string,
  events: readonly FlowEvent[],
): PublishedCommand[] {
  return events.flatMap((event) => {
    const attemptId = sentIdOf(flowId, event);
    if (attemptId === null || !('stepName' in event) || event.stepName === null) return [];
    if (!observations.written.has(keyOf({ flowId, number: event.number }))) return [];
    const action = event.type === 'COMMAND_RESENT' ? event.action : ACTIONS[event.type];
    return action === undefined
      ? []
      : [{ stepName: event.stepName, action, attemptId, mark: null }];
  });
}

const ACTIONS: Readonly<Record<string, Action>> = { DO_SENT: 'DO', UNDO_SENT: 'UNDO' };

/**
 * A result counts only if a worker sent it, for this very attempt; an UNDO's success, for this
 * round.
 */
function neverAnswered(
  flowId: string,
  events: readonly FlowEvent[],
  { answers }: Ledger,
): string | null {
  for (const event of events) {
    const result = resultOf(event);
    if (result === null) continue;
    const { stepName, action, round, attempt, answer } = result;
    if (!answers.has(`${attemptIdOf(flowId, { stepName, action, round, attempt })} ${answer}`))
      return `no worker sent that ${stepName} ${event.type}, attempt ${attempt}, event ${event.number}`;
  }
  return null;
}

interface Result {
  readonly stepName: string;
  readonly action: Action;
  readonly round: number;
  readonly attempt: number;
  readonly answer: 'ok' | 'failed';
}

/** null: not the result of a worker. */
function resultOf(event: FlowEvent): Result | null {
  const { type } = event;
  if ((type === 'DO_FAILED' || type === 'UNDO_FAILED') && GATEWAYS_OWN.has(event.errorCode ?? ''))
    return null;
  if (type === 'DO_SUCCEEDED' || type === 'DO_FAILED')
    return {
      ...event,
      action: 'DO',
      round: 0,
      answer: type === 'DO_SUCCEEDED' ? 'ok' : 'failed',
    };
  if (type === 'UNDO_SUCCEEDED' || type === 'UNDO_FAILED')
    return { ...event, action: 'UNDO', answer: type === 'UNDO_SUCCEEDED' ? 'ok' : 'failed' };
  return null;
}

/** Failures that the gateway records itself. */
const GATEWAYS_OWN: ReadonlySet<string> = new Set(['TIMEOUT', 'MESSAGE_TOO_LARGE']);

/** Events that publish a message. */
export const PUBLISHING: ReadonlySet<string> = new Set([
  'DO_SENT',
  'UNDO_SENT',
  'COMMAND_RESENT',
  'FLOW_COMPLETED',
  'FLOW_UNDONE',
  'FLOW_FAILED',
  'FLOW_CANCELLED',
  'FLOW_HELD',
]);

/** What was decided was written, once all is quiet (I8); what was withdrawn was not. */
function checkWritten(observations: Observations, flow: Flow, events: readonly FlowEvent[]): void {
  const { flowId } = flow;
  const withdrawn = new Set(events.flatMap((event) => withdrawnIdOf(flowId, event) ?? []));
  const twice = new Set(
    events.flatMap((event) =>
      event.type === 'RESEND_WITHDRAWN' ? (withdrawnIdOf(flowId, event) ?? []) : [],
    ),
  );
  for (const event of events) {
    const id = sentIdOf(flowId, event) ?? '';
    // Of a command that was resent any copy may have left.
    if (!PUBLISHING.has(event.type) || twice.has(id)) continue;
    const key = keyOf({ flowId, number: event.number });
    const wasWritten = observations.written.has(key);
    const message = `${event.type} ${event.number}`;
    if (withdrawn.has(id))
      observations.check('I8', flowId, wasWritten ? `the withdrawn ${message} was written` : null);
    else
      observations.check(
        'I8',
        flowId,
        wasWritten || observations.neverWritten.has(key) ? null : `${message} was never written`,
      );
  }
}
