/**
 * The bridge: commands and replies for workers that have no Kafka client. Knows: commands, leases,
 * sessions of workers, time as a port. Refuses to know: Kafka, HTTP, GraphQL, SQL. In: records of
 * the step topics, what clients want and answer. Out: each command to one client at a time, and
 * replies on the reply topic, which change flows like those of any worker.
 */
import {
  type Commands,
  type CommandsOfStep,
  Fault,
  type ReadModel,
  type StepTopics,
} from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import type { Log } from '../observability/log.js';
import type { WorkerFigures } from '../observability/worker-metrics.js';
import { type CommandIdentity, idOf, type WorkerAnswer } from '../wire/worker-command.js';
import { type Found, publish, type ReplyOutcome } from './answering.js';
import { Bytes } from './bytes.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { Feed } from './feed.js';
import { Feeds } from './feeds.js';
import type { LeasedCommand } from './held.js';
import { type LeaseId, readLeaseId } from './lease-id.js';
import { Leases } from './leases.js';
import { openAttempts } from './open-attempts.js';
import { Replies } from './replies.js';
import { Session, type WorkerWish } from './session.js';

export interface BridgeOptions {
  /** How long a client has for a command before somebody else gets it, ms. */
  readonly leaseMs: number;
  readonly log: Log;
  readonly clock?: Clock;
  /** Most bytes of commands in memory; absent = docs/limits.md. */
  readonly mostBytes?: number;
}

/** What the bridge needs, as soon as it is there. */
export interface BridgePorts {
  readonly commands: Commands;
  readonly read: Pick<ReadModel, 'flows' | 'orchestrationsOf'>;
  readonly stepTopics: StepTopics;
  readonly replyTopic: string;
}

/**
 * How long a step is read after its last client has gone: one that polls comes back, one that
 * subscribed has gone for good, or reconnects at once.
 */
const LINGER_MS = { poll: 30_000, subscription: 2_000 } as const;
type Kind = keyof typeof LINGER_MS;

/** A poll that wants several commands waits for so long after the first one. */
const GATHER_MS = 10;

/** What is there from `open` on. */
interface Parts extends BridgePorts {
  readonly replies: Replies;
}

export class Bridge {
  private parts: Parts | null = null;
  private readonly sessions = new Map<Session, Kind>();
  private readonly clock: Clock;
  private readonly leases: Leases;
  private readonly bytes: Bytes;
  private readonly feeds: Feeds;
  private readonly closing = new Set<Promise<void>>();
  private isClosed = false;
  private handedOut = 0;
  private answered = 0;

  constructor(private readonly options: BridgeOptions) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.leases = new Leases(this.clock, options.leaseMs, () => {
      for (const feed of this.feeds.list) feed.offer();
    });
    this.bytes = new Bytes(options.mostBytes ?? LIMITS.workerBytes.value, () => {
      for (const feed of this.feeds.list) feed.regulate();
    });
    this.feeds = new Feeds(
      this.clock,
      (step) => this.feedOf(step),
      (closed) => this.closed(closed),
    );
  }

  /** From now on it has a broker and a database; before that, requests are refused as STARTING. */
  open(ports: BridgePorts): void {
    this.parts = { ...ports, replies: new Replies(ports.commands, this.options.log) };
  }

  /**
   * Commands as they come, until `signal` aborts. When `gone` has aborted by then, the client is
   * lost: its commands are for others at once. Otherwise it has ended the subscription itself, and
   * keeps its leases until their time.
   */
  commands(wish: WorkerWish, signal: AbortSignal, gone: AbortSignal): AsyncIterable<LeasedCommand> {
    const session = this.begin(wish, 'subscription');
    const end = (): void => this.end(session, !gone.aborted);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    return streamOf(session);
  }

  /** Commands as soon as there are some; none after `waitMs`. */
  async poll(wish: WorkerWish, waitMs: number, signal: AbortSignal): Promise<LeasedCommand[]> {
    const session = this.begin(wish, 'poll');
    const stop = (): void => this.end(session, true);
    const cancel = this.clock.after(waitMs, stop);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const first = await session.next();
    // Others are on their way: one answer for all of them costs less than one for each.
    if (first !== null && session.leases.size < wish.concurrency) await this.pause(GATHER_MS);
    const commands = first === null ? [] : [first, ...session.takeAll()];
    cancel();
    signal.removeEventListener('abort', stop);
    this.end(session, !signal.aborted);
    return commands;
  }

  /** `mayWork`: whether the caller may reply for this orchestration. Rejects with a Fault. */
  async reply(
    leaseId: string,
    answer: WorkerAnswer,
    mayWork: (orchestrationName: string) => boolean,
  ): Promise<ReplyOutcome> {
    const parts = this.started();
    const id = readLeaseId(leaseId);
    if (id === null || !mayWork(id.identity.orchestrationName)) return { kind: 'unknown' };
    const found = this.find(id);
    if (found.held === null && !(await exists(parts.read, id.identity))) return { kind: 'unknown' };
    const published = await publish(answer, found, {
      ...parts,
      leases: this.leases,
      clock: this.clock,
    });
    if (answer.status !== null) this.answered++;
    return published;
  }

  /** Ends all sessions: the gateway stops, their clients connect to another one. */
  leave(): void {
    this.isClosed = true;
    for (const session of [...this.sessions.keys()]) this.end(session, true);
  }

  async close(): Promise<void> {
    this.leave();
    this.leases.close();
    await this.feeds.close();
    await Promise.all(this.closing);
    await this.parts?.commands.close();
  }

  figures(): WorkerFigures {
    const waiting = this.feeds.list.reduce((sum, feed) => sum + feed.waiting, 0);
    const { handedOut, answered, leases, sessions } = this;
    const { size, expired } = leases;
    return { sessions: sessions.size, leases: size, waiting, handedOut, answered, expired };
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  private begin(wish: WorkerWish, kind: Kind): Session {
    this.started();
    this.bound(wish.caller);
    const session = new Session(wish, () => this.feeds.offer(wish));
    this.feeds.join(session);
    this.sessions.set(session, kind);
    return session;
  }

  /** Throws when there are too many sessions. */
  private bound(caller: string): void {
    const own = [...this.sessions.keys()].filter(({ wish }) => wish.caller === caller).length;
    const [each, all] = [LIMITS.workerSessionsPerPrincipal.value, LIMITS.workerSessions.value];
    if (own < each && this.sessions.size < all) return;
    const message = `this caller has ${own} workers connected (at most ${each}), all callers together ${this.sessions.size} (at most ${all}); let each one have more concurrency, or connect to another gateway`;
    throw new Fault('OVERLOADED', message);
  }

  /** `keeps`: the leases that its client has seen stay until their time. */
  private end(session: Session, keeps: boolean): void {
    const kind = this.sessions.get(session);
    if (kind === undefined) return;
    this.sessions.delete(session);
    this.feeds.leave(session, LINGER_MS[kind]);
    const unseen = new Set(session.end());
    for (const held of [...session.leases]) {
      if (held.lease === null) continue;
      if ((keeps && !unseen.has(held)) || held.lease.answering > 0) held.lease.session = null;
      else {
        this.leases.end(held);
        held.feed.returned(held);
      }
    }
  }

  private find({ nonce, group, identity }: LeaseId): Found {
    const leased = this.leases.of(nonce);
    const attemptId = idOf(identity);
    if (leased?.command.attemptId === attemptId) return { identity, held: leased, isLost: false };
    const held = this.feeds.of(group, identity)?.of(attemptId) ?? null;
    return { identity, held, isLost: held !== null && held.lease !== null };
  }

  private feedOf(step: Omit<CommandsOfStep, 'topics'>): Feed {
    const { commands, read, stepTopics } = this.started();
    const topics = stepTopics(step.orchestrationName, step.stepName);
    const { clock, leases, bytes } = this;
    return new Feed({
      ...{ clock, leases, bytes, log: this.options.log },
      open: (listener) => commands.read({ ...step, topics }, listener),
      handedOut: () => void this.handedOut++,
      check: (some) => openAttempts(read, some, clock.now()),
    });
  }

  private closed(closed: Promise<void>): void {
    this.closing.add(closed);
    void closed.finally(() => this.closing.delete(closed));
  }

  private started(): Parts {
    if (this.isClosed) throw new Fault('STOPPING', 'the gateway is stopping; try another one');
    if (this.parts !== null) return this.parts;
    throw new Fault('STARTING', 'the gateway is starting and has no broker yet; try again');
  }
}

async function* streamOf(session: Session): AsyncGenerator<LeasedCommand, void, undefined> {
  for (let one = await session.next(); one !== null; one = await session.next()) yield one;
}

async function exists(
  read: Pick<ReadModel, 'orchestrationsOf'>,
  { flowId, orchestrationName }: CommandIdentity,
): Promise<boolean> {
  return (await read.orchestrationsOf([flowId])).get(flowId) === orchestrationName;
}
