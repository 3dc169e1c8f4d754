/**
 * One transaction of the road — admit, lock, advance, record, refuse. What it needs to know about a
 * start (its orchestration) was looked up before; what follows after the commit (publish, notify)
 * is the caller's.
 */

import { LIMITS } from '../../limits/limits.js';
import type { Flow } from '../../saga/flow.js';
import type { StartInput } from '../../saga/input.js';
import {
  type Delivery,
  type DeliveryOutcome,
  type ExistingStart,
  type FlowRecord,
  type LockedFlows,
  type OutboxRow,
  type ParkedFlow,
  type PayloadSchemas,
  type PoisonCause,
  type RoadTransaction,
  type Store,
  TooMuchAtOnce,
  type Wire,
} from '../ports.js';
import { Batch, rowsOf } from './batch.js';
import { samePayload } from './payload-equality.js';
import { writtenBytes } from './weights.js';

/**
 * A delivery; a start has been resolved, to a flow to begin or to the reason for its refusal. With
 * both, the refusal applies unless the flow exists already.
 */
export interface Work {
  readonly delivery: Delivery;
  readonly start: StartInput | null;
  readonly startRefused: PoisonCause | null;
  /** Its orchestration is paused and starts are queued. */
  readonly orchestrationPaused: boolean;
  /** Under whom the flow counts; absent = under nobody. */
  readonly startedBy?: string | undefined;
}

export interface Done {
  /** In the order of the work. */
  readonly outcomes: readonly DeliveryOutcome[];
  readonly records: readonly FlowRecord[];
  readonly outbox: readonly OutboxRow[];
  /** Flows that this work has parked, with the initiator's headers. */
  readonly parked: readonly (ParkedFlow & Pick<Flow, 'headers'>)[];
}

export interface Ports {
  readonly store: Store;
  readonly wire: Wire;
  /** Absent: the payloads of replies are not checked. */
  readonly schemas?: PayloadSchemas | undefined;
}

export async function unitOfWork(
  { store, wire, schemas }: Ports,
  work: readonly Work[],
  given: boolean,
): Promise<Done> {
  return store.road(async (tx) => {
    // Called together, so that both are sent in one round trip; PostgreSQL runs them in this order.
    const [admitted, locked] = await Promise.all([admit(tx, work), tx.lock(...flowIdsOf(work))]);
    const batch = new Batch(locked, wire, schemas);
    const outcomes = work.map((one, index) =>
      outcomeOf(batch, one, admitted.fresh[index] === true, admitted.existing[index] ?? null),
    );
    const replayed = work.flatMap(({ delivery }, index) =>
      delivery.from === 'replay' && isUsed(outcomes[index]) ? [delivery.replay] : [],
    );
    const records = batch.records();
    if (records.length > 1 && writtenBytes(records) > LIMITS.batchBytesOut.value)
      throw new TooMuchAtOnce(`${records.length} flows`);
    if (records.length > 0 || batch.audit.length > 0) await tx.record(records, given, batch.audit);
    if (batch.quarantine.length > 0 || batch.parked.length > 0 || replayed.length > 0)
      await tx.refuse(batch.quarantine, batch.parked, replayed);
    const parked = batch.parked.map((one) => ({
      ...one,
      headers: headersOf(one, locked, records),
    }));
    return { outcomes, records, outbox: rowsOf(records, batch.quarantine), parked };
  });
}

/** A flow that the same work has started was not there to be locked. */
function headersOf(
  { flowId }: ParkedFlow,
  { flows }: LockedFlows,
  records: readonly FlowRecord[],
): Flow['headers'] {
  const flow = flows.get(flowId) ?? records.find(({ after }) => after.flowId === flowId)?.after;
  return flow?.headers ?? {};
}

interface Admitted {
  /** By index of the work; work without a position is always fresh. */
  readonly fresh: readonly boolean[];
  readonly existing: readonly (ExistingStart | null)[];
}

async function admit(tx: RoadTransaction, work: readonly Work[]): Promise<Admitted> {
  const replays = work.flatMap(({ delivery }) =>
    delivery.from === 'replay' ? [delivery.replay.id] : [],
  );
  const positions = work.flatMap(({ delivery }) =>
    delivery.from === 'record' ? [delivery.position] : [],
  );
  const starts = work.flatMap(({ start }) => (start === null ? [] : [start]));
  if (positions.length + starts.length + replays.length === 0)
    return { fresh: work.map(() => true), existing: [] };
  const admitted = await tx.admit(positions, starts, replays);
  let position = 0;
  let start = 0;
  const fresh: boolean[] = [];
  const existing: (ExistingStart | null)[] = [];
  for (const one of work) {
    const { delivery } = one;
    if (delivery.from === 'record') fresh.push(admitted.fresh[position++] === true);
    else fresh.push(delivery.from !== 'replay' || admitted.open.has(delivery.replay.id));
    existing.push(one.start === null ? null : (admitted.existing.get(start++) ?? null));
  }
  return { fresh, existing };
}

/**
 * [flows to lock, those of them that get a TICK]. Includes flows of records seen before: which
 * records these are is not known yet.
 */
function flowIdsOf(work: readonly Work[]): [string[], string[]] {
  const locking = new Set<string>();
  const ticking = new Set<string>();
  for (const { delivery } of work) {
    const flowId =
      delivery.kind === 'input'
        ? delivery.input.flowId
        : 'poison' in delivery && delivery.poison.flowId;
    if (flowId) locking.add(flowId);
    if (delivery.from === 'timer') ticking.add(delivery.input.flowId);
  }
  return [[...locking].sort(), [...ticking]];
}

/**
 * The replay was recorded, so that its entry is settled; otherwise the entry stays in quarantine.
 */
function isUsed(outcome: DeliveryOutcome | undefined): boolean {
  return outcome?.kind === 'recorded' || outcome?.kind === 'echo';
}

function outcomeOf(
  batch: Batch,
  work: Work,
  fresh: boolean,
  existing: ExistingStart | null,
): DeliveryOutcome {
  const { delivery, start } = work;
  if (!fresh) return { kind: 'duplicate' };
  if (start !== null && existing !== null) return echoOf(batch, work, start, existing);
  if (work.startRefused !== null) return batch.poison(delivery, work.startRefused);
  if (start !== null) return batch.begin(delivery, start, work);
  switch (delivery.kind) {
    case 'input':
      return batch.apply(delivery, delivery.input);
    case 'poison':
      return batch.poison(delivery, delivery.poison);
    case 'registration':
      return { kind: 'admitted' };
    case 'start':
      throw new Error('a start was neither resolved nor refused');
  }
}

/**
 * A start whose key or flowId exists. The same key with another payload is a conflict; a record of
 * a topic then goes to quarantine.
 */
function echoOf(
  batch: Batch,
  { delivery }: Work,
  start: StartInput,
  existing: ExistingStart,
): DeliveryOutcome {
  const { flowId } = existing;
  const { payload } = existing;
  const same = payload !== undefined && samePayload(payload, start.payload);
  const sameOrchestration = existing.orchestrationName === start.orchestration.name;
  if (delivery.from === 'record' && start.idempotencyKey !== null && !same) {
    const message = `the idempotency key ${start.idempotencyKey} was used with another payload for flow ${flowId}`;
    batch.poison(delivery, {
      code: 'IDEMPOTENCY_KEY_CONFLICT',
      message,
      flowId: null,
      stepName: null,
      orchestration: start.orchestration,
    });
  } else if (same || flowId === start.flowId) batch.repeated(delivery, flowId);
  return { kind: 'echo', flowId, samePayload: same, sameOrchestration };
}
