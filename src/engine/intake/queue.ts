/**
 * The deliveries that wait for a transaction, in their order. Those of callers, and each batch, are
 * bounded in number and bytes.
 */
import { LIMITS } from '../../limits/limits.js';
import { type Delivery, type DeliveryOutcome, Fault } from '../ports.js';
import { weightOf } from './weights.js';

export interface Waiting {
  readonly delivery: Delivery;
  readonly since: number;
  readonly bytes: number;
  readonly resolve: (outcome: DeliveryOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class Overloaded extends Fault {
  constructor(waiting: number) {
    super('OVERLOADED', `${waiting} requests are waiting already; try again in a moment`);
  }
}

export interface QueueBounds {
  /** Most deliveries of callers that wait; beyond it they are refused as overload. */
  readonly queueLimit: number;
  /** Most deliveries in one batch. */
  readonly batchSize: number;
}

/** Nothing more is accepted: the process stops. */
export class Stopped extends Fault {
  constructor() {
    super('STOPPING', 'this instance is stopping; try again');
  }
}

/**
 * Everything that changes a flow goes in here: records of topics, requests of callers, timers. The
 * road takes it out.
 */
export class DeliveryQueue {
  private waiting: Waiting[] = [];
  /** Number and bytes of callers' deliveries only: records of topics wait in Kafka. */
  private callers = 0;
  private bytes = 0;

  private closed = false;
  private filled: () => void = () => undefined;

  constructor(private readonly bounds: QueueBounds) {}

  /** Called after each delivery that was put in. */
  whenFilled(take: () => void): void {
    this.filled = take;
  }

  /**
   * Resolves with the outcome of each once it is committed. Rejects with a Fault: then nothing was
   * recorded, or a repeated start is answered with the flow that exists.
   */
  async submit(deliveries: readonly Delivery[]): Promise<DeliveryOutcome[]> {
    if (this.closed) throw new Stopped();
    const outcomes = this.add(deliveries);
    this.filled();
    return Promise.all(outcomes);
  }

  /** Refuses new deliveries from now on; those in the queue stay. */
  close(): void {
    this.closed = true;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** One promise for each outcome. Throws Overloaded when the queue is full. */
  private add(deliveries: readonly Delivery[]): Promise<DeliveryOutcome>[] {
    const callers = deliveries.filter(isCallers);
    const bytes = callers.reduce((sum, one) => sum + weightOf(one), 0);
    const full =
      this.callers >= this.bounds.queueLimit ||
      (this.bytes > 0 && this.bytes + bytes > LIMITS.queueBytes.value);
    if (callers.length > 0 && full) throw new Overloaded(this.callers);
    this.callers += callers.length;
    this.bytes += bytes;
    const since = performance.now();
    return deliveries.map(
      (delivery) =>
        new Promise<DeliveryOutcome>((resolve, reject) => {
          this.waiting.push({ delivery, since, bytes: weightOf(delivery), resolve, reject });
        }),
    );
  }

  /** Takes out the next deliveries that may share a transaction; at least one. */
  take(): Waiting[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(this.waiting.length, this.bounds.batchSize); count++) {
      bytes += this.waiting[count]?.bytes ?? 0;
      if (count > 0 && bytes > LIMITS.batchBytesIn.value) break;
    }
    const batch = this.waiting.splice(0, count);
    for (const { delivery, bytes } of batch) {
      if (!isCallers(delivery)) continue;
      this.callers--;
      this.bytes -= bytes;
    }
    return batch;
  }
}

function isCallers({ from }: Delivery): boolean {
  return from === 'caller' || from === 'replay';
}
