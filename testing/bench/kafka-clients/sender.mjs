/**
 * The publisher's Sender over @platformatic/kafka, with the same time limit and the same failures.
 */

const SEND_WITHIN_MS = 8000;

export class PlatformaticSender {
  #client;
  #within;
  #options;
  #producer = null;

  constructor({ client, within }, options) {
    this.#client = client;
    this.#within = within;
    this.#options = options;
  }

  /** As Sender.send: all replicas have acknowledged; after a failure a new producer is made. */
  async send(topicMessages) {
    this.#producer ??= this.#open();
    const producer = this.#producer;
    try {
      const sent = producer.send({ messages: topicMessages.flatMap(messagesOf), acks: -1 });
      await this.#within(SEND_WITHIN_MS, 'Kafka', sent);
    } catch (error) {
      this.#producer = null;
      producer.close().catch(() => undefined);
      throw withCode(error);
    }
  }

  async close() {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.close();
  }

  #open() {
    const { brokers, clientId, compression } = this.#options;
    return new this.#client.Producer({
      clientId,
      bootstrapBrokers: [...brokers],
      // One road for later messages: the outbox repeats, not the client.
      retries: 0,
      timeout: 5000,
      connectTimeout: 3000,
      autocreateTopics: false,
      compression,
      partitioner: this.#client.compatibilityPartitioner,
    });
  }
}

function messagesOf({ topic, messages }) {
  return messages.map(({ key, value, headers }) => ({
    topic,
    key: bufferOf(key),
    value: bufferOf(value),
    headers: new Map(
      Object.entries(headers).map(([name, one]) => [Buffer.from(name), bufferOf(one)]),
    ),
  }));
}

function bufferOf(part) {
  return typeof part === 'string' ? Buffer.from(part) : part;
}

/** The publisher reads Kafka's code from `type`, as the other client gives it. */
export function withCode(error) {
  const code = codeOf(error);
  return code === null
    ? error
    : Object.assign(new Error(error.message, { cause: error }), { type: code });
}

function codeOf(error) {
  if (typeof error?.apiId === 'string') return error.apiId;
  // An error of its own, not the cluster's.
  if (/^Unknown topic /.test(error?.message ?? '')) return 'UNKNOWN_TOPIC_OR_PARTITION';
  for (const one of error?.errors ?? []) {
    const code = codeOf(one);
    if (code !== null) return code;
  }
  return error?.cause === undefined ? null : codeOf(error.cause);
}
