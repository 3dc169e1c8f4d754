/** The invariants of one flow, asked of its timeline, of what is stored, and of what its workers did. */
import { fold } from '../../src/saga/advance.js';
import { attemptIdOf, sentIdOf, withdrawnIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import { type Action, type Flow, isTerminal } from '../../src/saga/flow.js';
import type { StartInput } from '../../src/saga/input.js';
import { brokenByEvent, foldable, foldOf, STATE_LAWS } from '../saga/laws.js';
import type { Ledger } from './ledger.js';
import type { Seen } from './seen.js';
import { keyOf } from './seen.js';
import type { Temper } from './temper.js';

export interface Story {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  readonly temper: Temper;
}

export function askFlow(seen: Seen, ledger: Ledger, { flow, events, temper }: Story): void {
  const { flowId } = flow;
  seen.ask('I1', flowId, isTerminal(flow.status) ? null : `it stands at ${flow.status} for ever`);
  for (const [law, broken] of Object.entries(STATE_LAWS)) {
    const what = broken(flow);
    seen.ask(
      law === 'settled' ? 'settled' : law === 'bounded attempts' ? 'I13' : 'laws',
      flowId,
      what === null ? null : `${law}: ${what}`,
    );
  }
  askTimeline(seen, flow, events);
  seen.ask(
    'I9',
    flowId,
    temper.echoes ? (counted(events) ?? answered(flowId, events, ledger)) : null,
  );
  askWritten(seen, flow, events);
  for (const step of flow.steps) {
    const { balance } = ledger.of(flowId, step.definition.name);
    const { name, undo } = step.definition;
    if (step.skipped || undo === 'none' || !temper.echoes) continue;
    if (flow.status === 'UNDONE')
      seen.ask('I5', flowId, balance === 0 ? null : `${name} is still in place in UNDONE`);
    if (flow.status === 'COMPLETED')
      seen.ask('I5', flowId, balance === 1 ? null : `${name} is not in place in COMPLETED`);
  }
}

function askTimeline(seen: Seen, flow: Flow, events: readonly FlowEvent[]): void {
  const { flowId } = flow;
  const start = startOf(flow);
  seen.ask(
    'I11',
    flowId,
    foldable(fold(start, events)) === foldable(flow)
      ? null
      : 'the fold of its timeline is not what is stored',
  );
  let before = fold(start, []);
  const undone = events.findIndex(({ type }) => type === 'UNDO_SENT');
  events.forEach((event, index) => {
    seen.ask(
      'timeline',
      flowId,
      event.number === index + 1 ? null : `event ${event.number} at place ${index + 1}`,
    );
    seen.ask('I3, I4, I6', flowId, brokenByEvent(before, event));
    if (event.type === 'DO_SENT' && undone !== -1)
      seen.ask('I6', flowId, index < undone ? null : `DO ${event.stepName} after the first UNDO`);
    seen.ask('I2', flowId, leaves(events[index - 1], event));
    before = foldOf(before, [event]);
    seen.ask('I4', flowId, STATE_LAWS['one at a time']?.(before) ?? null);
  });
}

function startOf(flow: Flow): StartInput {
  const { flowId, orchestration, input: payload, headers, initiator, idempotencyKey } = flow;
  return { type: 'START', flowId, orchestration, payload, headers, initiator, idempotencyKey };
}

/** By itself a flow leaves UNDONE and FAILED only, and says so; else an operator did it. */
function leaves(before: FlowEvent | undefined, event: FlowEvent): string | null {
  if (before === undefined || !isTerminal(before.flowStatus) || isTerminal(event.flowStatus))
    return null;
  const told = `${event.type} left ${before.flowStatus}`;
  const byOperator = 'actor' in event && event.actor !== null;
  if (byOperator)
    return before.flowStatus === 'CANCELLED' || before.flowStatus === 'UNDONE' ? told : null;
  const allowed =
    event.type === 'FLOW_REOPENED' &&
    (before.flowStatus === 'UNDONE' || before.flowStatus === 'FAILED');
  return allowed ? null : told;
}

/** With attemptId every attempt fails once at most, and every round succeeds once. */
function counted(events: readonly FlowEvent[]): string | null {
  const seen = new Set<string>();
  for (const event of events) {
    const key =
      event.type === 'DO_FAILED'
        ? `DO ${event.stepName} ${event.attempt} failed`
        : event.type === 'UNDO_FAILED'
          ? `UNDO ${event.stepName} ${event.round}/${event.attempt} failed`
          : event.type === 'UNDO_SUCCEEDED'
            ? `UNDO ${event.stepName} ${event.round} succeeded`
            : null;
    if (key === null) continue;
    if (seen.has(key)) return `${key} twice`;
    seen.add(key);
  }
  return null;
}

/** What counts was said, by a worker and of this very attempt; an UNDO's success, of this round. */
function answered(
  flowId: string,
  events: readonly FlowEvent[],
  { answers }: Ledger,
): string | null {
  const wasSaid = (
    stepName: string,
    action: Action,
    round: number,
    attempt: number,
    what: string,
  ): boolean => answers.has(`${attemptIdOf(flowId, { stepName, action, round, attempt })} ${what}`);
  for (const event of events) {
    const { type } = event;
    // Those the gateway says itself.
    if ((type === 'DO_FAILED' || type === 'UNDO_FAILED') && OWN.has(event.errorCode ?? ''))
      continue;
    if (type === 'DO_SUCCEEDED' && !wasSaid(event.stepName, 'DO', 0, event.attempt, 'ok'))
      return `nobody said that ${told(event)}`;
    if (type === 'DO_FAILED' && !wasSaid(event.stepName, 'DO', 0, event.attempt, 'failed'))
      return `nobody said that ${told(event)}`;
    if (
      type === 'UNDO_SUCCEEDED' &&
      !wasSaid(event.stepName, 'UNDO', event.round, event.attempt, 'ok')
    )
      return `nobody said that ${told(event)}`;
    if (
      type === 'UNDO_FAILED' &&
      !wasSaid(event.stepName, 'UNDO', event.round, event.attempt, 'failed')
    )
      return `nobody said that ${told(event)}`;
  }
  return null;
}

const OWN: ReadonlySet<string> = new Set(['TIMEOUT', 'MESSAGE_TOO_LARGE']);

function told(event: FlowEvent & { readonly stepName: string; readonly attempt: number }): string {
  return `${event.stepName} ${event.type}, attempt ${event.attempt}, event ${event.number}`;
}

/** What leaves the house when it happens. */
export const LEAVING: ReadonlySet<string> = new Set([
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
function askWritten(seen: Seen, flow: Flow, events: readonly FlowEvent[]): void {
  const { flowId } = flow;
  const withdrawn = new Set(events.flatMap((event) => withdrawnIdOf(flowId, event) ?? []));
  const twice = new Set(
    events.flatMap((event) =>
      event.type === 'RESEND_WITHDRAWN' ? (withdrawnIdOf(flowId, event) ?? []) : [],
    ),
  );
  for (const event of events) {
    if (!LEAVING.has(event.type)) continue;
    const key = keyOf({ flowId, number: event.number });
    const id = sentIdOf(flowId, event) ?? '';
    // Of a command that was resent any copy may have left.
    if (twice.has(id)) continue;
    const isWithdrawn = withdrawn.has(id);
    const wasWritten = seen.written.has(key);
    if (isWithdrawn)
      seen.ask(
        'I8',
        flowId,
        wasWritten ? `the withdrawn ${event.type} ${event.number} was written` : null,
      );
    else
      seen.ask(
        'I8',
        flowId,
        wasWritten || seen.neverWritten.has(key)
          ? null
          : `${event.type} ${event.number} was never written`,
      );
  }
}
