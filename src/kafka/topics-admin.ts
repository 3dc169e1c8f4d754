/** Creates missing topics, waits for their leaders, and raises message limits if too small. */

import type { Admin, GroupDescription } from 'kafkajs';
import { Fault } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { codeOf, isRefusal, isUnknownTopic, messageOf, within } from './failures.js';
import { haveLeaders, untilLed } from './leaders.js';
import { raiseMessageLimit } from './message-limit.js';

export interface TopicSettings {
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  readonly log: Log;
}

/**
 * How long one turn may take. The client can lose a request for ever, for example when its broker
 * hands over what it leads; all later turns wait for this one, and the consumer for its positions.
 */
const TURN_MS = 30_000;
/** Creating topics, and waiting for their leaders. */
const CREATING_MS = 90_000;

/** The cluster refuses to create these topics every time; the message has its reason. */
class TopicsRefused extends Error {}

export class TopicsAdmin {
  private open: { readonly admin: Admin; readonly connected: Promise<void> } | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  /** Topics whose message limit was checked; once per process. */
  private readonly checked = new Set<string>();

  constructor(
    private readonly newAdmin: () => Admin,
    private readonly settings: TopicSettings,
  ) {}

  /** A Fault when the brokers are away, another error when the cluster refuses the topics. */
  async ensure(names: readonly string[]): Promise<void> {
    const wanted = [...new Set(names)];
    if (wanted.length === 0) return;
    // Mostly they are there: only creating them may take long.
    const isDone = await this.inTurn(async (admin) => {
      if (!(await haveLeaders(admin, wanted))) return false;
      await this.raise(admin, wanted);
      return true;
    });
    if (isDone) return;
    await this.inTurn(async (admin) => {
      await this.create(admin, wanted);
      await untilLed(admin, wanted);
      await this.raise(admin, wanted);
      this.forget();
    }, CREATING_MS);
  }

  /** After a message was too large for this topic: whether the limit was raised. */
  async raiseLimit(name: string): Promise<boolean> {
    if (this.checked.has(name)) return false;
    return this.inTurn((admin) => this.raise(admin, [name])).then((raised) => raised.length > 0);
  }

  private async raise(admin: Admin, names: readonly string[]): Promise<readonly string[]> {
    const fresh = names.filter((name) => !this.checked.has(name));
    if (fresh.length === 0) return [];
    try {
      const raised = await raiseMessageLimit(admin, fresh, this.settings);
      for (const name of fresh) this.checked.add(name);
      return raised;
    } catch (error) {
      const why = messageOf(error);
      this.settings.log.warn({ why }, 'max.message.bytes of the topics could not be read');
      return [];
    }
  }

  /** Whether the topic exists. Throws a Fault when the cluster does not answer. */
  exists(name: string): Promise<boolean> {
    return this.inTurn((admin) =>
      admin.fetchTopicMetadata({ topics: [name] }).then(
        () => true,
        (error: unknown) => {
          if (isUnknownTopic(codeOf(error))) return false;
          throw error;
        },
      ),
    );
  }

  /** The description of a consumer group by its coordinator. */
  async group(groupId: string): Promise<GroupDescription> {
    return this.inTurn(async (admin) => {
      const [group] = (await admin.describeGroups([groupId])).groups;
      if (group === undefined) throw new Error(`no description of the group ${groupId}`);
      return group;
    });
  }

  /** Per partition: `low`, the earliest offset, and `high`, the next one. */
  async bounds(
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly low: bigint; readonly high: bigint }>> {
    const offsets = await this.inTurn((admin) =>
      admin.fetchTopicOffsets(topic).finally(() => this.forget()),
    );
    return new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { low: BigInt(low), high: BigInt(high) },
      ]),
    );
  }

  async close(): Promise<void> {
    await this.turn;
    await this.open?.admin.disconnect();
    this.open = null;
  }

  /** All at once. TOPIC_ALREADY_EXISTS also means: another instance creates them now. */
  private async create(admin: Admin, names: readonly string[]): Promise<void> {
    const { partitions, replicationFactor, maxMessageBytes, log } = this.settings;
    const configEntries = [{ name: 'max.message.bytes', value: String(maxMessageBytes) }];
    const topics = names.map((topic) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries,
    }));
    try {
      const made = await admin.createTopics({ topics, waitForLeaders: false });
      if (made) log.info({ topics: names, partitions, replicationFactor }, 'topics made');
    } catch (error) {
      const wrong = failuresOf(error).filter(({ code }) => code !== 'TOPIC_ALREADY_EXISTS');
      const refused = wrong.filter(({ code }) => isRefusal(code));
      if (refused.length > 0) {
        const reasons = refused
          .map(({ topic, code, message }) => `${topic}: ${code} (${message})`)
          .join('; ');
        const wanted = `${partitions} partitions, replication ${replicationFactor}, max.message.bytes ${maxMessageBytes}`;
        throw new TopicsRefused(
          `Kafka refuses to create these topics (with ${wanted}): ${reasons}`,
          {
            cause: error,
          },
        );
      }
      if (wrong.length > 0) throw error;
    }
  }

  /** One request after the other: on one connection the client mixes up concurrent answers. */
  private inTurn<T>(work: (admin: Admin) => Promise<T>, withinMs = TURN_MS): Promise<T> {
    const answer = this.turn.then(() => this.run(work, withinMs));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private async run<T>(work: (admin: Admin) => Promise<T>, withinMs: number): Promise<T> {
    try {
      if (this.open === null) {
        const admin = this.newAdmin();
        this.open = { admin, connected: admin.connect() };
      }
      const { admin, connected } = this.open;
      return await within(
        withinMs,
        'Kafka',
        connected.then(() => work(admin)),
      );
    } catch (error) {
      if (error instanceof TopicsRefused) throw error;
      this.forget();
      if (error instanceof Fault) throw error;
      const message = `Kafka at ${this.settings.brokers.join(', ')} cannot do this now: ${messageOf(error)}`;
      throw new Fault('BROKER_UNAVAILABLE', message, { cause: error });
    }
  }

  /**
   * Drops the connection. A client that has failed once may fail for ever; and one that has fetched
   * offsets includes that topic in all later requests, which fail when the topic is deleted.
   */
  private forget(): void {
    this.open?.admin.disconnect().catch(() => undefined);
    this.open = null;
  }
}

interface Failure {
  readonly topic: string;
  readonly code: string | null;
  readonly message: string;
}

/** One failure per topic. An error that did not come from the cluster is one without a code. */
function failuresOf(error: unknown): Failure[] {
  const errors: unknown[] =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors)
      ? error.errors
      : [error];
  return errors.map((one) => ({
    topic: one instanceof Error && 'topic' in one ? String(one.topic) : 'topics',
    code: codeOf(one),
    message: messageOf(one),
  }));
}
