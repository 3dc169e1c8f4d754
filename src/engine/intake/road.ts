/**
 * Runs the units of work one after another: deliveries that arrive while a transaction runs share
 * the next one (group commit). After a fault it waits and tries again; a batch that cannot be
 * recorded, or that causes the faults itself (suspicion.ts), is halved until the delivery that
 * causes it is alone.
 */
import type { Log } from '../../observability/log.js';
import { type Backoff, backoff, pause } from '../../timing/pause.js';
import {
  type Delivery,
  Fault,
  type FlowRecord,
  type OutboxRow,
  type RecordDelivery,
  type RecordPosition,
} from '../ports.js';
import type { SlowTransactions } from '../slow-transactions.js';
import { type DeliveryQueue, Stopped, type Waiting } from './queue.js';
import { afterFault, probe, SPLIT, type Suspicion, UNSUSPECTED, verdictOn } from './suspicion.js';
import { type Done, type Ports, unitOfWork } from './unit-of-work.js';

/** Called after every commit, in order. `given`: these rows are ours to publish now. */
export type AfterCommit = (
  records: readonly FlowRecord[],
  outbox: readonly OutboxRow[],
  given: boolean,
  deliveries: readonly Delivery[],
) => void;

export interface RoadOptions extends Ports {
  readonly queue: DeliveryQueue;
  readonly log: Log;
  /** Whether the publisher's memory is free for more; when not, rows are left to the relay. */
  readonly mayGive: () => boolean;
  readonly afterCommit: AfterCommit;
  /** Runs a transaction, and counts its time. */
  readonly timed: SlowTransactions['timed'];
  /**
   * Called when the store answers again after a fault: the answer to a commit may have been lost,
   * and no subscriber was notified of it.
   */
  readonly recovered: () => void;
  /**
   * How long a caller's delivery waits for a fault to pass, ms. Records of topics wait as long as
   * it takes.
   */
  readonly patienceMs: number;
  /** Waits between tries; absent = 50 ms up to 2 s. */
  readonly pauses?: Backoff;
}

/** The store answers, but not with this work: it would fail for ever. */
export class CannotRecord extends Error {
  readonly code = 'CANNOT_RECORD';
  constructor(cause: Error) {
    super(`this cannot be recorded (${cause.message}); send a smaller payload`, { cause });
  }
}

const PAUSES = { firstMs: 50, longestMs: 2000 };

export class Road {
  private readonly queue: DeliveryQueue;
  private lane: Promise<void> | null = null;
  private readonly stopping = new AbortController();
  /**
   * Stopped during a fault: later deliveries are refused, because they must not be recorded before
   * those that were given up.
   */
  private gaveWay = false;
  /** How often a transaction met a fault. */
  faults = 0;
  /** Since when the store has not answered, ms; null = it does. */
  faultSince: number | null = null;

  constructor(private readonly options: RoadOptions) {
    this.queue = options.queue;
    this.queue.whenFilled(() => {
      this.lane ??= this.run();
    });
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Finishes the deliveries that are in the queue, and refuses new ones. */
  async stop(): Promise<void> {
    this.queue.close();
    this.stopping.abort();
    await this.lane;
  }

  private async run(): Promise<void> {
    // One turn of the event loop later, so that deliveries of the same turn share the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) await this.commit(this.queue.take(), UNSUSPECTED);
    this.lane = null;
  }

  /** Never throws: each delivery of the batch is resolved or rejected. */
  private async commit(batch: readonly Waiting[], suspicion: Suspicion): Promise<void> {
    if (this.gaveWay) {
      for (const waiting of batch) waiting.reject(new Stopped());
      return;
    }
    try {
      const deliveries = batch.map(({ delivery }) => delivery);
      const given = this.options.mayGive();
      const { outcomes, records, outbox, parked } = await this.options.timed(() =>
        unitOfWork(this.options, deliveries, given),
      );
      this.recovered();
      for (const flow of parked) logParked(this.options, flow);
      this.options.afterCommit(records, outbox, given, deliveries);
      batch.forEach((waiting, index) => {
        waiting.resolve(outcomes[index] ?? { kind: 'duplicate' });
      });
    } catch (error) {
      if (error instanceof Fault) await this.waitOut(batch, suspicion, error);
      else await this.takeApart(batch, error, UNSUSPECTED);
    }
  }

  private recovered(): void {
    if (this.faultSince === null) return;
    this.options.log.info(
      { forMs: Math.round(performance.now() - this.faultSince) },
      'the store answers again; work goes on',
    );
    this.faultSince = null;
    this.options.recovered();
  }

  private async waitOut(
    batch: readonly Waiting[],
    suspicion: Suspicion,
    fault: Fault,
  ): Promise<void> {
    this.faultSince ??= performance.now();
    this.faults++;
    let patient = batch;
    let answers = false;
    const { signal } = this.stopping;
    for (let pauses = suspicion.faults; !answers && !signal.aborted; pauses++) {
      const nextTryMs = backoff(pauses, this.options.pauses ?? PAUSES);
      this.options.log.warn(
        { err: fault, batch: patient.length, nextTryMs },
        'could not record; nothing is lost, trying again',
      );
      patient = patient.filter((waiting) => !this.gaveUp(waiting, fault));
      if (patient.length === 0) return;
      await pause(nextTryMs, signal);
      answers = await this.options.store.ping().then(
        () => true,
        () => false,
      );
    }
    if (signal.aborted) this.gaveWay = true;
    await this.again(patient, afterFault(suspicion, fault), fault);
  }

  /** The store answers again: the batch is tried once more, unless it causes the faults itself. */
  private async again(
    batch: readonly Waiting[],
    suspicion: Suspicion,
    fault: Fault,
  ): Promise<void> {
    const deliveries = batch.map(({ delivery }) => delivery);
    const verdict = this.gaveWay ? 'again' : verdictOn(deliveries, suspicion, fault);
    if (verdict === 'split') await this.takeApart(batch, fault, SPLIT);
    else if (verdict === 'refuse')
      await this.takeApart(batch, new CannotRecord(fault), UNSUSPECTED);
    else await this.commit(batch, await probe(suspicion, deliveries, this.options.store));
  }

  /**
   * Deliveries of callers and timers are given up after `patienceMs`; records of topics wait on,
   * because their offsets are not committed.
   */
  private gaveUp(waiting: Waiting, fault: Fault): boolean {
    const waits = performance.now() - waiting.since < this.options.patienceMs;
    if (waits || waiting.delivery.from === 'record') return false;
    const { message, reason } = fault;
    waiting.reject(new Fault('UNAVAILABLE', message, { cause: fault, reason }));
    return true;
  }

  /**
   * Something in this batch cannot be recorded, or the batch is too large: halves it until that
   * delivery is alone.
   */
  private async takeApart(
    batch: readonly Waiting[],
    error: unknown,
    suspicion: Suspicion,
  ): Promise<void> {
    const [only, ...others] = batch;
    if (only === undefined) return;
    if (others.length > 0) {
      const half = Math.ceil(batch.length / 2);
      await this.commit(batch.slice(0, half), suspicion);
      await this.commit(batch.slice(half), suspicion);
      return;
    }
    const { delivery } = only;
    logUnrecordable(this.options, delivery, error);
    const asPoison = delivery.from === 'record' ? unrecordable(delivery, error) : null;
    if (asPoison === null) only.reject(error);
    else await this.commit([{ ...only, delivery: asPoison }], UNSUSPECTED);
  }
}

function logParked({ log, wire }: RoadOptions, flow: Done['parked'][number]): void {
  const { flowId, reason, headers } = flow;
  const { traceId } = wire.flowTrace(flowId, headers);
  log.about({ flowId, traceId }).error({ reason }, 'a flow broke a law of the saga and is parked');
}

function logUnrecordable({ log, wire }: RoadOptions, delivery: Delivery, error: unknown): void {
  const raw = 'raw' in delivery ? delivery.raw : null;
  const position = delivery.from === 'record' ? placeOf(delivery.position) : null;
  log
    .about(wire.flowOfRecord(delivery, raw))
    .error(
      { err: error, position },
      'one delivery cannot be recorded; others are not held up by it',
    );
}

const placeOf = ({ topic, partition, offset }: RecordPosition): string =>
  `${topic}/${partition}@${offset}`;

const UNRECORDABLE = 'UNRECORDABLE';

/** The same record as a quarantine entry only; null: it is one already. */
function unrecordable(delivery: RecordDelivery, error: unknown): RecordDelivery | null {
  const known = 'poison' in delivery ? delivery.poison : undefined;
  if (known?.code === UNRECORDABLE) return null;
  const message = `could not be recorded: ${error instanceof Error ? error.message : String(error)}`;
  const refusedStart = delivery.kind === 'start' ? delivery.start : known?.refusedStart;
  const poison = { code: UNRECORDABLE, message, flowId: null, stepName: null, refusedStart };
  const { position, raw } = delivery;
  return { from: 'record', position, raw, kind: 'poison', poison };
}
