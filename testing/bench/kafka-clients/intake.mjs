/**
 * The intake over @platformatic/kafka: its consumer for membership and single fetches, our own loop
 * around them, because a transaction takes what all partitions of a fetch have. Positions come from
 * the inbox, as in src/kafka/consumer. Left out: who owns the group (its assigner would have to be
 * written anew), placing again after every failed fetch.
 */
import { withCode } from './sender.mjs';

const RETRY_MS = 200;
const GROUP = { sessionTimeout: 6000, rebalanceTimeout: 15_000, heartbeatInterval: 1000 };
const FETCH = { minBytes: 1, maxWaitTime: 250 };
const BYTES_OF_PARTITION = 1_048_576;
const COMMIT_EVERY_MS = 5000;

export class PlatformaticIntake {
  #parts;
  #topics;
  #options;
  #consumer = null;
  #share = null;
  #stopped = false;
  #loops = new Set();
  #detail = 'not started';
  #committing = null;

  constructor(parts, topics, options) {
    this.#parts = parts;
    this.#topics = topics;
    this.#options = options;
  }

  async start(feed, inbox) {
    const { ownTopics, intakeTopics, log } = this.#options;
    const places = new this.#parts.Places(this.#topics, inbox, log);
    const joined = Promise.withResolvers();
    const join = async () => {
      while (!this.#stopped) {
        try {
          await this.#topics.ensure([...ownTopics, ...intakeTopics]);
          await this.#join(places, feed, joined.resolve, join);
          return;
        } catch (error) {
          this.#detail = error.message;
          log.warn({ err: error }, 'Kafka is not ready; trying again');
          await this.#leave();
          await this.#parts.pause(RETRY_MS);
        }
      }
      joined.resolve();
    };
    this.#committing = setInterval(() => this.#commit(), COMMIT_EVERY_MS);
    void join();
    await joined.promise;
  }

  async stop() {
    this.#stopped = true;
    clearInterval(this.#committing);
    const share = this.#share;
    this.#share = null;
    await Promise.allSettled(this.#loops);
    if (share !== null) await this.#commit(share);
    await this.#leave();
  }

  health() {
    if (this.#stopped) return { ready: false, detail: 'stopped' };
    if (this.#share?.placed) {
      const lag = [...this.#share.lags.values()].reduce((sum, one) => sum + one, 0);
      return { ready: true, detail: `Kafka, group ${this.#options.groupId} joined`, lag };
    }
    return { ready: false, detail: `Kafka at ${this.#options.brokers}: ${this.#detail}` };
  }

  async #join(places, feed, joined, again) {
    const { brokers, clientId, groupId, intakeTopics } = this.#options;
    const consumer = new this.#parts.client.Consumer({
      clientId,
      groupId,
      bootstrapBrokers: [...brokers],
      ...GROUP,
      ...FETCH,
      maxBytes: 10_485_760,
      metadataMaxAge: 15_000,
      connectTimeout: 3000,
      timeout: 10_000,
      retries: 3,
      retryDelay: 100,
      autocreateTopics: false,
    });
    this.#consumer = consumer;
    consumer.topics.trackAll(...intakeTopics);
    // Events of its heartbeat are reported by its own rejoining.
    consumer.on('error', () => undefined);
    consumer.on('consumer:group:join', ({ assignments = [] }) => {
      if (this.#consumer !== consumer || this.#stopped) return;
      const loop = this.#read(consumer, assignments, { places, feed, joined }).catch((error) => {
        this.#options.log.warn({ err: withCode(error) }, 'reading ended; joining again');
        if (this.#consumer !== consumer || this.#stopped) return;
        this.#share = null;
        void this.#leave().then(again);
      });
      this.#loops.add(loop);
      void loop.finally(() => this.#loops.delete(loop));
    });
    await consumer.joinGroup({ ...GROUP });
  }

  async #leave() {
    const consumer = this.#consumer;
    this.#consumer = null;
    await consumer?.close(true).catch(() => undefined);
  }

  /** One assignment: placed, then fetched and fed until it is replaced. */
  async #read(consumer, assignments, { places, feed, joined }) {
    const share = { consumer, feed, positions: places, placed: false, moved: false };
    Object.assign(share, { places: new Map(), lags: new Map() });
    this.#share = share;
    const assignment = Object.fromEntries(assignments.map((one) => [one.topic, one.partitions]));
    for (let tries = 0; this.#isMine(share); tries++) {
      try {
        for (const place of await places.of(assignment)) this.#place(share, place);
        break;
      } catch (error) {
        if (tries > 25) throw error;
        await this.#parts.pause(RETRY_MS);
      }
    }
    share.placed = true;
    joined();
    while (this.#isMine(share)) {
      if (share.places.size === 0) await this.#parts.pause(RETRY_MS);
      else await this.#fetch(share);
    }
  }

  #isMine(share) {
    return this.#share === share && !this.#stopped;
  }

  #place(share, place) {
    share.places.set(`${place.topic}/${place.partition}`, place);
  }

  /** One request to each broker, and one feeding of all that came. */
  async #fetch(share) {
    const { consumer, places } = share;
    const { topics } = await consumer.metadata({ topics: consumer.topics.current });
    const byLeader = Map.groupBy(
      places.values(),
      ({ topic, partition }) => topics.get(topic).partitions[partition].leader,
    );
    const names = new Map([...topics].map(([name, { id }]) => [id, name]));
    const fetches = [...byLeader].map(async ([node, wanted]) => {
      const request = wanted.map((place) => wantedOf(place, topics.get(place.topic).id));
      const { responses } = await consumer.fetch({ ...FETCH, node, topics: request });
      const fed = responses.flatMap(({ topicId, partitions }) =>
        partitions.map((one) => this.#take(share, names.get(topicId), one)),
      );
      await Promise.all(fed);
    });
    await Promise.all(fetches);
  }

  async #take(share, topic, { partitionIndex: partition, records, highWatermark }) {
    const key = `${topic}/${partition}`;
    const place = share.places.get(key);
    if (place === undefined || !this.#isMine(share)) return;
    // A fetch returns whole batches: the first one may begin before the offset that was wanted.
    const messages = (records ?? [])
      .flatMap(messagesOf)
      .filter(({ offset }) => BigInt(offset) >= place.from);
    if (messages.length === 0) return;
    if (this.#parts.isAnother(place, messages)) {
      this.#place(share, await share.positions.anew(topic, partition));
      return;
    }
    const behind = (offset) => share.lags.set(key, Number(highWatermark - offset));
    behind(BigInt(messages[0].offset));
    const fresh = messages.filter(({ offset }) => BigInt(offset) >= place.next);
    const deliveries = this.#parts.deliveriesOf(topic, partition, fresh, this.#options);
    if (deliveries.length > 0) await share.feed(deliveries);
    if (!this.#isMine(share)) return;
    const from = BigInt(messages.at(-1).offset) + 1n;
    behind(from);
    share.moved = true;
    const next = from > place.next ? from : place.next;
    this.#place(share, { ...place, from, next, last: null });
  }

  async #commit(share = this.#share) {
    if (share === null || !share.moved || this.#consumer === null) return;
    share.moved = false;
    const offsets = [...share.places.values()].map(({ topic, partition, next }) => ({
      topic,
      partition,
      offset: next,
      leaderEpoch: -1,
    }));
    await this.#consumer.commit({ offsets }).catch(() => undefined);
  }
}

function wantedOf({ partition, from }, topicId) {
  const wanted = {
    partition,
    fetchOffset: from,
    partitionMaxBytes: BYTES_OF_PARTITION,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  return { topicId, partitions: [wanted] };
}

/** Of a batch of the log, records as the other client gives them. */
function messagesOf({ firstOffset, firstTimestamp, attributes, records }) {
  // Markers of transactions are no records.
  if (attributes & 0b100000) return [];
  return records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: String(firstOffset + BigInt(offsetDelta)),
    timestamp: String(firstTimestamp + timestampDelta),
    key: key ?? null,
    value: value ?? null,
    headers: Object.fromEntries(headers.map(([name, one]) => [String(name), one ?? ''])),
  }));
}
