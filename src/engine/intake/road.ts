/**
 * The lane in front of the unit of work: everything that changes a flow waits here, and whatever has gathered while a transaction ran
 * shares the next one (group commit). A fault is waited out; work that can not be recorded is taken apart until it stands alone.
 */
import type { Log } from '../../observability/log.js';
import {
  type Delivery,
  type DeliveryOutcome,
  Fault,
  type FlowRecord,
  type OutboxRow,
  type Store,
  type Wire,
} from '../ports.js';
import { unitOfWork, type Work } from './unit-of-work.js';

/** Called after every commit, in order. `given`: these rows are ours to publish now. */
export type AfterCommit = (
  records: readonly FlowRecord[],
  outbox: readonly OutboxRow[],
  given: boolean,
) => void;

export interface RoadOptions {
  readonly store: Store;
  readonly wire: Wire;
  readonly log: Log;
  /** Looks up the orchestrations of starts; one call per batch. */
  readonly resolve: (deliveries: readonly Delivery[]) => Promise<readonly Work[]>;
  /** Whether the publisher's memory has room; when not, rows are left to the relay. */
  readonly mayGive: () => boolean;
  readonly afterCommit: AfterCommit;
  /** Called once the store answers after a fault: a commit whose answer was lost has told nobody what it did. */
  readonly recovered: () => void;
  /** Most deliveries in one transaction. */
  readonly batchSize: number;
  /** Most deliveries of callers that wait here; beyond it they are refused as overload. */
  readonly queueLimit: number;
  /** How long a caller's delivery waits for a fault to pass, ms. Records of topics wait as long as it takes. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly delivery: Delivery;
  readonly since: number;
  readonly resolve: (outcome: DeliveryOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** The road takes no more: the process stops. */
export class Stopped extends Fault {
  constructor() {
    super('STOPPING', 'this instance is stopping; try again');
  }
}

export class Overloaded extends Fault {
  constructor(waiting: number) {
    super('OVERLOADED', `${waiting} requests are waiting already; try again in a moment`);
  }
}

const LONGEST_PAUSE_MS = 2000;

export class Road {
  private queue: Waiting[] = [];
  private lane: Promise<void> | null = null;
  private stopping = false;
  /** Deliveries of callers in the queue: only those are bounded, records of topics wait in Kafka. */
  private callers = 0;
  private wake: (() => void) | null = null;
  /** Stopped in the middle: what comes behind may not be recorded before what was given up. */
  private gaveWay = false;
  /** How often a transaction met a fault. */
  faults = 0;
  /** Since when the store has not answered, ms; null = it does. */
  faultSince: number | null = null;

  constructor(private readonly options: RoadOptions) {}

  /** Resolves with each one's outcome once it is committed. Rejects with a Fault: nothing of it was recorded, or it will be an echo. */
  submit(deliveries: readonly Delivery[]): Promise<DeliveryOutcome[]> {
    if (this.stopping) return Promise.reject(new Stopped());
    const callers = deliveries.filter(isCallers).length;
    if (callers > 0 && this.callers >= this.options.queueLimit)
      return Promise.reject(new Overloaded(this.callers));
    this.callers += callers;
    const since = performance.now();
    const outcomes = deliveries.map(
      (delivery) =>
        new Promise<DeliveryOutcome>((resolve, reject) => {
          this.queue.push({ delivery, since, resolve, reject });
        }),
    );
    this.lane ??= this.run();
    return Promise.all(outcomes);
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Lets what is in the lane finish, refuses the rest. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.lane;
  }

  private async run(): Promise<void> {
    // A turn of the event loop: what arrives in the same tick shares the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, this.options.batchSize);
      this.callers -= batch.filter(({ delivery }) => isCallers(delivery)).length;
      await this.commit(batch, 0);
    }
    this.lane = null;
  }

  /** Never throws: every one in the batch is answered, or was put back by a pause that ended with the process. */
  private async commit(batch: readonly Waiting[], failures: number): Promise<void> {
    if (this.gaveWay) {
      for (const waiting of batch) waiting.reject(new Stopped());
      return;
    }
    try {
      const work = await this.options.resolve(batch.map(({ delivery }) => delivery));
      const given = this.options.mayGive();
      const { outcomes, records, outbox } = await unitOfWork(
        this.options.store,
        this.options.wire,
        work,
        given,
      );
      this.recovered();
      this.options.afterCommit(records, outbox, given);
      batch.forEach((waiting, index) => {
        waiting.resolve(outcomes[index] ?? { kind: 'duplicate' });
      });
    } catch (error) {
      if (error instanceof Fault) await this.waitOut(batch, failures, error);
      else await this.takeApart(batch, error);
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

  private async waitOut(batch: readonly Waiting[], failures: number, fault: Fault): Promise<void> {
    this.faultSince ??= performance.now();
    this.faults++;
    const pause = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** failures);
    this.options.log.warn(
      { err: fault, batch: batch.length, nextTryMs: pause },
      'could not record; nothing is lost, trying again',
    );
    const patient = batch.filter((waiting) => !this.gaveUp(waiting, fault));
    if (patient.length === 0) return;
    await this.pause(pause);
    if (this.stopping) this.gaveWay = true;
    await this.commit(patient, failures + 1);
  }

  /** Callers and timers do not wait for ever; a record of a topic does: its offset is not committed. */
  private gaveUp(waiting: Waiting, fault: Fault): boolean {
    if (
      waiting.delivery.position !== null ||
      performance.now() - waiting.since < this.options.patienceMs
    )
      return false;
    waiting.reject(fault);
    return true;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopping) this.wake();
    });
  }

  /** Something in this batch can not be recorded: halve it until the culprit stands alone. */
  private async takeApart(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [only, ...others] = batch;
    if (only === undefined) return;
    if (others.length > 0) {
      const half = Math.ceil(batch.length / 2);
      await this.commit(batch.slice(0, half), 0);
      await this.commit(batch.slice(half), 0);
      return;
    }
    this.options.log.error(
      { err: error, position: only.delivery.position },
      'one delivery can not be recorded; its neighbours can',
    );
    if (only.delivery.position === null || only.delivery.poison?.code === UNRECORDABLE)
      only.reject(error);
    else await this.commit([{ ...only, delivery: unrecordable(only.delivery, error) }], 0);
  }
}

function isCallers({ position, input }: Delivery): boolean {
  return position === null && input?.type !== 'TICK' && input?.type !== 'UNPUBLISHABLE';
}

const UNRECORDABLE = 'UNRECORDABLE';

/** The same record as nothing but a quarantine entry. */
function unrecordable(delivery: Delivery, error: unknown): Delivery {
  const message = `could not be recorded: ${error instanceof Error ? error.message : String(error)}`;
  const poison = { code: UNRECORDABLE, message, flowId: null, stepName: null };
  return { ...delivery, input: null, start: null, registration: null, poison };
}
