/**
 * What one transaction decides, flow by flow, before it is written. Deliveries are applied in their
 * order; a flow that breaks a law of the saga is taken out and parked, and the other flows of the
 * batch go on.
 */
import { advance, start } from '../../saga/advance.js';
import { withdrawnIdOf } from '../../saga/attempt-id.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow } from '../../saga/flow.js';
import type { StartInput } from '../../saga/input.js';
import { dueAt } from '../../saga/retry.js';
import { doneRow, flowChange, refusedRow, wantedOf } from '../audit/audit-rows.js';
import {
  causeWithoutSensitive,
  maskedCopy,
  withoutSensitiveTexts,
} from '../masking/sensitive-texts.js';
import type {
  AuditRow,
  Delivery,
  DeliveryOutcome,
  FlowInput,
  FlowRecord,
  LockedFlows,
  OutboxRow,
  ParkedFlow,
  PayloadSchemas,
  PoisonCause,
  QuarantineEntry,
  Wire,
} from '../ports.js';
import { unlikeItsSchema } from './reply-schema.js';
import { tooMuchAnswered } from './weights.js';

interface Draft {
  readonly before: Flow | null;
  flow: Flow;
  readonly events: FlowEvent[];
  ticked: boolean;
  readonly startedBy?: string | undefined;
}

type Start = Pick<Draft, 'startedBy'> & { readonly orchestrationPaused: boolean };

export class Batch {
  readonly quarantine: QuarantineEntry[] = [];
  readonly parked: ParkedFlow[] = [];
  /** Of mutations done and of records refused; refused callers get theirs later. */
  readonly audit: AuditRow[] = [];
  private readonly drafts = new Map<string, Draft>();

  constructor(
    private readonly locked: LockedFlows,
    private readonly wire: Wire,
    private readonly schemas: PayloadSchemas | undefined,
  ) {}

  begin(delivery: Delivery, input: StartInput, { orchestrationPaused, startedBy }: Start) {
    const { flow, events } = start(input, this.locked.now, orchestrationPaused);
    const draft = { before: null, flow, events: [...events], ticked: false, startedBy };
    this.drafts.set(input.flowId, draft);
    this.done(delivery, null, flow);
    return { kind: 'recorded', flow, events, refusal: null } as const;
  }

  /** A start that was known already: the flow it began. */
  repeated(delivery: Delivery, flowId: string): void {
    const wanted = wantedOf(delivery);
    const changes = { at: this.locked.now, after: '{"created":false}' };
    if (wanted !== null) this.audit.push(doneRow({ ...wanted, flowId }, changes));
  }

  apply(delivery: Delivery, input: FlowInput): DeliveryOutcome {
    const { flowId } = input;
    const reason =
      this.locked.parked.get(flowId) ?? this.parked.find((one) => one.flowId === flowId)?.reason;
    if (reason !== undefined) return this.parkedOutcome(delivery, flowId, reason);
    const draft = this.draftOf(flowId);
    if (draft === undefined) {
      this.refuse(delivery, {
        code: 'UNKNOWN_FLOW',
        message: `there is no flow ${flowId}`,
        flowId,
        stepName: stepNameOf(input),
      });
      return { kind: 'unknown-flow' };
    }
    try {
      return this.advanced(draft, delivery, input);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // Results of earlier deliveries of this batch are kept: the flow was settled after each.
      this.parked.push({ flowId, reason: why });
      return this.parkedOutcome(delivery, flowId, why);
    }
  }

  /** Also on the timeline of its flow, if it is known (rules.md#quarantine-and-stale-replies). */
  poison(delivery: Delivery, found: PoisonCause): DeliveryOutcome {
    const draft = found.flowId === null ? undefined : this.draftOf(found.flowId);
    const cause = draft === undefined ? found : causeWithoutSensitive(draft.flow, found);
    this.refuse(delivery, cause);
    const { flowId, stepName, code, message, path } = cause;
    if (draft !== undefined && flowId !== null)
      this.advance(draft, { type: 'QUARANTINED', flowId, stepName, code, message });
    return { kind: 'quarantined', code, message, path };
  }

  records(): FlowRecord[] {
    const records: FlowRecord[] = [];
    for (const { before, flow, events, ticked, startedBy } of this.drafts.values()) {
      if (events.length === 0 && !ticked) continue;
      const withdrawn = events.flatMap((event) => withdrawnIdOf(flow.flowId, event) ?? []);
      const outbox = this.wire
        .outgoing(flow, events)
        .filter((row) => row.attemptId === null || !withdrawn.includes(row.attemptId));
      const wakeAt = before === null ? firstLook(flow) : dueAt(flow);
      records.push({ before, after: flow, startedBy, events, outbox, withdrawn, wakeAt });
    }
    return records;
  }

  private advanced(draft: Draft, delivery: Delivery, given: FlowInput): DeliveryOutcome {
    const input = withoutSensitiveTexts(draft.flow, given);
    const stepName = stepNameOf(input);
    if (
      delivery.from === 'record' &&
      stepName !== null &&
      !draft.flow.steps.some((step) => step.definition.name === stepName)
    ) {
      const message = `${draft.flow.orchestration.name} has no step ${stepName}`;
      return this.poison(delivery, {
        code: 'UNKNOWN_STEP',
        message,
        flowId: input.flowId,
        stepName,
      });
    }
    if ('poison' in delivery && delivery.poison)
      this.refuse(delivery, causeWithoutSensitive(draft.flow, delivery.poison));
    const wrong =
      tooMuchAnswered(draft.flow, input) ?? unlikeItsSchema(this.schemas, draft.flow, input);
    if (wrong !== null) this.refuse(delivery, wrong);
    const before = draft.flow;
    const { events, refusal } = this.advance(draft, wrong === null ? input : unknown(input, wrong));
    if (input.type === 'TICK') draft.ticked = true;
    // A replay settles its record, also when the flow refuses it.
    if (refusal === null || delivery.from === 'replay') this.done(delivery, before, draft.flow);
    return { kind: 'recorded', flow: draft.flow, events, refusal };
  }

  private advance(draft: Draft, input: FlowInput): ReturnType<typeof advance> {
    const result = advance(draft.flow, input);
    draft.flow = result.flow;
    draft.events.push(...result.events);
    return result;
  }

  private draftOf(flowId: string): Draft | undefined {
    const known = this.drafts.get(flowId);
    const stored = known === undefined ? this.locked.flows.get(flowId) : undefined;
    if (stored === undefined) return known;
    const draft: Draft = { before: stored, flow: stored, events: [], ticked: false };
    this.drafts.set(flowId, draft);
    return draft;
  }

  private flowOf({ flowId }: PoisonCause): Flow | null {
    return flowId === null ? null : (this.draftOf(flowId)?.flow ?? null);
  }

  private parkedOutcome(delivery: Delivery, flowId: string, reason: string): DeliveryOutcome {
    this.refuse(delivery, {
      code: 'FLOW_PARKED',
      message: `flow ${flowId} is parked: ${reason}`,
      flowId,
      stepName: null,
    });
    return { kind: 'parked', reason };
  }

  private done(delivery: Delivery, before: Flow | null, after: Flow): void {
    const wanted = wantedOf(delivery);
    if (wanted === null) return;
    const { flowId, orchestration } = after;
    const changes = { at: this.locked.now, ...flowChange(before, after) };
    this.audit.push(doneRow({ ...wanted, flowId, orchestrationName: orchestration.name }, changes));
  }

  /** Only records of topics go to quarantine: a caller of the API gets the reason in the answer. */
  private refuse(delivery: Delivery, cause: PoisonCause): void {
    if (delivery.from !== 'record') return;
    const wanted = wantedOf(delivery);
    if (wanted !== null) this.audit.push(refusedRow(wanted, cause.code, this.locked.now));
    const { position, raw } = delivery;
    const refused = cause.refusedStart ?? (delivery.kind === 'start' ? delivery.start : null);
    const bytes = { key: raw.key, value: raw.value };
    const { orchestration, ...why } = cause;
    this.quarantine.push({
      ...why,
      ...bytes,
      position,
      copy: this.wire.quarantineCopy(
        why,
        maskedCopy(bytes, orchestration ?? this.flowOf(cause)),
        position,
      ),
      notice: refused === null ? null : this.wire.refusedStart(cause, refused, position),
    });
  }
}

/** Longer than a transaction may take, ms. */
const QUEUED_LOOK_MS = 60_000;

/**
 * A start that waits for its orchestration to be resumed has one wake-up of its own: the
 * orchestration may be resumed, and its flows woken, before the transaction that stores this flow
 * has committed.
 */
function firstLook(flow: Flow): number | null {
  const due = dueAt(flow);
  if (!flow.orchestrationPaused) return due;
  return Math.min(due ?? Number.POSITIVE_INFINITY, flow.now + QUEUED_LOOK_MS);
}

/** As the wire decides for a payload that is too large: the DO may have happened, so undo it. */
function unknown(input: FlowInput, { code, message }: PoisonCause): FlowInput {
  return input.type !== 'REPLY'
    ? input
    : { ...input, outcome: 'unknown', payload: null, errorCode: code, errorMessage: message };
}

function stepNameOf(input: FlowInput): string | null {
  return input.type === 'REPLY' || input.type === 'PROGRESS' ? input.stepName : null;
}

/** The messages of a quarantined record: its copy, and the notice of a refused start. */
function quarantineRows(quarantine: readonly QuarantineEntry[]): OutboxRow[] {
  return quarantine.flatMap(({ copy, notice }) => (notice === null ? [copy] : [copy, notice]));
}

/** Rows to publish: of flows, then copies of quarantined records. */
export function rowsOf(
  records: readonly FlowRecord[],
  quarantine: readonly QuarantineEntry[],
): OutboxRow[] {
  return [...records.flatMap((record) => record.outbox), ...quarantineRows(quarantine)];
}
