/** How full the broker is with what somebody has still to read; it is never thrown away, so new work is refused in time. */
import { LIMITS } from '../limits/limits.js';
import type { Topic } from './topic.js';

/** Looking at every topic costs; so long what was seen holds. */
const HOLDS_MS = 100;
/** Flows that are under way go on to this many times the bound. */
const HARD = 2;

export class Fullness {
  private seen = 0;
  private until = 0;

  constructor(
    private readonly topics: ReadonlyMap<string, Topic>,
    private readonly most: number = LIMITS.embeddedBytes.value,
  ) {}

  /** Why no new flow can be carried, or null. */
  full(): string | null {
    const unread = this.unread();
    return unread <= this.most ? null : this.why(unread);
  }

  /** Why not even flows that are under way can go on, or null. */
  overflows(): string | null {
    const unread = this.unread();
    return unread <= this.most * HARD ? null : this.why(unread);
  }

  private unread(): number {
    const all = [...this.topics.values()];
    // What is kept is an upper bound that costs nothing.
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
