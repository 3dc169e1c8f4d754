/**
 * Keeps one consumer in its group: when a consumer ends for any reason, a new one joins, until it
 * is stopped.
 */
import type { Consumer, ConsumerConfig, ConsumerRunConfig } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { backoff, pause } from '../timing/pause.js';
import { codeOf, isRefusal, messageOf, TimedOut, within } from './failures.js';
import { StaysOut } from './group-owner.js';

const PAUSES = { firstMs: 200, longestMs: 5000 };
const LEAVE_WITHIN_MS = 5000;
/** A rebalance takes as long as its slowest member, at most `rebalanceTimeout` for each try. */
const REBALANCE_WITHIN_MS = 60_000;
const IS_REBALANCING = 'the consumer group is rebalancing';
/**
 * Requests to the coordinator of the group. One that does not answer them (its machine is suspended
 * or cut off) has been replaced by then; the client would go on with it for five times as long.
 */
const TO_COORDINATOR: ReadonlySet<string> = new Set([
  'GroupCoordinator',
  'Heartbeat',
  'JoinGroup',
  'OffsetCommit',
  'SyncGroup',
]);

export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface Membership {
  readonly topics: readonly string[];
  readonly log: Log;
  /** Done before each attempt to join. */
  prepare(): Promise<void>;
  /** Makes a new consumer with a client of its own. */
  newConsumer(): Consumer;
  reading(consumer: Consumer): ConsumerRunConfig;
  /**
   * Called for each assignment, before anything is fetched. Partitions that must not be read until
   * it resolves are paused synchronously. When it rejects, a new consumer joins.
   */
  assigned(consumer: Consumer, assignment: Assignment): Promise<void>;
  /** Called before a consumer is replaced, or leaves. */
  left?(consumer: Consumer): void;
  /**
   * Called every `lookEveryMs` while it is a member. When it rejects, the consumer leaves, and
   * joins again.
   */
  mayStay?(): Promise<void>;
  readonly lookEveryMs?: number;
}

/** The group notices a dead member after six seconds, the least that brokers allow by default. */
export function groupSettings(groupId: string): ConsumerConfig {
  return {
    groupId,
    allowAutoTopicCreation: false,
    // New partitions of a topic are found, and assigned, within this time.
    metadataMaxAge: 15_000,
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
    rebalanceTimeout: 15_000,
    // The broker answers a fetch as soon as there is a record, else after a quarter of a second.
    minBytes: 1,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 1_048_576,
    // The client does not restart a consumer, because it keeps what made it fail; `Member` makes a
    // new one.
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
  private rebalancing: NodeJS.Timeout | null = null;
  private readonly stopping = new AbortController();
  /** Of the consumer that is used: ends waiting for it to join; loses it, and another follows. */
  private current = { giveUp: (): void => undefined, lose: (_error: Error): void => undefined };
  /** Why it is not reading; null = it has partitions and reads. */
  detail: string | null = 'not started';

  constructor(private readonly membership: Membership) {}

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Resolves when it has partitions, or is stopped; keeps trying while the brokers are away. */
  async start(): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        await this.membership.prepare();
        if (!this.stopped) await this.join();
        return;
      } catch (error) {
        if (this.stopped) return;
        const nextTryMs = backoff(failures, PAUSES);
        this.detail = messageOf(error);
        if (!(error instanceof StaysOut))
          this.membership.log.warn(
            { err: error, reason: this.detail, failures: failures + 1, nextTryMs },
            'Kafka is not ready; trying again',
          );
        await this.leave();
        await pause(nextTryMs, this.stopping.signal);
      }
    }
  }

  /** Leaves the group; waits for a hanging connection for some seconds at most. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.detail = 'stopped';
    this.current.giveUp();
    await this.leave();
  }

  /** Leaves, and joins again when `prepare` allows it. */
  leaveFor(error: Error): void {
    this.current.lose(error);
  }

  private async join(): Promise<void> {
    const consumer = this.membership.newConsumer();
    this.consumer = consumer;
    const joined = this.listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.membership.topics], fromBeginning: true });
    if (this.consumer === consumer) await consumer.run(this.membership.reading(consumer));
    // It was left while it connected or began to run: the client goes on then, and stays a member.
    if (this.consumer !== consumer) return this.disconnect(consumer);
    await joined;
    this.lookNowAndThen(consumer);
  }

  private lookNowAndThen(consumer: Consumer): void {
    const { mayStay, lookEveryMs } = this.membership;
    if (mayStay === undefined || this.consumer !== consumer || this.stopped) return;
    this.looking = setInterval(() => {
      mayStay().catch((error: Error) => {
        if (this.consumer === consumer && !this.stopped) this.again(error);
      });
    }, lookEveryMs);
  }

  /** Resolves at the first assignment that could be taken over. */
  private listen(consumer: Consumer): Promise<void> {
    const joined = Promise.withResolvers<void>();
    joined.promise.catch(() => undefined);
    let reading = false;
    const lost = (error: Error): void => {
      if (this.consumer !== consumer || this.stopped) return;
      if (!reading) joined.reject(error);
      else this.again(error);
      reading = false;
    };
    this.current = { giveUp: joined.resolve, lose: lost };
    consumer.on(consumer.events.CRASH, ({ payload }) => lost(payload.error));
    consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload: { apiName, broker } }) => {
      if (TO_COORDINATOR.has(apiName)) lost(new TimedOut(`${apiName}: ${broker} does not answer`));
    });
    consumer.on(consumer.events.REBALANCING, () => {
      if (this.consumer === consumer && !this.stopped) this.rebalances(lost);
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      if (this.consumer === consumer && reading) this.stays();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // One that was left meanwhile takes nothing over.
      if (this.consumer !== consumer || this.stopped) return;
      this.membership.assigned(consumer, payload.memberAssignment).then(() => {
        if (this.consumer !== consumer || this.stopped) return;
        reading = true;
        this.stays();
        joined.resolve();
      }, lost);
    });
    return joined.promise;
  }

  private rebalances(lost: (error: Error) => void): void {
    this.detail = IS_REBALANCING;
    this.rebalancing ??= setTimeout(
      () => lost(new TimedOut(`${IS_REBALANCING} for ${REBALANCE_WITHIN_MS / 1000} s`)),
      REBALANCE_WITHIN_MS,
    );
  }

  /**
   * It is a member, and reads. After a rebalance, mostly by joining again; but when the group has
   * moved to another coordinator, which is still loading it, the client gives up joining, and its
   * next heartbeat is accepted: nothing was rebalanced, and no assignment follows.
   */
  private stays(): void {
    this.detail = null;
    this.endRebalance();
  }

  private endRebalance(): void {
    if (this.rebalancing !== null) clearTimeout(this.rebalancing);
    this.rebalancing = null;
  }

  private again(error: Error): void {
    if (error instanceof StaysOut) this.detail = error.message;
    else {
      this.detail = `the consumer stopped: ${messageOf(error)}`;
      const reason = messageOf(error);
      this.membership.log.warn(
        { err: error, reason },
        'the Kafka consumer stopped; another one follows',
      );
    }
    // What the cluster refuses it would refuse again at once: meanwhile `detail` has the reason.
    const pauseMs = isRefusal(codeOf(error)) ? PAUSES.longestMs : 0;
    // Never rejects: it resolves when a consumer has joined, or after stop.
    this.leave(!(error instanceof TimedOut))
      .then(() => pause(pauseMs, this.stopping.signal))
      .then(() => this.start());
  }

  /** A coordinator that does not answer is not waited for. */
  private async leave(waits = true): Promise<void> {
    const { consumer } = this;
    if (this.looking !== null) clearInterval(this.looking);
    this.endRebalance();
    this.consumer = null;
    if (consumer === null) return;
    this.membership.left?.(consumer);
    const disconnected = this.disconnect(consumer);
    if (waits) await disconnected;
  }

  private async disconnect(consumer: Consumer): Promise<void> {
    await within(LEAVE_WITHIN_MS, 'leaving the group', consumer.disconnect()).catch(
      (error: unknown) => {
        this.membership.log.debug({ err: error }, 'a Kafka consumer did not leave cleanly');
      },
    );
  }
}
