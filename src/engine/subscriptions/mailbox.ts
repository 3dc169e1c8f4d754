/** The buffer of one subscriber. */
import { LIMITS } from '../../limits/limits.js';
import type { FlowEvent } from '../../saga/event.js';

export const MOST_BUFFERED = LIMITS.subscriberBehind.value;

/**
 * Events committed since the last `take`. Beyond MOST_BUFFERED they are dropped, and the subscriber
 * reads the timeline.
 */
export class Mailbox {
  private events: FlowEvent[] = [];
  private reread = false;
  private full = false;
  private wake: (() => void) | null = null;

  put(events: readonly FlowEvent[] | null): void {
    if (events === null || this.events.length + events.length > MOST_BUFFERED) {
      this.events = [];
      this.reread = true;
    } else if (!this.reread) this.events.push(...events);
    this.full = true;
    this.wake?.();
  }

  close(): void {
    this.wake?.();
  }

  /** Null = read the timeline. */
  async take(signal: AbortSignal): Promise<readonly FlowEvent[] | null> {
    if (!this.full && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const { events, reread } = this;
    this.events = [];
    this.reread = false;
    this.full = false;
    return reread ? null : events;
  }
}
