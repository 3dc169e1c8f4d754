/**
 * Follows one flow through disconnects and on whatever gateway there is; keeps what was delivered
 * (I7).
 */
import type { FlowEvent } from '../../src/saga/event.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Faults } from './faults.js';
import type { Gateway } from './gateway.js';
import type { Time } from './time.js';

export interface SubscriberContext {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly serving: () => Gateway | null;
}

export class Subscriber {
  readonly delivered: number[] = [];
  /** Connected, and waiting for more. */
  listening = false;
  private cursor = 0;
  private gateway: Gateway | null = null;
  private turn = 0;
  private leaving = new AbortController();

  constructor(
    readonly flowId: string,
    private readonly context: SubscriberContext,
  ) {}

  /** It goes away and comes back, as browsers do. A connection that broke is noticed. */
  reconnectIfLost(): void {
    const { faults } = this.context;
    const lost = this.gateway !== null && !this.gateway.life.alive;
    if (lost || (this.listening && faults.happens('disconnect'))) this.leave();
    if (!this.listening) this.connect();
  }

  leave(): void {
    this.turn++;
    const { gateway, leaving } = this;
    if (gateway?.life.alive === true) gateway.within(() => leaving.abort());
    this.listening = false;
    this.gateway = null;
  }

  private connect(): void {
    const gateway = this.context.serving();
    if (gateway === null) return;
    const turn = ++this.turn;
    const leaving = new AbortController();
    Object.assign(this, { gateway, leaving, listening: true });
    gateway.within(() => {
      this.follow(gateway, leaving.signal, turn)
        .catch(() => undefined)
        .then(() => {
          // A stream that ended, or broke: connected again a second later, with the cursor.
          if (turn === this.turn) this.listening = false;
        });
    });
  }

  private async follow(gateway: Gateway, signal: AbortSignal, turn: number): Promise<void> {
    const events: AsyncIterable<FlowEvent> | null = await gateway.engine.follow(
      this.flowId,
      this.cursor,
      signal,
    );
    if (events === null) return;
    for await (const event of events) {
      // What is on its way to somebody who has left is lost.
      if (turn !== this.turn) return;
      this.delivered.push(event.number);
      this.cursor = event.number;
    }
  }
}
