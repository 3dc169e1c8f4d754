/**
 * Requests of one admin client, one after the other and each within a time: on one connection the
 * client mixes up concurrent answers, and it can lose a request for ever, for example when its
 * broker hands over what it leads.
 */
import type { Admin } from 'kafkajs';
import { Fault } from '../engine/ports.js';
import { messageOf, within } from './failures.js';

/** A first broker that does not answer, TLS and SASL: longer than each of them may take. */
const CONNECT_WITHIN_MS = 20_000;

/** The cluster refuses this every time; the message has its reason. */
export class RefusedByCluster extends Error {}

export class AdminTurns {
  private open: { readonly admin: Admin; readonly connected: Promise<void> } | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** `withinMs`: how long a turn may take; all later turns wait for it. */
  constructor(
    private readonly newAdmin: () => Admin,
    private readonly brokers: readonly string[],
    private readonly withinMs: number,
  ) {}

  /** A Fault when the brokers are away; RefusedByCluster as it was thrown. */
  next<T>(work: (admin: Admin) => Promise<T>, withinMs = this.withinMs): Promise<T> {
    const answer = this.turn.then(() => this.run(work, withinMs));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /**
   * Drops the connection. A client that has failed once may fail for ever; and one that has fetched
   * offsets includes that topic in all later requests, which fail when the topic is deleted.
   */
  forget(): void {
    this.open?.admin.disconnect().catch(() => undefined);
    this.open = null;
  }

  /** Turns that wait fail; the one under way is not waited for. */
  async close(): Promise<void> {
    this.closed = true;
    const { open } = this;
    this.open = null;
    await open?.admin.disconnect().catch(() => undefined);
  }

  private async run<T>(work: (admin: Admin) => Promise<T>, withinMs: number): Promise<T> {
    try {
      if (this.closed) throw new Error('this gateway stops');
      if (this.open === null) {
        const admin = this.newAdmin();
        this.open = { admin, connected: admin.connect() };
      }
      const { admin, connected } = this.open;
      await within(CONNECT_WITHIN_MS, 'Kafka', connected);
      return await within(withinMs, 'Kafka', work(admin));
    } catch (error) {
      if (error instanceof RefusedByCluster) throw error;
      this.forget();
      if (error instanceof Fault) throw error;
      const message = `Kafka at ${this.brokers.join(', ')} cannot do this now: ${messageOf(error)}`;
      throw new Fault('BROKER_UNAVAILABLE', message, { cause: error });
    }
  }
}
