/**
 * Bounds the unread bytes of the broker. Unread records are never removed, so new work is refused
 * in time.
 */
import { LIMITS } from '../limits/limits.js';
import type { Topic } from './topic.js';

/** Adding up all topics takes time: a result is used for this long. */
const HOLDS_MS = 100;
/** Running flows may continue up to this multiple of the bound. */
const HARD = 2;

export class Fullness {
  private seen = 0;
  private until = 0;

  constructor(
    private readonly topics: ReadonlyMap<string, Topic>,
    private readonly most: number = LIMITS.embeddedBytes.value,
  ) {}

  /** Why no new flow can be accepted, or null. */
  full(): string | null {
    const unread = this.unread();
    return unread <= this.most ? null : this.why(unread);
  }

  /** Why running flows cannot continue either, or null. */
  overflows(): string | null {
    const unread = this.unread();
    return unread <= this.most * HARD ? null : this.why(unread);
  }

  private unread(): number {
    const all = [...this.topics.values()];
    // The size of all kept records is an upper bound, and known without adding up.
    const held = all.reduce((sum, topic) => sum + topic.log.held, 0);
    if (held <= this.most) return held;
    const now = performance.now();
    if (now >= this.until) {
      this.seen = all.reduce((sum, topic) => sum + topic.unread, 0);
      this.until = now + HOLDS_MS;
    }
    return this.seen;
  }

  private why(unread: number): string {
    return (
      `the broker in this process holds ${unread} bytes that no worker has read, at most ${this.most} are kept; ` +
      'start the workers of these steps, raise EMBEDDED_BROKER_BYTES, or use Kafka (KAFKA_BROKERS)'
    );
  }
}
