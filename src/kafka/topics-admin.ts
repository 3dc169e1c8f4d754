/** Creates missing topics, waits for their leaders, and raises message limits if too small. */

import type { Admin } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { AdminTurns, RefusedByCluster } from './admin-turns.js';
import { codeOf, isRefusal, isUnknownTopic, messageOf } from './failures.js';
import { haveLeaders, untilLed } from './leaders.js';
import { raiseMessageLimit } from './message-limit.js';

export interface TopicSettings {
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  readonly log: Log;
}

/** How long one turn may take: the consumer waits for it with its positions. */
const TURN_MS = 30_000;
/** Creating topics, and waiting for their leaders. */
const CREATING_MS = 90_000;

export class TopicsAdmin {
  private readonly admin: AdminTurns;
  /** Topics whose message limit was checked; once per process. */
  private readonly checked = new Set<string>();

  constructor(
    newAdmin: () => Admin,
    private readonly settings: TopicSettings,
  ) {
    this.admin = new AdminTurns(newAdmin, settings.brokers, TURN_MS);
  }

  /** A Fault when the brokers are away, another error when the cluster refuses the topics. */
  async ensure(names: readonly string[]): Promise<void> {
    const wanted = [...new Set(names)];
    if (wanted.length === 0) return;
    // Mostly they are there: only creating them may take long.
    const isDone = await this.admin.next(async (admin) => {
      if (!(await haveLeaders(admin, wanted))) return false;
      await this.raise(admin, wanted);
      return true;
    });
    if (isDone) return;
    await this.admin.next(async (admin) => {
      await this.create(admin, wanted);
      await untilLed(admin, wanted);
      await this.raise(admin, wanted);
      this.admin.forget();
    }, CREATING_MS);
  }

  /** After a message was too large for this topic: whether the limit was raised. */
  async raiseLimit(name: string): Promise<boolean> {
    if (this.checked.has(name)) return false;
    return this.admin
      .next((admin) => this.raise(admin, [name]))
      .then((raised) => raised.length > 0);
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
    return this.admin.next((admin) =>
      admin.fetchTopicMetadata({ topics: [name] }).then(
        () => true,
        (error: unknown) => {
          if (isUnknownTopic(codeOf(error))) return false;
          throw error;
        },
      ),
    );
  }

  /** Per partition: `low`, the earliest offset, and `high`, the next one. */
  async bounds(
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly low: bigint; readonly high: bigint }>> {
    const offsets = await this.admin.next((admin) =>
      admin.fetchTopicOffsets(topic).finally(() => this.admin.forget()),
    );
    return new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { low: BigInt(low), high: BigInt(high) },
      ]),
    );
  }

  close(): Promise<void> {
    return this.admin.close();
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
        throw new RefusedByCluster(
          `Kafka refuses to create these topics (with ${wanted}): ${reasons}`,
          {
            cause: error,
          },
        );
      }
      if (wrong.length > 0) throw error;
    }
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
