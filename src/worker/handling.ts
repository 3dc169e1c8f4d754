/** The way of one command: remembered? → run the handler → remember → reply. */
import { backoff, pause } from '../timing/pause.js';
import type { Command, Received } from './command.js';
import { type Late, outcomeWithoutRun, REASONS } from './not-run.js';
import { type Outcome, outcomeOf, type Progress } from './outcome.js';
import { Run, type Stopped, type Work } from './running.js';
import { type Decision, decide, ended, NOTHING_KNOWN, prolonged } from './step-record.js';
import type { RecordStore, Versioned } from './stores/store.js';
import { type Ending, logOf, observed, type WorkerLog } from './telemetry.js';

export type Handler = (command: Command, work: Work) => unknown;

/** The way back to the gateway. Each resolves when the broker or the gateway has taken it. */
export interface Conversation {
  reply(received: Received, outcome: Outcome): Promise<void>;
  progress(received: Received, progress: Progress): Promise<void>;
}

export interface HandlingOptions {
  readonly store: RecordStore;
  /** Names this process. */
  readonly owner: string;
  /** A handler whose process has crashed is noticed after this, ms. */
  readonly leaseMs: number;
  readonly log: WorkerLog;
}

const STORE_PAUSES = { firstMs: 50, longestMs: 5000 };
const BUSY_PAUSES = { firstMs: 20, longestMs: 1000 };

type Step = Exclude<Decision, { readonly kind: 'wait' }>;

/** The commands that one worker has at the moment. */
export class Handling {
  private readonly runs = new Map<string, Run>();
  private readonly stopping = new AbortController();

  constructor(private readonly options: HandlingOptions) {}

  /** Resolves true when the command may be acknowledged; false = it must be delivered again. */
  async handle(received: Received, handler: Handler, way: Conversation): Promise<boolean> {
    const { command } = received;
    const log = logOf(this.options.log, command);
    const ending = await observed(command, () => this.take(received, handler, way, log));
    log.debug({ ending }, 'a command has ended');
    return ending !== 'given_back';
  }

  /** Handlers that still run are aborted; what waits is given up. */
  stop(): void {
    this.stopping.abort();
    for (const run of this.runs.values()) run.stop('stop');
  }

  private async take(
    received: Received,
    handler: Handler,
    way: Conversation,
    log: WorkerLog,
  ): Promise<Ending> {
    const decision = await this.decided(received.command, log);
    if (decision === null) return 'given_back';
    if (decision.kind === 'run') return this.run(received, handler, way, log);
    const outcome = outcomeWithoutRun(decision);
    log.info({ reason: decision.kind }, REASONS[decision.kind]);
    const replied = await this.patiently(log, () => replyBy(way, received, outcome));
    if (replied === null) return 'given_back';
    return decision.kind === 'repeat' ? 'repeated' : 'not_run';
  }

  /** What to do, stored; null = the worker stops. */
  private async decided(command: Command, log: WorkerLog): Promise<Step | Late | null> {
    for (let waits = 0; !this.stopping.signal.aborted; waits++) {
      if (isLate(command)) return { kind: 'late' };
      const decision = await this.patiently(log, () => this.attempt(command));
      if (decision === null) return null;
      if (decision !== 'again' && decision.kind !== 'wait') return decision;
      if (decision === 'again') continue;
      if (command.action === 'UNDO') this.runs.get(keyOf(command))?.stop('undo');
      const most = Math.max(1, decision.until - Date.now());
      await pause(Math.min(most, backoff(Math.min(waits, 10), BUSY_PAUSES)), this.stopping.signal);
    }
    return null;
  }

  /** Decides on the stored record, and stores what the decision needs. */
  private async attempt(command: Command): Promise<Decision | 'again'> {
    const { store, owner, leaseMs } = this.options;
    const held = await store.read(keyOf(command));
    const now = Date.now();
    const moment = { owner, now, until: now + leaseMs, complete: store.complete };
    const record = held?.record ?? NOTHING_KNOWN;
    const decision = decide(command.action, record, moment);
    if (!('record' in decision) || decision.record === record) return decision;
    const stored = await store.write(keyOf(command), decision.record, held?.version ?? 0);
    return stored ? decision : 'again';
  }

  private async run(
    received: Received,
    handler: Handler,
    way: Conversation,
    log: WorkerLog,
  ): Promise<Ending> {
    const { command } = received;
    const key = keyOf(command);
    const send = (progress: Progress): Promise<void> => way.progress(received, progress);
    const run = new Run(received, { log, begun: await this.begun(command, log), send });
    this.runs.set(key, run);
    const renewing = this.renew(command, run, log);
    const outcome = await outcomeFrom(handler, command, run);
    clearInterval(renewing);
    run.close();
    if (this.runs.get(key) === run) this.runs.delete(key);
    return this.finish(received, outcome, { way, log, stopped: run.stopped });
  }

  private async finish(
    received: Received,
    outcome: Outcome,
    { way, log, stopped }: Finish,
  ): Promise<Ending> {
    const remembered = await this.patiently(log, () => this.remember(received.command, outcome));
    if (outcome.kind !== 'success' && stopped !== null) {
      // It ended because it was aborted: its effect is not known, which is what the gateway
      // assumes.
      log.warn({ reason: stopped }, `not replied: ${outcome.message}`);
      return stopped === 'stop' ? 'given_back' : 'abandoned';
    }
    if (remembered === null) return 'given_back';
    const replied = await this.patiently(log, () => replyBy(way, received, outcome));
    return replied === null ? 'given_back' : outcome.kind;
  }

  /** Of an UNDO: whether a DO of this step began; null = the store cannot know. */
  private async begun({ action, ...command }: Command, log: WorkerLog): Promise<boolean | null> {
    if (action === 'DO') return null;
    const held = await this.patiently(log, () => this.options.store.read(keyOf(command)));
    if (held !== null && held.record.do !== null) return true;
    return this.options.store.complete ? false : null;
  }

  private renew(command: Command, run: Run, log: WorkerLog): NodeJS.Timeout {
    const { owner, leaseMs } = this.options;
    const { action } = command;
    return setInterval(() => {
      this.change(command, (held) => prolonged(action, held.record, owner, Date.now() + leaseMs))
        .then((mine) => {
          if (!mine) run.stop('taken');
        })
        .catch((error: unknown) =>
          log.warn({ err: error }, 'the store of records is away; the handler goes on'),
        );
    }, leaseMs / 3);
  }

  private async remember(command: Command, outcome: Outcome): Promise<true> {
    const { owner } = this.options;
    await this.change(command, (held) => ended(command.action, held.record, owner, outcome));
    return true;
  }

  /** Stores the changed record; false = `change` found nothing to change. */
  private async change(
    command: Command,
    change: (held: Versioned) => Versioned['record'] | null,
  ): Promise<boolean> {
    const { store } = this.options;
    const key = keyOf(command);
    for (;;) {
      const held = (await store.read(key)) ?? { record: NOTHING_KNOWN, version: 0 };
      const record = change(held);
      if (record === null) return false;
      if (await store.write(key, record, held.version)) return true;
    }
  }

  /** Repeats what fails, for as long as it takes; null = the worker stops. */
  private async patiently<T>(log: WorkerLog, work: () => Promise<T>): Promise<T | null> {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (error) {
        if (this.stopping.signal.aborted) return null;
        const nextTryMs = backoff(Math.min(failures, 10), STORE_PAUSES);
        log.warn({ err: error, nextTryMs }, 'trying again');
        await pause(nextTryMs, this.stopping.signal);
      }
    }
  }
}

interface Finish {
  readonly way: Conversation;
  readonly log: WorkerLog;
  readonly stopped: Stopped | null;
}

/** A DO only: an UNDO is always done. */
function isLate({ action, deadline }: Command): boolean {
  return action === 'DO' && deadline !== null && deadline.getTime() < Date.now();
}

function keyOf({ flowId, stepName }: Pick<Command, 'flowId' | 'stepName'>): string {
  return `${flowId}:${stepName}`;
}

async function outcomeFrom(handler: Handler, command: Command, run: Run): Promise<Outcome> {
  let result: unknown;
  try {
    result = await handler(command, run.work);
  } catch (error) {
    return outcomeOf(error);
  }
  try {
    const payload = result === undefined ? null : JSON.stringify(result);
    return { kind: 'success', payload: payload ?? null, headers: { ...run.added } };
  } catch (error) {
    // The work is done: only an UNDO brings it back.
    return { kind: 'unknown', message: `the result is not JSON: ${(error as Error).message}` };
  }
}

async function replyBy(way: Conversation, received: Received, outcome: Outcome): Promise<true> {
  await way.reply(received, outcome);
  return true;
}
