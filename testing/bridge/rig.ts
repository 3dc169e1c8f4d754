/** A bridge over a broker and flows in memory, with a clock that stands still. */
import { Bridge } from '../../src/bridge/bridge.js';
import type { Clock } from '../../src/bridge/clock.js';
import type { LeasedCommand } from '../../src/bridge/held.js';
import type { WorkerWish } from '../../src/bridge/session.js';
import type { ReadModel } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import type { Action, Flow } from '../../src/saga/flow.js';
import { stepTopic, stepTopics } from '../../src/wire/topics.js';
import type { WorkerAnswer } from '../../src/wire/worker-command.js';
import { MemoryCommands } from '../kit/memory-commands.js';

/** A poll that has a command has been answered after this time. */
export const GATHERED_MS = 10;
export const LEASE_MS = 30_000;
const START = Date.parse('2026-11-26T12:00:00.000Z');
const REPLIES = 'replies';

class SteppedClock implements Clock {
  private at = START;
  private readonly waiting = new Set<{ readonly at: number; readonly work: () => void }>();

  now(): number {
    return this.at;
  }

  after(ms: number, work: () => void): () => void {
    const one = { at: this.at + ms, work };
    this.waiting.add(one);
    return () => void this.waiting.delete(one);
  }

  /** In the order of their times. */
  async pass(ms: number): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      const [next] = [...this.waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.waiting.delete(next);
      this.at = Math.max(this.at, next.at);
      next.work();
      await settled();
    }
    this.at = end;
    await settled();
  }
}

/** Everything that waits for no time has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
}

export interface Sent {
  readonly flowId: string;
  readonly stepName?: string;
  readonly action?: Action;
  readonly attempt?: number;
  readonly payload?: string;
  readonly headers?: string;
}

export const DONE: WorkerAnswer = {
  ...{ status: true, progress: null, message: null, errorMessage: null, errorCode: null },
  ...{ retryable: null, headers: null, payload: null },
};
export const HALFWAY: WorkerAnswer = { ...DONE, status: null, progress: 0.5 };

export class Rig {
  readonly clock = new SteppedClock();
  readonly commands = new MemoryCommands();
  readonly bridge: Bridge;
  /** flowId → the attempts that are waited for. */
  private readonly open = new Map<string, Flow['steps']>();
  /** How often the database was read. */
  reads = 0;
  /** What every read fails with. */
  failure: Error | null = null;

  constructor(bounds: { readonly mostBytes?: number } = {}) {
    const { clock } = this;
    this.bridge = new Bridge({ leaseMs: LEASE_MS, log: silent('bridge'), clock, ...bounds });
    this.bridge.open(this.portsTo(this.commands));
  }

  /** What another gateway of the same database and broker needs. */
  portsTo(commands: MemoryCommands) {
    const read: Pick<ReadModel, 'flows' | 'orchestrationsOf'> = {
      flows: async (flowIds) => {
        this.reads++;
        if (this.failure !== null) throw this.failure;
        const found = flowIds.flatMap((flowId) => {
          const steps = this.open.get(flowId);
          return steps === undefined ? [] : [[flowId, { flowId, steps } as Flow] as const];
        });
        return new Map(found);
      },
      orchestrationsOf: async (flowIds) =>
        new Map(flowIds.filter((one) => this.open.has(one)).map((one) => [one, 'greeting'])),
    };
    return { commands, read, stepTopics, replyTopic: REPLIES };
  }

  /** The gateway has sent a command, and waits for its answer for five minutes. */
  send(sent: Sent): void {
    this.isOpen(sent);
    this.publish(sent);
  }

  /** The record only. */
  publish({ flowId, stepName = 'greet', action = 'DO', ...more }: Sent): void {
    const { attempt = 1, payload = '{"n":1.0}', headers = '"trace":1E3' } = more;
    const round = action === 'DO' ? 0 : 1;
    const own = {
      ...{ flowId, stepName, action, orchestrationName: 'greeting', status: true, attempt },
      attemptId: `${flowId}:${stepName}:${action}:${round}:${attempt}`,
      idempotencyKey: `${flowId}:${stepName}:${action}`,
      ...(round > 0 && { round }),
      deadline: new Date(this.clock.now() + 300_000).toISOString(),
    };
    const text = `{"headers":{${headers},${JSON.stringify(own).slice(1)},"payload":${payload}}`;
    this.commands.publish(stepTopic('greeting', stepName, action), text, flowId);
  }

  private isOpen({ flowId, stepName = 'greet', action = 'DO', attempt = 1 }: Sent): void {
    const deadline = this.clock.now() + 300_000;
    const open = { action, attempt, round: action === 'DO' ? 0 : 1, deadline };
    this.open.set(flowId, [{ definition: { name: stepName }, open }] as unknown as Flow['steps']);
  }

  /** Nobody waits for an answer of this flow any more. */
  close(flowId: string): void {
    this.open.set(flowId, []);
  }

  worker(wish: Partial<WorkerWish> = {}): Worker {
    return new Worker(this, {
      ...{ orchestrationName: 'greeting', stepNames: ['greet'], group: 'workers' },
      ...{ concurrency: 1, caller: 'ann', ...wish },
    });
  }

  /** The replies that were published: their headers and payloads. */
  get replies(): readonly string[] {
    return this.commands.sent.map(({ value }) => value);
  }

  /** Next offset of the group on a topic. */
  committed(action: Action = 'DO', group = 'workers'): number {
    return Number(
      this.commands.committed.get(`${group} ${stepTopic('greeting', 'greet', action)}`) ?? 0n,
    );
  }

  reply(command: LeasedCommand | undefined, answer: WorkerAnswer = DONE) {
    return this.bridge.reply(command?.leaseId ?? '', answer, () => true);
  }

  poll(
    max: number,
    waitMs: number,
    { signal }: Pick<AbortController, 'signal'> = new AbortController(),
  ) {
    const wish = { orchestrationName: 'greeting', stepNames: ['greet'], group: 'workers' };
    const polled = this.bridge.poll({ ...wish, concurrency: max, caller: 'ann' }, waitMs, signal);
    // After the first command it waits for others.
    void settled().then(() => this.clock.pass(GATHERED_MS));
    return polled;
  }
}

/** A subscription. */
export class Worker {
  readonly received: LeasedCommand[] = [];
  hasEnded = false;
  private readonly left = new AbortController();
  private readonly gone = new AbortController();

  constructor(rig: Rig, wish: WorkerWish, bridge: Bridge = rig.bridge) {
    void this.receive(bridge.commands(wish, this.left.signal, this.gone.signal));
  }

  get flowIds(): readonly string[] {
    return this.received.map(({ command }) => command.flowId);
  }

  /** It ends its subscription. */
  completes(): void {
    this.left.abort();
  }

  /** Its connection is lost. */
  vanishes(): void {
    this.gone.abort();
    this.left.abort();
  }

  private async receive(source: AsyncIterable<LeasedCommand>): Promise<void> {
    for await (const command of source) this.received.push(command);
    this.hasEnded = true;
  }
}
