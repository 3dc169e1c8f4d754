/**
 * One producer that answers within a bound, and is replaced by a new one whenever a send fails: its connection may hang, it may have forgotten
 * where its brokers are, and it requests all topics it ever sent to together: one that is gone, or that we may no longer see, fails the
 * question for all, for ever.
 */
import type { Producer, TopicMessages } from 'kafkajs';
import { COMPRESSIONS, type Compression } from './codecs.js';
import { within } from './failures.js';

/** Shorter than the lease of outbox rows: no other instance has taken them yet when the failure is known. */
const SEND_WITHIN_MS = 8000;
/** How long the leaders wait for their followers. */
const ACKS_WITHIN_MS = 5000;

export class Sender {
  private open: { readonly producer: Producer; readonly connected: Promise<void> } | null = null;

  constructor(
    private readonly newProducer: () => Producer,
    private readonly compression: Compression = 'none',
  ) {}

  /** Resolves when all replicas have everything. Rejects within the bound; then some of it may be there, or may still arrive. */
  async send(topicMessages: TopicMessages[]): Promise<void> {
    try {
      await within(SEND_WITHIN_MS, 'Kafka', this.sendNow(topicMessages));
    } catch (error) {
      const { open } = this;
      this.open = null;
      // Not waited for: a hanging connection takes its time.
      open?.producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { open } = this;
    this.open = null;
    await open?.producer.disconnect();
  }

  private async sendNow(topicMessages: TopicMessages[]): Promise<void> {
    if (this.open === null) {
      const producer = this.newProducer();
      this.open = { producer, connected: producer.connect() };
    }
    const { producer, connected } = this.open;
    await connected;
    const compression = COMPRESSIONS[this.compression];
    await producer.sendBatch({ acks: -1, timeout: ACKS_WITHIN_MS, topicMessages, compression });
  }
}
