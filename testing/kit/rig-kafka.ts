/**
 * The assembled engine over a real PostgreSQL and a real Kafka: commands arrive at a worker,
 * answers are records of the reply topic, timers fire by themselves. Only the time of transactions
 * is the scenario's.
 */
import { afterAll } from '@jest/globals';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { advance } from '../../src/saga/advance.js';
import { sentIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { REFUSALS, type Refusal, type RefusalCode } from '../../src/saga/refusal.js';
import { dueAt } from '../../src/saga/retry.js';
import { TOPICS } from '../../src/wire/topics.js';
import { until as untilWithin } from '../e2e/kit/until.js';
import { type Assembled, openAssembled } from './assembled.js';
import { cluster, newName } from './cluster.js';
import { FrozenClock } from './frozen-clock.js';
import { textOf } from './inputs.js';
import { type TestDatabase, testDatabase } from './postgres.js';
import { commandFrom } from './received.js';
import type { ReceivedCommand, Rig, RigProgress, RigReply, Verb } from './rig.js';
import { openScriptedWorker } from './scripted-worker.js';

const EPOCH = Date.UTC(2026, 0, 1);
/** A scenario is many small waits. */
const until = (what: string, look: () => Promise<boolean> | boolean) =>
  untilWithin(what, look, 30_000, 5);
const BY = { actor: 'ada', reason: 'because' } as const;

interface Around {
  readonly gateway: Assembled;
  readonly database: TestDatabase;
  readonly brokers: readonly string[];
  readonly producer: Producer;
  readonly clock: FrozenClock;
}

/** One gateway per test file. */
const stack = new AsyncDisposableStack();
let around: Promise<Around> | null = null;
afterAll(() => stack.disposeAsync(), 60_000);

async function open(): Promise<Around> {
  const { brokers, close } = await cluster();
  stack.defer(close);
  const database = await testDatabase();
  stack.defer(() => database.close());
  const clock = new FrozenClock(EPOCH);
  const gateway = await openAssembled({ database, brokers, group: newName('rig'), clock });
  stack.defer(() => gateway.close());
  const kafka = new Kafka({ clientId: 'rig', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  stack.defer(() => producer.disconnect());
  return { gateway, database, brokers, producer, clock };
}

class KafkaRig implements Rig {
  private orchestration: Orchestration | null = null;
  private readonly flowId = newName('flow');
  private readonly received: ReceivedCommand[] = [];
  private worker: { close(): Promise<void> } | null = null;
  private paused = false;

  constructor(private readonly on: Around) {}

  async register(orchestration: Orchestration): Promise<void> {
    const name = newName(orchestration.name).replace('.', '-');
    const { version: _, ...content } = orchestration;
    this.orchestration = { ...orchestration, name };
    const declaration = {
      as: 'initiator',
      orchestration: { ...content, name },
      line: null,
    } as const;
    const registration = { declarations: [declaration], problems: [], serviceName: null };
    const { problems } = await this.on.gateway.engine.register(registration, { dryRun: false });
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    this.worker = await openScriptedWorker({
      brokers: this.on.brokers,
      groupId: `worker-${name}`,
      topics: orchestration.steps.flatMap((step) =>
        ['do', 'undo'].map((action) => `orchestrator.${name}.${step.name}.${action}`),
      ),
      onCommand: async ({ headers, payload }) => {
        this.received.push(commandFrom({ headers, payload }));
      },
    });
  }

  async start(
    payload: unknown,
    queued: boolean,
    headers: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (queued) await this.pauseOrchestration(true);
    const { flow, problems } = await this.on.gateway.engine.execute({
      ...{ orchestrationName: this.name, flowId: this.flowId, payload: textOf(payload) },
      ...{ headers, initiator: null, idempotencyKey: null },
    });
    if (flow === null) throw new Error(JSON.stringify(problems));
  }

  /** In the order in which they were decided, once all of them have arrived. */
  async commands(): Promise<readonly ReceivedCommand[]> {
    const sent = (await this.events()).flatMap((event) => sentIdOf(this.flowId, event) ?? []);
    await until(`${sent.join(', ')} arrive`, () => this.received.length >= sent.length);
    return this.received.toSorted(
      (one, other) => sent.indexOf(one.attemptId) - sent.indexOf(other.attemptId),
    );
  }

  async reply({ stepName, action, attemptId, answer }: RigReply): Promise<void> {
    const { outcome, errorMessage, errorCode, retryable, headers } = answer;
    const status = { success: true, failure: false, unknown: 'perhaps' }[outcome];
    const own = { flowId: this.flowId, stepName, status, retryable, ...headers };
    const optional = { action, attemptId, errorMessage, errorCode };
    const payload = outcome === 'success' ? textOf(answer.payload) : null;
    await this.deliver({ ...own, ...present(optional) }, payload);
  }

  async progress({ stepName, attemptId, progress, message }: RigProgress): Promise<void> {
    const own = { flowId: this.flowId, stepName, action: 'PROGRESS', progress };
    await this.deliver({ ...own, ...present({ attemptId, message }) }, null);
  }

  async unpublishable(): Promise<void> {
    throw new Error('a real Kafka takes every command of a scenario');
  }

  /** Timers of the gateway fire at each time that comes due, and at the end. */
  async elapse(milliseconds: number, ticking: boolean): Promise<void> {
    if (!ticking) throw new Error('the timers of a running gateway fire');
    const { clock } = this.on;
    const end = clock.now + milliseconds;
    for (let last = -1; ; ) {
      const { flow, events } = await this.view();
      const due = dueAt(flow);
      if (due === null || due > end || events.length === last) break;
      last = events.length;
      await this.pass(Math.max(0, due - clock.now));
    }
    await this.pass(end - clock.now);
  }

  async operator(verb: Verb): Promise<Refusal | null> {
    const by = { flowId: this.flowId, ...BY };
    const input =
      verb.type === 'SKIP_STEP'
        ? { ...by, ...verb, output: textOf(verb.output) }
        : { ...by, ...verb };
    const { problems } = await this.on.gateway.engine.applyOperatorAction(input);
    const [problem] = problems;
    if (problem === undefined) return null;
    if (!(problem.code in REFUSALS)) throw new Error(JSON.stringify(problem));
    return { code: problem.code as RefusalCode, message: problem.message };
  }

  async pauseOrchestration(paused: boolean): Promise<void> {
    const { engine } = this.on.gateway;
    const verb = paused ? 'PAUSE' : 'RESUME';
    const request = { name: this.name, verb, queuesStarts: true, ...BY } as const;
    const { problems } = await engine.changeStanding(request);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    this.paused = paused;
    if (!paused) await this.untilLookedAt();
  }

  async publisher(): Promise<void> {
    throw new Error('the outbox of a running gateway does not stand still');
  }

  async untilLook(): Promise<number | null> {
    throw new Error('the timers of a running gateway look when they want');
  }

  async view(): Promise<{ readonly flow: Flow; readonly events: readonly FlowEvent[] }> {
    const flow = (await this.on.gateway.read.flows([this.flowId])).get(this.flowId);
    if (flow === undefined) throw new Error('the flow was not started');
    const known = { now: this.on.clock.now, orchestrationPaused: this.paused };
    return { flow: { ...flow, ...known }, events: await this.events() };
  }

  async close(): Promise<void> {
    await this.worker?.close();
  }

  private get name(): string {
    if (this.orchestration === null) throw new Error('no orchestration was given');
    return this.orchestration.name;
  }

  private async events(): Promise<readonly FlowEvent[]> {
    return (await this.on.gateway.read.timeline(this.flowId, 0, 1_000)) ?? [];
  }

  /** A record of the reply topic; resolves when the gateway has recorded it. */
  private async deliver(headers: object, payload: string | null): Promise<void> {
    const value = `{"headers":${JSON.stringify(headers)},"payload":${payload ?? 'null'}}`;
    const topic = TOPICS.replies;
    const [place] = await this.on.producer.send({ topic, messages: [{ value }] });
    const partition = place?.partition ?? 0;
    const offset = BigInt(place?.baseOffset ?? 0);
    await until(`the answer at ${partition}/${offset} is recorded`, async () => {
      const positions = await this.on.gateway.store.inbox(topic);
      return positions.some((one) => one.partition === partition && one.nextOffset > offset);
    });
  }

  /** So much time passes, and whatever is due by then is looked at. */
  private async pass(milliseconds: number): Promise<void> {
    this.on.clock.now += milliseconds;
    await this.on.database.age(milliseconds);
    await this.untilLookedAt();
  }

  /** No timer has anything left to do with the flow now. */
  private async untilLookedAt(): Promise<void> {
    const { database } = this.on;
    await until(`timers have looked at ${this.flowId}`, async () => {
      const waiting = await database.sql(
        `SELECT FROM orchestration_run r LEFT JOIN orchestration_name n ON n.name = r.orchestration_name
         WHERE r.flow_id = $1 AND (r.wake_at <= clock_timestamp() OR n.waking IS NOT NULL)`,
        [this.flowId],
      );
      return waiting.length === 0 && !isDue((await this.view()).flow);
    });
  }
}

/**
 * A tick under way has taken the flow: its time is pushed until it is recorded. Of a resumed flow
 * only the tick itself knows what it sends.
 */
function isDue(flow: Flow): boolean {
  const due = dueAt(flow);
  if (due !== null && due <= flow.now) return true;
  return advance(flow, { type: 'TICK', flowId: flow.flowId }).events.length > 0;
}

/** Without the fields a worker leaves out. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

export async function createRig(): Promise<Rig> {
  around ??= open();
  return new KafkaRig(await around);
}
