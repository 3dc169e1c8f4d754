/** What the cases use: commands to the worker, its replies, its process, its effects. */
import { statusOf } from '../wire/replies.js';
import { type CommandOptions, commandText } from './command-text.js';
import type { Codec, Lane, Reply, WorkerProcess } from './lane.js';

export interface BenchOptions {
  readonly orchestration: string;
  readonly step: string;
  readonly lane: Lane;
  /** Null: somebody else runs the worker. */
  readonly process: WorkerProcess | null;
  /** JSON text that the worker can do something with. */
  readonly payload: string;
  /** JSON text with which its DO fails; null = not known. */
  readonly failingPayload: string | null;
  /** JSON text with which its DO takes some seconds; null = not known. */
  readonly slowPayload: string | null;
  /** How long a reply may take, ms. */
  readonly patienceMs: number;
  /** How many effects of a flow are in place; null: it cannot be looked at. */
  readonly effectsOf: ((flowId: string) => Promise<number>) | null;
}

interface Send extends Omit<CommandOptions, 'payload'> {
  readonly payload?: string;
  readonly key?: string | null;
  readonly codec?: Codec;
}

export class Bench {
  private readonly replies = new Map<string, Reply[]>();
  private readonly waiting = new Set<() => void>();
  private readonly run = Math.random().toString(36).slice(2, 8);
  private flows = 0;

  constructor(readonly options: BenchOptions) {
    options.lane.onReply((reply) => {
      if (isProgress(reply)) return;
      this.replies.set(reply.flowId, [...(this.replies.get(reply.flowId) ?? []), reply]);
      for (const check of [...this.waiting]) check();
    });
  }

  /** The id of a flow that no worker has seen. */
  flow(): string {
    this.flows += 1;
    return `conformance-${this.run}-${this.flows}`;
  }

  async send({ key, codec, ...command }: Send): Promise<void> {
    const { lane, payload } = this.options;
    const value = commandText(this.options, { payload, ...command });
    const { action, flowId } = command;
    const sent = { action, value, key: key === undefined ? flowId : key };
    await lane.send(codec === undefined ? sent : { ...sent, codec });
  }

  /** Sends a command, and waits for the next reply of its flow; null = none came. */
  async exchange(command: Send, patienceMs = this.options.patienceMs): Promise<Reply | null> {
    const before = this.repliesOf(command.flowId).length;
    await this.send(command);
    const all = await this.until(command.flowId, before + 1, patienceMs);
    return all[before] ?? null;
  }

  repliesOf(flowId: string): readonly Reply[] {
    return this.replies.get(flowId) ?? [];
  }

  /** The replies of a flow, once there are `count` of them, or as many as came in time. */
  async until(
    flowId: string,
    count: number,
    patienceMs = this.options.patienceMs,
  ): Promise<readonly Reply[]> {
    const enough = Promise.withResolvers<void>();
    const check = (): void => {
      if (this.repliesOf(flowId).length >= count) enough.resolve();
    };
    const timer = setTimeout(enough.resolve, patienceMs);
    this.waiting.add(check);
    check();
    await enough.promise;
    clearTimeout(timer);
    this.waiting.delete(check);
    return this.repliesOf(flowId);
  }

  /** How many effects of the flow are in place; null = they cannot be looked at. */
  async effects(flowId: string): Promise<number | null> {
    return (await this.options.effectsOf?.(flowId)) ?? null;
  }
}

/** True, false, or null: the gateway cannot read it. */
export function successOf(reply: Reply): boolean | null {
  return statusOf(reply.headers.status ?? null);
}

function isProgress({ headers }: Reply): boolean {
  return String(headers.action).trim().toUpperCase() === 'PROGRESS';
}
