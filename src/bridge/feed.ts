/**
 * The commands of one step for one group of workers: read from the broker, offered to the sessions
 * that want them, and committed once they are settled.
 */
import {
  type CommandListener,
  type CommandReader,
  type CommandRecord,
  partitionKey,
} from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { backoff } from '../timing/pause.js';
import { readCommand, type WorkerCommand } from '../wire/worker-command.js';
import type { Bytes } from './bytes.js';
import type { Clock } from './clock.js';
import type { Held, RecordPlace } from './held.js';
import type { Leases } from './leases.js';
import type { OpenAttempts } from './open-attempts.js';
import { Rotation } from './rotation.js';
import type { Session } from './session.js';
import { Partitions } from './unsettled.js';

export interface FeedParts {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly bytes: Bytes;
  readonly log: Log;
  open(listener: CommandListener): CommandReader;
  /** A command was handed to a session. */
  handedOut(): void;
  /** Which of these are still waited for. */
  check(commands: readonly WorkerCommand[]): Promise<OpenAttempts>;
}

/** Commands that are checked by one query. */
const CHECKED_AT_ONCE = 200;
/** Commands that wait in memory, for each that clients want at once. */
const AHEAD = 2;
const LEAST_WAITING = 16;
const MOST_WAITING = 1000;
const PAUSES = { firstMs: 100, longestMs: 5000 };

export class Feed implements CommandListener {
  private readonly sessions = new Rotation();
  private readonly queue: Held[] = [];
  private readonly byAttempt = new Map<string, Held>();
  private readonly partitions = new Partitions();
  private readonly reader: CommandReader;
  private isPaused = false;
  private isClosed = false;
  private isOffering = false;
  private failures = 0;

  constructor(private readonly parts: FeedParts) {
    this.reader = parts.open(this);
  }

  get waiting(): number {
    return this.queue.length;
  }

  get hasSessions(): boolean {
    return !this.sessions.isEmpty;
  }

  /** Nobody wants its commands, and nobody works on one. */
  get isIdle(): boolean {
    return !this.hasSessions && ![...this.byAttempt.values()].some(({ lease }) => lease !== null);
  }

  join(session: Session): void {
    this.sessions.add(session);
    this.regulate();
    this.offer();
  }

  leave(session: Session): void {
    this.sessions.remove(session);
    this.regulate();
  }

  records(records: readonly CommandRecord[]): void {
    for (const record of records) if (this.partitions.add(record)) this.take(record);
    this.regulate();
    this.offer();
  }

  assigned(partitions: ReadonlySet<string>): void {
    const isMine = ({ topic, partition }: RecordPlace): boolean =>
      partitions.has(partitionKey(topic, partition));
    this.partitions.keep(partitions);
    for (const held of [...this.byAttempt.values()]) {
      held.places = held.places.filter(isMine);
      if (held.places.length === 0 && held.lease === null) this.forget(held);
    }
    this.regulate();
  }

  /** The command with this id, in whatever state. */
  of(attemptId: string): Held | null {
    return this.byAttempt.get(attemptId) ?? null;
  }

  /** Its lease has ended without an answer: somebody else gets it. */
  returned(held: Held): void {
    if (held.places.length === 0 || this.isClosed) this.forget(held);
    else this.queue.unshift(held);
    this.offer();
  }

  /** It was answered, or nobody waits for its answer. */
  settle(held: Held): void {
    this.parts.leases.end(held);
    for (const place of held.places) this.settlePlace(place);
    this.forget(held);
  }

  /** Pauses reading when enough is waiting, or when too many bytes are held. */
  regulate(): void {
    if (this.isClosed) return;
    const { wanted } = this.sessions;
    const most = Math.min(Math.max(AHEAD * wanted, LEAST_WAITING), MOST_WAITING);
    const hasEnough = this.parts.bytes.isFull ? this.byAttempt.size > 0 : this.queue.length >= most;
    const pauses = wanted === 0 || hasEnough;
    if (pauses === this.isPaused) return;
    this.isPaused = pauses;
    if (pauses) this.reader.pause();
    else this.reader.resume();
  }

  /** Hands waiting commands to sessions that may have more. */
  offer(): void {
    if (this.isOffering || this.isClosed) return;
    this.isOffering = true;
    void this.offerAll();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const held of this.queue.splice(0)) this.forget(held);
    await this.reader.close();
  }

  private take(record: CommandRecord): void {
    const { topic, partition, offset } = record;
    const place = { topic, partition, offset };
    const command = readCommand(record);
    if (command === null) {
      // Other programs may write to the topic.
      this.parts.log.warn({ topic, partition, offset: String(offset) }, 'this is not a command');
      this.settlePlace(place);
      return;
    }
    const known = this.byAttempt.get(command.attemptId);
    if (known === undefined) this.keep(command, place, record.value?.length ?? 0);
    else known.places = [...known.places, place];
  }

  private keep(command: WorkerCommand, place: RecordPlace, bytes: number): void {
    const held: Held = { feed: this, command, bytes, places: [place], lease: null, last: null };
    this.byAttempt.set(command.attemptId, held);
    this.queue.push(held);
    this.parts.bytes.add(bytes);
  }

  private async offerAll(): Promise<void> {
    for (let pairs = this.pairs(); pairs.length > 0; pairs = this.pairs()) {
      const open = await this.checked(pairs.map(([held]) => held.command));
      if (open === null) this.putBack(pairs);
      else for (const [held, session] of pairs) this.hand(held, session, open);
      if (open === null) await this.pauseAfterFailure();
    }
    this.isOffering = false;
    this.regulate();
  }

  /** Null: the database does not answer. */
  private async checked(commands: readonly WorkerCommand[]): Promise<OpenAttempts | null> {
    try {
      const open = await this.parts.check(commands);
      this.failures = 0;
      return open;
    } catch (error) {
      this.parts.log.warn({ err: error }, 'commands could not be checked; trying again');
      return null;
    }
  }

  private pauseAfterFailure(): Promise<void> {
    const ms = backoff(this.failures++, PAUSES);
    return new Promise((resolve) => void this.parts.clock.after(ms, resolve));
  }

  /** Waiting commands, each with a session that may have it. */
  private pairs(): [Held, Session][] {
    const pairs: [Held, Session][] = [];
    const mayHave = ({ wish: { caller } }: Session): boolean => {
      const more = pairs.filter(([, { wish }]) => wish.caller === caller).length;
      return this.parts.leases.mayGive(caller, more);
    };
    while (!this.isClosed && this.queue.length > 0 && pairs.length < CHECKED_AT_ONCE) {
      const [first] = this.queue.splice(0, 1) as [Held];
      const session = this.sessions.next(first.last, mayHave);
      if (session === null) {
        this.queue.unshift(first);
        break;
      }
      session.reserved++;
      pairs.push([first, session]);
    }
    return pairs;
  }

  private hand(held: Held, session: Session, open: OpenAttempts): void {
    session.reserved--;
    const deadline = open.get(held.command.attemptId);
    // Its partition went to another gateway meanwhile, or it was answered.
    if (!this.isHeld(held)) session.freed();
    else if (deadline === undefined) {
      this.settle(held);
      session.freed();
    } else if (session.isOpen && !this.isClosed) {
      this.parts.handedOut();
      session.hand(held, this.parts.leases.give(held, session, deadline));
    } else this.returned(held);
  }

  private putBack(pairs: readonly [Held, Session][]): void {
    for (const [, session] of pairs) session.reserved--;
    const still = pairs.map(([held]) => held).filter((held) => this.isHeld(held));
    this.queue.unshift(...still);
  }

  private isHeld(held: Held): boolean {
    return this.byAttempt.get(held.command.attemptId) === held;
  }

  private settlePlace(place: RecordPlace): void {
    const next = this.partitions.settle(place);
    if (next !== null && !this.isClosed) this.reader.commit(place.topic, place.partition, next);
  }

  private forget(held: Held): void {
    if (!this.isHeld(held)) return;
    this.byAttempt.delete(held.command.attemptId);
    const at = this.queue.indexOf(held);
    if (at >= 0) this.queue.splice(at, 1);
    this.parts.bytes.remove(held.bytes);
  }
}
