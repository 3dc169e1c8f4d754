/** A worker in this process that keeps the contract, but for one thing. */
import type { Lane, Reply, Sent, WorkerProcess } from '../../src/conformance/lane.js';

/** What is wrong with it. */
export type Fault =
  | 'none'
  | 'echoes nothing'
  | 'fails on unknown fields'
  | 'needs a key'
  | 'has no undo'
  | 'keeps silent about failures'
  | 'one at a time'
  | 'loses commands under load'
  | 'charges twice'
  | 'charges each attempt'
  | 'charges copies at once twice'
  | 'fails the second undo'
  | 'undoes what never was'
  | 'fails an undo without a do'
  | 'charges after the undo'
  | 'charges past the deadline'
  | 'refuses a late undo'
  | 'dies of null'
  | 'dies of text'
  | 'dies of lists'
  | 'dies of large payloads'
  | 'dies of poison'
  | 'has no lz4'
  | 'begins at latest'
  | 'commits before it replies';

interface Message {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly payload: unknown;
  readonly unknown?: unknown;
}

export class ScriptedWorker implements WorkerProcess, Lane {
  readonly isRaw = true;
  private readonly log: Sent[] = [];
  private committed = 0;
  private isRunning = false;
  private starts = 0;
  private readonly listeners: ((reply: Reply) => void)[] = [];
  private readonly results = new Map<string, unknown>();
  private readonly undone = new Set<string>();
  private readonly effects = new Map<string, number>();
  private charges = 0;

  constructor(private readonly fault: Fault) {}

  effectsOf = async (flowId: string): Promise<number> => this.effects.get(flowId) ?? 0;

  onReply(listener: (reply: Reply) => void): void {
    this.listeners.push(listener);
  }

  async send(sent: Sent): Promise<void> {
    this.log.push(sent);
    this.work();
  }

  async start(): Promise<void> {
    this.starts += 1;
    if (this.has('begins at latest') && this.starts === 1) this.committed = this.log.length;
    this.isRunning = true;
    this.work();
  }

  async kill(): Promise<void> {
    this.isRunning = false;
  }

  async close(): Promise<void> {
    this.isRunning = false;
  }

  private has(...faults: Fault[]): boolean {
    return faults.includes(this.fault);
  }

  private work(): void {
    while (this.isRunning && this.committed < this.log.length) {
      const sent = this.log[this.committed] as Sent;
      // Killed between the commit and the reply.
      const isLost = this.has('commits before it replies') && this.committed % 100 === 50;
      if (!isLost && !this.isTaken(sent)) {
        this.isRunning = false;
        return;
      }
      this.committed += 1;
    }
  }

  /** False: the worker dies of it, and of the same again after a restart. */
  private isTaken(sent: Sent): boolean {
    if (this.has('has no lz4') && sent.codec === 'lz4') return false;
    const message = messageIn(sent.value);
    if (message?.headers.flowId === undefined) return !this.has('dies of poison');
    const { payload } = message;
    const dies =
      (this.has('dies of null') && payload === null) ||
      (this.has('dies of text') && typeof payload === 'string') ||
      (this.has('dies of lists') && Array.isArray(payload)) ||
      (this.has('dies of large payloads') && sent.value.length > 500_000) ||
      (this.has('fails on unknown fields') && message.unknown !== undefined) ||
      (this.has('needs a key') && sent.key === null);
    if (dies) return false;
    this.answer(message, sent);
    return true;
  }

  private answer({ headers, payload }: Message, { action }: Sent): void {
    const flowId = String(headers.flowId);
    if (this.has('loses commands under load') && Number(flowId.split('-').at(-1)) % 40 === 7)
      return;
    const isLate = Date.parse(String(headers.deadline)) < Date.now();
    const given = { flowId, headers, payload, isLate };
    const outcome = action === 'DO' ? this.charge(given) : this.refund(given);
    if (outcome === null) return;
    const own = this.has('echoes nothing')
      ? { flowId, stepName: String(headers.stepName), action }
      : headers;
    const isSlow = typeof payload === 'object' && payload !== null && 'slow' in payload;
    const reply: Reply = {
      flowId,
      headers: { ...own, ...outcome.headers },
      payload: outcome.payload === undefined ? null : JSON.stringify(outcome.payload),
    };
    const send = (): void => {
      for (const listen of this.listeners) listen(reply);
    };
    if (isSlow && !this.has('one at a time')) setTimeout(send, 20);
    else if (isSlow) sendLate(send);
    else send();
  }

  private charge({ flowId, headers, payload, isLate }: Given): Outcome | null {
    if (isFailing(payload))
      return this.has('keeps silent about failures') ? null : failure('no money');
    if (isLate && !this.has('charges past the deadline')) return failure('past its deadline');
    if (this.undone.has(flowId) && !this.has('charges after the undo')) return failure('undone');
    const key = this.has('charges each attempt') ? `${flowId}:${String(headers.attempt)}` : flowId;
    const remembers = !this.has('charges twice', 'charges copies at once twice');
    if (remembers && this.results.has(key)) return success(this.results.get(key));
    const result = { charge: ++this.charges };
    this.results.set(key, result);
    this.effects.set(flowId, (this.effects.get(flowId) ?? 0) + 1);
    return success(result);
  }

  private refund({ flowId, isLate }: Given): Outcome | null {
    if (this.has('has no undo')) return null;
    if (isLate && this.has('refuses a late undo')) return failure('past its deadline');
    const effects = this.effects.get(flowId) ?? 0;
    if (this.undone.has(flowId) && this.has('fails the second undo')) return failure('not found');
    if (effects === 0 && this.has('fails an undo without a do') && !this.undone.has(flowId))
      return failure('not found');
    this.undone.add(flowId);
    const refunds = effects > 0 || this.has('undoes what never was');
    // After its UNDO it neither undoes again what came later.
    const isStubborn = this.has('charges after the undo') && this.effects.has(flowId);
    if (refunds && !isStubborn) this.effects.set(flowId, effects - 1);
    return success(undefined);
  }
}

/** Nothing else runs meanwhile. */
function sendLate(send: () => void): void {
  const until = Date.now() + 20;
  while (Date.now() < until) Math.random();
  send();
}

interface Given {
  readonly flowId: string;
  readonly headers: Message['headers'];
  readonly payload: unknown;
  readonly isLate: boolean;
}

interface Outcome {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload?: unknown;
}

const success = (payload: unknown): Outcome => ({ headers: { status: true }, payload });
const failure = (errorMessage: string): Outcome => ({ headers: { status: false, errorMessage } });

function isFailing(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'fail' in payload;
}

function messageIn(value: string): Message | null {
  try {
    const message = JSON.parse(value) as Message | null;
    return typeof message === 'object' && message?.headers !== undefined ? message : null;
  } catch {
    return null;
  }
}
