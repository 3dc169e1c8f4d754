/**
 * The engine's unit of work over a real PostgreSQL: replies are records with offsets, commands are
 * rows of the outbox with the topics and texts of the wire. The clock is ours: the time of each
 * transaction is set before the flows in it are advanced.
 */
import { deepStrictEqual } from 'node:assert';
import { afterAll } from '@jest/globals';
import { unitOfWork, type Work } from '../../src/engine/intake/unit-of-work.js';
import { Standings } from '../../src/engine/operations/standing.js';
import type { DeliveryOutcome, FlowInput, OutboxRow, Store } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { fold } from '../../src/saga/advance.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { StartInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import type { Refusal } from '../../src/saga/refusal.js';
import { dueAt } from '../../src/saga/retry.js';
import { createWire } from '../../src/wire/outgoing.js';
import { timedStore } from './frozen-clock.js';
import { replyInput, textOf } from './inputs.js';
import { type TestDatabase, testDatabase } from './postgres.js';
import { commandFrom } from './received.js';
import type { ReceivedCommand, Rig, RigProgress, RigReply, Verb } from './rig.js';
import { workOf } from './work.js';

const EPOCH = Date.UTC(2026, 0, 1);
const wire = createWire({ commandTypeId: null, source: '/scenario' });

/** One database per test file. */
let database: Promise<TestDatabase> | null = null;
let count = 0;
afterAll(async () => (await database)?.close());

class PostgresRig implements Rig {
  private readonly flowId: string;
  private readonly store: Store;
  private orchestration: Orchestration | null = null;
  private begun: StartInput | null = null;
  private now = EPOCH;
  private offset = 0n;
  private publishing: 'sends' | 'stuck' | 'away' = 'sends';
  private waiting: OutboxRow[] = [];
  private readonly events: FlowEvent[] = [];
  private readonly sent: ReceivedCommand[] = [];

  constructor(
    private readonly on: TestDatabase,
    private readonly number: number,
    private readonly opened: ReturnType<TestDatabase['open']>,
  ) {
    this.flowId = `flow-${number}`;
    this.store = timedStore(opened.store, () => this.now);
  }

  async register(orchestration: Orchestration): Promise<void> {
    const named = { ...orchestration, name: `${orchestration.name}-${this.number}`, version: 1 };
    this.orchestration = named;
    await this.store.registry(async (tx) => {
      await tx.lockRegistry();
      await tx.saveVersion(named, null);
    });
  }

  async start(
    payload: unknown,
    queued: boolean,
    headers: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (this.orchestration === null) throw new Error('no orchestration was given');
    if (queued) await this.setPaused(true);
    const { flowId, orchestration } = this;
    const start: StartInput = {
      type: 'START',
      flowId,
      orchestration,
      payload: textOf(payload),
      headers,
      initiator: null,
      idempotencyKey: null,
    };
    this.begun = start;
    await this.work({
      delivery: {
        from: 'caller',
        kind: 'start',
        start: { ...start, orchestrationName: start.orchestration.name },
      },
      start,
      startRefused: null,
      orchestrationPaused: queued,
    });
  }

  async commands(): Promise<readonly ReceivedCommand[]> {
    return this.sent;
  }

  async reply(reply: RigReply): Promise<void> {
    await this.record(replyInput(this.flowId, reply));
  }

  async progress(progress: RigProgress): Promise<void> {
    await this.record({ type: 'PROGRESS', flowId: this.flowId, ...progress });
  }

  async unpublishable(attemptId: string, errorCode: string, errorMessage: string): Promise<void> {
    await this.deliver({
      type: 'UNPUBLISHABLE',
      flowId: this.flowId,
      attemptId,
      errorCode,
      errorMessage,
    });
  }

  async elapse(milliseconds: number, ticking: boolean): Promise<void> {
    const until = this.now + milliseconds;
    for (let last = -1; ticking && this.events.length !== last; ) {
      const due = dueAt((await this.view()).flow);
      if (due === null || due > until) break;
      last = this.events.length;
      this.now = Math.max(this.now, due);
      await this.deliver({ type: 'TICK', flowId: this.flowId });
    }
    this.now = until;
    if (ticking) await this.deliver({ type: 'TICK', flowId: this.flowId });
  }

  async operator(verb: Verb): Promise<Refusal | null> {
    const action = { flowId: this.flowId, actor: 'ada', reason: 'because' };
    const outcome = await this.deliver(
      verb.type === 'SKIP_STEP'
        ? { ...action, ...verb, output: textOf(verb.output) }
        : { ...action, ...verb },
    );
    return outcome.kind === 'recorded' ? outcome.refusal : null;
  }

  async pauseOrchestration(paused: boolean): Promise<void> {
    await this.setPaused(paused);
    const { flow } = await this.view();
    // Whoever resumes an orchestration makes its flows due.
    if (!paused && flow.status === 'IN_PROGRESS') await this.isTakenAsDue();
    await this.deliver({ type: 'TICK', flowId: this.flowId });
  }

  async publisher(state: 'sends' | 'stuck' | 'away'): Promise<void> {
    this.publishing = state;
    if (state === 'sends')
      await this.publish([...this.waiting.splice(0), ...(await this.store.outboxTake(100))]);
  }

  async untilLook(): Promise<number | null> {
    const [row] = await this.on.sql(
      'SELECT extract(epoch FROM wake_at)::float8 * 1000 AS at FROM orchestration_run WHERE flow_id = $1',
      [this.flowId],
    );
    const at = row?.at ?? null;
    return at === null ? null : Number(at) - this.now;
  }

  async view(): Promise<{ flow: Flow; events: readonly FlowEvent[] }> {
    const flow = (await this.opened.readModel.flows([this.flowId])).get(this.flowId);
    if (flow === undefined) throw new Error('the flow was not started');
    // What is stored is the fold of what happened (payload bodies are with the steps).
    if (this.begun !== null) deepStrictEqual(stored(flow), stored(fold(this.begun, this.events)));
    return { flow: { ...flow, now: this.now }, events: this.events };
  }

  async close(): Promise<void> {
    await this.opened.close();
  }

  /** A record has a position in its topic and is admitted once: delivered twice, it counts once. */
  private async record(input: FlowInput): Promise<void> {
    const position = {
      topic: `replies-${this.number}`,
      partition: 0,
      offset: this.offset++,
      timestamp: this.now,
    };
    const raw = { key: null, value: null };
    const delivery = { from: 'record', position, raw, kind: 'input', input } as const;
    await this.work(workOf(delivery));
    const again = await this.work(workOf(delivery));
    deepStrictEqual(again.kind, 'duplicate');
  }

  private deliver(input: FlowInput): Promise<DeliveryOutcome> {
    return this.work({
      delivery:
        input.type === 'TICK'
          ? { from: 'timer', kind: 'input', input }
          : { from: 'caller', kind: 'input', input },
      start: null,
      startRefused: null,
      orchestrationPaused: false,
    });
  }

  private async work(one: Work): Promise<DeliveryOutcome> {
    const given = this.publishing !== 'away';
    const ports = { store: this.store, wire, resolve: () => [one] };
    const { outcomes, records, outbox } = await unitOfWork(ports, [one.delivery], given);
    for (const { events } of records) this.events.push(...events);
    if (this.publishing === 'sends') await this.publish(outbox);
    if (this.publishing === 'stuck') this.waiting.push(...outbox);
    return outcomes[0] ?? { kind: 'duplicate' };
  }

  private async publish(rows: readonly OutboxRow[]): Promise<void> {
    await this.store.outboxSent(rows);
    this.sent.push(...rows.filter(({ attemptId }) => attemptId !== null).map(receivedFrom));
  }

  private async setPaused(paused: boolean): Promise<void> {
    const { problems } = await new Standings(this.store, silent('registry')).apply({
      name: this.orchestration?.name ?? '',
      verb: paused ? 'PAUSE' : 'RESUME',
      queuesStarts: true,
      actor: 'ada',
      reason: 'because',
    });
    deepStrictEqual(problems, []);
  }

  /** As a timer finds it; other scenarios' flows lie in the same database. */
  private async isTakenAsDue(): Promise<void> {
    for (let taken = await this.store.due(500); taken.length > 0; taken = await this.store.due(500))
      if (taken.includes(this.flowId)) return;
    throw new Error(`${this.flowId} is not due`);
  }
}

/** A flow without what is no part of the fold. */
function stored(flow: Flow): Flow {
  return { ...flow, now: 0, withdrawable: [], unsent: [], orchestrationPaused: false };
}

function receivedFrom({ value }: OutboxRow): ReceivedCommand {
  return commandFrom(JSON.parse(String(value)));
}

export async function createRig(): Promise<Rig> {
  database ??= testDatabase();
  const on = await database;
  return new PostgresRig(on, ++count, on.open({ instanceId: `rig-${count}` }));
}
