/**
 * Consumes the intake topics for the engine. The position of each partition comes from the inbox,
 * never from the group (docs/architecture.md): nothing is fetched before all partitions of an
 * assignment are placed, at their position. The group's offsets are for lag monitors only.
 */
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import type { BrokerHealth, Intake as Feed, InboxSource } from '../engine/ports.js';
import { backoff, pause } from '../timing/pause.js';
import { Batches } from './batches.js';
import { type KafkaOptions, newAdmin, newConsumer } from './connection.js';
import { DatabaseWatch } from './database-watch.js';
import { deliveriesOf } from './deliveries.js';
import { onFailedFetch } from './failed-fetches.js';
import { within } from './failures.js';
import { GroupOwner, StaysOut } from './group-owner.js';
import { GroupReader } from './group-reader.js';
import { type Assignment, groupSettings, Member } from './member.js';
import { isAnother, isBefore, keyOf, type Place, Places } from './places.js';
import { commitOffsets, lagOf, newShare, noteLag, type Share } from './share.js';
import type { TopicsAdmin } from './topics-admin.js';

const HEARTBEAT_MS = 1000;
const COMMIT_EVERY_MS = 5000;
const PAUSES = { firstMs: 50, longestMs: 2000 };
/** How often the members of the group are checked. */
const GROUP_LOOK_MS = 15_000;
/** How long stopping waits for batches under way: they may wait for a database that is away. */
const STOP_WITHIN_MS = 10_000;

export class Intake {
  private member: Member | null = null;
  private share: Share | null = null;
  private committing: NodeJS.Timeout | null = null;
  private stopped = false;
  private readonly batches = new Batches();
  private readonly database: DatabaseWatch;
  private readonly groups: GroupReader;
  private readonly owner: GroupOwner;

  constructor(
    private readonly topics: TopicsAdmin,
    private readonly options: KafkaOptions,
  ) {
    this.database = new DatabaseWatch(options, (error) => this.member?.leaveFor(error));
    this.groups = new GroupReader(() => newAdmin(options), options.brokers);
    const owned = { ...options, databaseId: this.database.databaseId };
    this.owner = new GroupOwner((groupId) => this.groups.describe(groupId), owned);
  }

  /** Resolves when all partitions are placed; keeps trying while the brokers are away. */
  async start(feed: Feed, inbox: InboxSource): Promise<void> {
    const { ownTopics, intakeTopics, groupId, log } = this.options;
    const places = new Places(this.topics, inbox, log);
    this.member = new Member({
      topics: intakeTopics,
      log,
      prepare: async () => {
        await this.topics.ensure([...ownTopics, ...intakeTopics]);
        await this.owner.mayJoin();
      },
      newConsumer: () => {
        const settings = { ...groupSettings(groupId), ...this.owner.settings() };
        return this.watched(this.batches.of(newConsumer(this.options, settings)), places);
      },
      reading: (consumer) => this.reading(consumer, places, feed),
      assigned: (consumer, assignment) => this.place(consumer, assignment, places),
      left: (consumer) => {
        // Its positions are not looked for any more: the next consumer waits for the same client.
        if (this.share?.consumer === consumer) this.share = null;
        this.batches.give(consumer);
      },
      mayStay: () => this.owner.mayStay(),
      lookEveryMs: this.options.groupLookMs ?? GROUP_LOOK_MS,
    });
    if (this.stopped) return;
    this.committing = setInterval(() => commitOffsets(this.share, log), COMMIT_EVERY_MS);
    this.database.start();
    await this.member.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.database.stop();
    if (this.committing !== null) clearInterval(this.committing);
    const { member } = this;
    this.member = null;
    if (member === null) return;
    await within(STOP_WITHIN_MS, 'what is under way', this.batches.settled()).catch(
      (error: unknown) => {
        this.options.log.warn(
          { err: error },
          'stopping although not everything is recorded; the next consumer reads it again',
        );
      },
    );
    await commitOffsets(this.share, this.options.log);
    await member.stop();
    await this.groups.close();
    this.share = null;
  }

  health(): BrokerHealth {
    if (this.stopped) return { ready: false, detail: 'stopped' };
    const detail = this.member === null ? 'not started' : this.member.detail;
    if (detail === null && this.share?.placed === true)
      return {
        ready: true,
        detail: `Kafka, group ${this.options.groupId} joined`,
        lag: lagOf(this.share),
      };
    return {
      ready: false,
      detail: `Kafka at ${this.options.brokers.join(', ')}: ${detail ?? 'partitions are being taken over'}`,
    };
  }

  /**
   * A failed fetch may mean that a topic was deleted. If it was created again and is longer by
   * then, the client would silently continue in the middle of it (it does not use topic ids). So
   * after a failed fetch all partitions are placed again.
   */
  private watched(consumer: Consumer, places: Places): Consumer {
    onFailedFetch(consumer, () => {
      if (this.share?.consumer !== consumer) return;
      this.place(consumer, this.share.assignment, places).catch((error: unknown) => {
        this.options.log.debug(
          { err: error },
          'the consumer ended before its partitions were placed again',
        );
      });
    });
    return consumer;
  }

  private reading(consumer: Consumer, places: Places, feed: Feed): ConsumerRunConfig {
    return {
      // autoCommit would commit after *every* batch and seek, whatever the interval.
      autoCommit: false,
      eachBatchAutoResolve: false,
      // All partitions of a fetch share a transaction; the next fetch waits for all of them.
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.batches.during(consumer, this.batch(payload, places, feed)),
    };
  }

  /**
   * Pauses the partitions until all of them are at their positions. After a fault it tries again,
   * until the assignment is lost.
   */
  private async place(consumer: Consumer, assignment: Assignment, places: Places): Promise<void> {
    const share = newShare(consumer, assignment);
    this.share = share;
    const all = Object.entries(assignment).map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions],
    }));
    // Before the first await: afterwards the client fetches from the group's offsets.
    consumer.pause(all);
    for (let failures = 0; this.share === share && !this.stopped; failures++) {
      try {
        // Throws when the group belongs to another database, before anything is fetched.
        await this.owner.mayStay();
        const found = await places.of(assignment);
        if (this.share !== share) return;
        for (const place of found) this.seek(share, place);
        consumer.resume(all);
        share.placed = true;
        this.options.log.info(
          { partitions: found.length },
          'partitions taken over at the positions of the inbox',
        );
        return;
      } catch (error) {
        if (error instanceof StaysOut) throw error;
        // Expected for a moment after a topic was created: not all brokers know its leaders yet.
        if (failures > 3)
          this.options.log.warn({ err: error }, 'the positions are not known yet; trying again');
        await pause(backoff(failures, PAUSES));
      }
    }
  }

  private seek({ consumer, places }: Share, place: Place): void {
    const { topic, partition, from } = place;
    places.set(keyOf(topic, partition), place);
    consumer.seek({ topic, partition, offset: String(from) });
  }

  private async batch(payload: EachBatchPayload, places: Places, feed: Feed): Promise<void> {
    const { share } = this;
    const { topic, partition, messages } = payload.batch;
    const beating = setInterval(() => {
      // It has left its group, although this batch still waits.
      if (this.share?.consumer !== share?.consumer) return;
      // Errors (mostly a rebalance) occur again with the client's own heartbeat after this batch.
      payload.heartbeat().catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      const place = share?.places.get(keyOf(topic, partition));
      // It was fetched before the partition was placed, or before a later seek.
      if (share === null || place === undefined || this.stopped || payload.isStale()) return;
      if (isAnother(place, messages)) {
        this.seek(share, await places.anew(topic, partition));
        return;
      }
      if (isBefore(place, messages)) {
        // An offset out of range: the client started at the beginning by itself, because the topic
        // was created again, or records were deleted.
        for (const again of await places.of({ [topic]: [partition] })) this.seek(share, again);
        return;
      }
      noteLag(share, payload.batch, 'before');
      await this.deliver(payload, place, feed);
      noteLag(share, payload.batch, 'after');
      this.moveOn(share, place, payload);
    } finally {
      clearInterval(beating);
    }
  }

  private async deliver(
    { batch: { topic, partition, messages } }: EachBatchPayload,
    place: Place,
    feed: Feed,
  ): Promise<void> {
    const fresh = messages.filter(({ offset }) => BigInt(offset) >= place.next);
    const deliveries = deliveriesOf(topic, partition, fresh, this.options);
    if (deliveries.length > 0) await this.database.answers(feed(deliveries));
  }

  private moveOn(
    share: Share,
    place: Place,
    { batch, resolveOffset, isStale }: EachBatchPayload,
  ): void {
    const last = batch.messages.at(-1);
    // After a rebalance the position belongs to another member: the client would throw here.
    if (last === undefined || this.share !== share || isStale()) return;
    resolveOffset(last.offset);
    share.moved = true;
    const next = BigInt(last.offset) + 1n;
    share.places.set(keyOf(place.topic, place.partition), {
      ...place,
      from: next,
      next: next > place.next ? next : place.next,
      last: null,
    });
  }
}
