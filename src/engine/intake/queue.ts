/** What waits for a transaction: in its order, callers bounded by number and bytes, a batch bounded by both. */
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

/** Nothing more is taken: the process stops. */
export class Stopped extends Fault {
  constructor() {
    super('STOPPING', 'this instance is stopping; try again');
  }
}

/**
 * Everything that changes a flow goes in here: records of topics, requests of callers, timers. The road takes it out.
 */
export class DeliveryQueue {
  private waiting: Waiting[] = [];
  /** Of callers only: records of topics wait in Kafka. */
  private callers = 0;
  private bytes = 0;

  private closed = false;
  private filled: () => void = () => undefined;

  constructor(private readonly bounds: QueueBounds) {}

  /** Called after each delivery that was put in. */
  whenFilled(take: () => void): void {
    this.filled = take;
  }

  /** Resolves with each one's outcome once it is committed. Rejects with a Fault: nothing of it was recorded, or it will be an echo. */
  async submit(deliveries: readonly Delivery[]): Promise<DeliveryOutcome[]> {
    if (this.closed) throw new Stopped();
    const outcomes = this.add(deliveries);
    this.filled();
    return Promise.all(outcomes);
  }

  /** Refuses what comes from now on; what is in stays. */
  close(): void {
    this.closed = true;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** Resolves with each one's outcome. Throws when there are too many of them. */
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

  /** The next ones that may share a transaction; one at least. */
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
