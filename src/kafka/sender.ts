/**
 * A producer with a time limit for each send, replaced by a new one whenever a send fails. The old
 * one's connection may hang, it may have lost all brokers; and its metadata requests include every
 * topic it ever sent to, so that one deleted or forbidden topic fails all of them.
 */
import type { Producer, TopicMessages } from 'kafkajs';
import { COMPRESSIONS, type Compression } from './codecs.js';
import { within } from './failures.js';

/**
 * Shorter than the lease of outbox rows: when the failure is known, no other instance has taken the
 * rows yet.
 */
const SEND_WITHIN_MS = 8000;
/** How long the leader of a partition waits for the other replicas. */
const ACKS_WITHIN_MS = 5000;

export class Sender {
  private open: { readonly producer: Producer; readonly connected: Promise<void> } | null = null;

  constructor(
    private readonly newProducer: () => Producer,
    private readonly compression: Compression = 'none',
  ) {}

  /**
   * Resolves when all replicas have acknowledged. Rejects within the time limit; some messages may
   * have been stored, or still be.
   */
  async send(topicMessages: TopicMessages[]): Promise<void> {
    try {
      await within(SEND_WITHIN_MS, 'Kafka', this.sendNow(topicMessages));
    } catch (error) {
      const { open } = this;
      this.open = null;
      // Not awaited: a connection that hangs takes long to close.
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
