/** A seat in a consumer group, taken again for as long as it is wanted: whatever ends a consumer, a new one follows. */
import type { Consumer, ConsumerConfig, ConsumerRunConfig } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { within, wordsOf } from './failures.js';
import { StaysOut } from './group-owner.js';

const LONGEST_PAUSE_MS = 5000;
const LEAVE_WITHIN_MS = 5000;

export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface Seat {
  readonly topics: readonly string[];
  readonly log: Log;
  /** Done before each attempt to join. */
  prepare(): Promise<void>;
  /** A new one, on a connection of its own, each time. */
  newConsumer(): Consumer;
  reading(consumer: Consumer): ConsumerRunConfig;
  /** At each assignment, before anything of it is fetched; what must wait for the promise is paused synchronously. Rejects: a new consumer follows. */
  joined(consumer: Consumer, assignment: Assignment): Promise<void>;
  /** Done every `lookEveryMs` while it is a member. Rejects: it leaves, and starts again. */
  mayStay?(): Promise<void>;
  readonly lookEveryMs?: number;
}

/** A member that dies is missed after six seconds, the least that clusters allow by default. */
export function groupSettings(groupId: string): ConsumerConfig {
  return {
    groupId,
    allowAutoTopicCreation: false,
    // Partitions that were added to a topic are seen, and shared out, within this time.
    metadataMaxAge: 15_000,
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
    rebalanceTimeout: 15_000,
    // Answered at once when something is there; idle brokers are asked four times a second.
    minBytes: 1,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 1_048_576,
    // A consumer that the client restarts keeps what broke it: ours is a new one.
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2000,
      retries: 5,
      restartOnFailure: async () => false,
    },
  };
}

export class Member {
  private consumer: Consumer | null = null;
  private looking: NodeJS.Timeout | null = null;
  private stopped = false;
  private wake: () => void = () => undefined;
  private giveUp: () => void = () => undefined;
  /** Null = seated and reading. */
  detail: string | null = 'not started';

  constructor(private readonly seat: Seat) {}

  /** Resolves once seated, or stopped; keeps trying while the brokers are away. */
  async start(): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        await this.seat.prepare();
        if (!this.stopped) await this.join();
        return;
      } catch (error) {
        if (this.stopped) return;
        const nextTryMs = Math.min(LONGEST_PAUSE_MS, 200 * 2 ** failures);
        this.detail = wordsOf(error);
        if (!(error instanceof StaysOut))
          this.seat.log.warn(
            { err: error, failures: failures + 1, nextTryMs },
            'Kafka is not ready; trying again',
          );
        await this.leave();
        await this.pause(nextTryMs);
      }
    }
  }

  /** Leaves the group; a connection that hangs is waited for a moment only. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.detail = 'stopped';
    this.wake();
    this.giveUp();
    await this.leave();
  }

  private async join(): Promise<void> {
    const consumer = this.seat.newConsumer();
    this.consumer = consumer;
    const seated = this.listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.seat.topics], fromBeginning: true });
    await consumer.run(this.seat.reading(consumer));
    await seated;
    this.lookNowAndThen(consumer);
  }

  private lookNowAndThen(consumer: Consumer): void {
    const { mayStay, lookEveryMs } = this.seat;
    if (mayStay === undefined || this.consumer !== consumer || this.stopped) return;
    this.looking = setInterval(() => {
      mayStay().catch((error: Error) => {
        if (this.consumer === consumer && !this.stopped) this.again(error);
      });
    }, lookEveryMs);
  }

  /** Resolves at the first assignment that could be taken over. */
  private listen(consumer: Consumer): Promise<void> {
    const seated = Promise.withResolvers<void>();
    seated.promise.catch(() => undefined);
    this.giveUp = seated.resolve;
    let reading = false;
    const lost = (error: Error): void => {
      if (this.consumer !== consumer || this.stopped) return;
      if (!reading) seated.reject(error);
      else this.again(error);
      reading = false;
    };
    consumer.on(consumer.events.CRASH, ({ payload }) => lost(payload.error));
    consumer.on(consumer.events.REBALANCING, () => {
      if (this.consumer === consumer) this.detail = 'the group shares out its partitions';
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.seat.joined(consumer, payload.memberAssignment).then(() => {
        if (this.consumer !== consumer || this.stopped) return;
        this.detail = null;
        reading = true;
        seated.resolve();
      }, lost);
    });
    return seated.promise;
  }

  private again(error: Error): void {
    if (error instanceof StaysOut) this.detail = error.message;
    else {
      this.detail = `the consumer stopped: ${wordsOf(error)}`;
      this.seat.log.warn({ err: error }, 'the Kafka consumer stopped; another one follows');
    }
    // Never rejects: it only ends when it is seated or stopped.
    this.leave().then(() => this.start());
  }

  private async leave(): Promise<void> {
    const { consumer } = this;
    if (this.looking !== null) clearInterval(this.looking);
    this.consumer = null;
    if (consumer === null) return;
    await within(LEAVE_WITHIN_MS, 'leaving the group', consumer.disconnect()).catch(
      (error: unknown) => {
        this.seat.log.debug({ err: error }, 'a Kafka consumer did not leave cleanly');
      },
    );
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopped) this.wake();
    });
  }
}
