/**
 * Rows of the audit, made of what was wanted and what became of it. Facts only: statuses, flags,
 * versions; a payload is never among them.
 */
import type { Flow } from '../../saga/flow.js';
import type { OperatorInput } from '../../saga/input.js';
import {
  type AuditObject,
  type AuditRow,
  type Caller,
  type Delivery,
  NO_OBJECT,
  type PoisonCause,
  type RecordPosition,
} from '../ports.js';

/** What the gateway does by itself. */
export const GATEWAY: Caller = { actor: 'gateway', proven: true, origin: null, requestId: null };

/** Names of the mutations behind what a flow is given. */
const ACTIONS: Readonly<Record<OperatorInput['type'], string>> = {
  CANCEL: 'cancelFlow',
  UNDO_FLOW: 'undoFlow',
  PAUSE: 'pauseFlow',
  RESUME: 'resumeFlow',
  RETRY_STEP: 'retryStep',
  RESEND: 'resendCommand',
  SKIP_STEP: 'skipStep',
};

/** What was wanted by whom, without what became of it. */
export type Wanted = Caller & AuditObject & Pick<AuditRow, 'action' | 'reason'>;

export function doneRow(
  wanted: Wanted,
  changes: Partial<Pick<AuditRow, 'at' | 'before' | 'after'>>,
): AuditRow {
  return {
    ...wanted,
    at: null,
    before: null,
    after: null,
    ...changes,
    outcome: 'DONE',
    code: null,
  };
}

export function refusedRow(wanted: Wanted, code: string, at: AuditRow['at'] = null): AuditRow {
  return { ...wanted, at, before: null, after: null, outcome: 'REFUSED', code };
}

/** A record's author is what the record states; its place is where it came from. */
export function recordCaller(actor: unknown, position: RecordPosition): Caller {
  const { topic, partition, offset } = position;
  const name = typeof actor === 'string' && actor.trim() !== '' ? actor.slice(0, 200) : 'unknown';
  return { actor: name, proven: false, origin: `${topic}/${partition}@${offset}`, requestId: null };
}

/** A delivery as a mutation; null: it is none (a reply, a timer's look). */
export function wantedOf(delivery: Delivery): Wanted | null {
  if (delivery.from === 'record') return wantedByRecord(delivery);
  if (delivery.from === 'replay') {
    const { actor, reason } = delivery.replay;
    const by = delivery.by ?? { ...GATEWAY, actor, proven: false };
    const object =
      delivery.kind === 'start'
        ? { ...NO_OBJECT, orchestrationName: delivery.start.orchestrationName }
        : { ...NO_OBJECT, flowId: delivery.input.flowId };
    return { ...by, ...object, action: 'replayQuarantined', reason };
  }
  if (delivery.from !== 'caller') return null;
  const by = delivery.by ?? GATEWAY;
  if (delivery.kind === 'start') {
    const { orchestrationName, flowId } = delivery.start;
    const object = { ...NO_OBJECT, orchestrationName, flowId };
    return { ...by, ...object, action: 'execute', reason: null };
  }
  const { input } = delivery;
  if (!('actor' in input)) return null;
  const { flowId, reason } = input;
  const stepName = 'stepName' in input ? input.stepName : null;
  return { ...by, ...NO_OBJECT, flowId, stepName, action: ACTIONS[input.type], reason };
}

function wantedByRecord(delivery: Delivery & { readonly from: 'record' }): Wanted | null {
  const { position } = delivery;
  if (delivery.kind === 'start') {
    const { initiator, orchestrationName, flowId } = delivery.start;
    const by = recordCaller(initiator, position);
    return { ...by, ...NO_OBJECT, orchestrationName, flowId, action: 'execute', reason: null };
  }
  if (delivery.kind !== 'poison') return null;
  const { attempted: action, poison } = delivery;
  if (action === undefined && poison.refusedStart === undefined) return null;
  return { ...poisonCaller(poison, position), action: action ?? 'execute', reason: null };
}

function poisonCaller(
  { refusedStart }: PoisonCause,
  position: RecordPosition,
): Caller & AuditObject {
  const { headers = {}, orchestrationName = null, flowId = null } = refusedStart ?? {};
  const by = recordCaller(headers.initiator ?? headers.serviceName, position);
  return { ...by, ...NO_OBJECT, orchestrationName, flowId };
}

/** What an operator sees differ: status, flags, and the statuses of the steps that changed. */
export function flowChange(
  before: Flow | null,
  after: Flow,
): { readonly before: string | null; readonly after: string } {
  const changed = after.steps.filter(
    (step, index) => before !== null && before.steps[index]?.status !== step.status,
  );
  const names = new Set(changed.map(({ definition }) => definition.name));
  return {
    before: before === null ? null : factsOf(before, names),
    after: factsOf(after, names),
  };
}

function factsOf(flow: Flow, names: ReadonlySet<string>): string {
  const { status, paused, held, steps } = flow;
  const shown = steps.flatMap(({ definition: { name }, status: step }) =>
    names.has(name) ? [[name, step] as const] : [],
  );
  return JSON.stringify({
    status,
    ...(paused && { paused }),
    ...(held && { held }),
    ...(shown.length > 0 && { steps: Object.fromEntries(shown) }),
  });
}
