/**
 * One transaction of the road — admit, lock, advance, record, refuse. What follows after the commit
 * (publish, notify) is the caller's.
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
  type RegistrationRow,
  type RoadTransaction,
  type StartKey,
  type Store,
  TooMuchAtOnce,
  type Wire,
} from '../ports.js';
import { Batch, rowsOf } from './batch.js';
import { BegunStarts } from './begun-starts.js';
import { samePayload } from './payload-equality.js';
import { flowIdsOfStarts, resolveStarts, type StartsRead, startedNames } from './resolve-starts.js';
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
  /** One work for each delivery, in their order; absent = resolveStarts without checks. */
  readonly resolve?: (deliveries: readonly Delivery[], read: StartsRead) => readonly Work[];
}

export async function unitOfWork(
  { store, wire, schemas, resolve = resolveStarts }: Ports,
  deliveries: readonly Delivery[],
  given: boolean,
): Promise<Done> {
  return store.road(async (tx) => {
    const { flowIds, admitted, registrations, locked } = await read(tx, deliveries);
    const work = resolve(deliveries, { flowIds, registrations });
    const batch = new Batch(locked, wire, schemas);
    const outcomes = outcomesOf(batch, work, admitted);
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

/** Sent in one round trip; PostgreSQL runs them in this order. */
async function read(tx: RoadTransaction, deliveries: readonly Delivery[]) {
  const flowIds = flowIdsOfStarts(deliveries);
  const names = startedNames(deliveries);
  const [admitted, registrations, locked] = await Promise.all([
    admit(tx, deliveries, flowIds),
    names.length === 0 ? new Map<string, RegistrationRow>() : tx.registrations(names),
    tx.lock(...flowIdsOf(deliveries)),
  ]);
  return { flowIds, admitted, registrations, locked };
}

function outcomesOf(
  batch: Batch,
  work: readonly Work[],
  { fresh, existing }: Admitted,
): DeliveryOutcome[] {
  const begun = new BegunStarts();
  return work.map((one, index) => {
    const stored = existing[index] ?? null;
    const known = one.start === null ? null : begun.existing(one.start, stored);
    const outcome = outcomeOf(batch, one, fresh[index] === true, known);
    if (one.start !== null && outcome.kind === 'recorded') begun.add(one.start);
    return outcome;
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
  /** By index of the deliveries; what has no position is always fresh. */
  readonly fresh: readonly boolean[];
  readonly existing: readonly (ExistingStart | null)[];
}

async function admit(
  tx: RoadTransaction,
  deliveries: readonly Delivery[],
  flowIds: readonly (string | null)[],
): Promise<Admitted> {
  const replays = deliveries.flatMap((one) => (one.from === 'replay' ? [one.replay.id] : []));
  const positions = deliveries.flatMap((one) => (one.from === 'record' ? [one.position] : []));
  const starts = deliveries.flatMap((one, index) => startKeyOf(one, flowIds[index] ?? null));
  if (positions.length + starts.length + replays.length === 0)
    return { fresh: deliveries.map(() => true), existing: [] };
  const admitted = await tx.admit(positions, starts, replays);
  let position = 0;
  let start = 0;
  const fresh: boolean[] = [];
  const existing: (ExistingStart | null)[] = [];
  for (const one of deliveries) {
    if (one.from === 'record') fresh.push(admitted.fresh[position++] === true);
    else fresh.push(one.from !== 'replay' || admitted.open.has(one.replay.id));
    existing.push(one.kind === 'start' ? (admitted.existing.get(start++) ?? null) : null);
  }
  return { fresh, existing };
}

/** [] = it is no start. */
function startKeyOf(delivery: Delivery, flowId: string | null): StartKey[] {
  if (delivery.kind !== 'start' || flowId === null) return [];
  const { orchestrationName: name, idempotencyKey, payload } = delivery.start;
  return [{ flowId, orchestration: { name }, idempotencyKey, payload }];
}

/**
 * [flows to lock, those of them that get a TICK]. Includes flows of records seen before: which
 * records these are is not known yet.
 */
function flowIdsOf(deliveries: readonly Delivery[]): [string[], string[]] {
  const locking = new Set<string>();
  const ticking = new Set<string>();
  for (const delivery of deliveries) {
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
