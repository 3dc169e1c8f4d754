/**
 * The pure core: start and advance, a number for a clock, an array for an outbox. Milliseconds per
 * scenario.
 */
import { deepStrictEqual } from 'node:assert';
import { withoutSensitiveTexts } from '../../src/engine/masking/sensitive-texts.js';
import { advance, fold, start } from '../../src/saga/advance.js';
import { readAttemptId, sentIdOf, withdrawnIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Action, Flow, StepRun } from '../../src/saga/flow.js';
import type { Input, OperatorInput, StartInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import type { Refusal } from '../../src/saga/refusal.js';
import { dueAt } from '../../src/saga/retry.js';
import { headersBefore } from '../../src/saga/worker-headers.js';
import { replyInput, textOf } from './inputs.js';
import type { ReceivedCommand, Rig, RigProgress, RigReply, Verb } from './rig.js';

const FLOW_ID = 'f1';
const EPOCH = Date.UTC(2026, 0, 1);

export class PureRig implements Rig {
  private orchestration: Orchestration | null = null;
  private begun: StartInput | null = null;
  private flow: Flow | null = null;
  private now = EPOCH;
  private publishing: 'sends' | 'stuck' | 'away' = 'sends';
  private orchestrationPaused = false;
  private readonly events: FlowEvent[] = [];
  private readonly sent: ReceivedCommand[] = [];
  private outbox: (ReceivedCommand & { readonly given: boolean })[] = [];

  async register(orchestration: Orchestration): Promise<void> {
    this.orchestration = orchestration;
  }

  async start(
    payload: unknown,
    queued: boolean,
    headers: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (this.orchestration === null) throw new Error('no orchestration was given');
    this.orchestrationPaused = queued;
    const input: StartInput = {
      type: 'START',
      flowId: FLOW_ID,
      orchestration: this.orchestration,
      payload: textOf(payload),
      headers,
      initiator: null,
      idempotencyKey: null,
    };
    this.begun = input;
    this.recorded(start(input, this.now, queued));
  }

  async commands(): Promise<readonly ReceivedCommand[]> {
    return this.sent;
  }

  async reply(reply: RigReply): Promise<void> {
    this.deliver(replyInput(FLOW_ID, reply));
  }

  async progress(progress: RigProgress): Promise<void> {
    this.deliver({ type: 'PROGRESS', flowId: FLOW_ID, ...progress });
  }

  async unpublishable(attemptId: string, errorCode: string, errorMessage: string): Promise<void> {
    this.deliver({ type: 'UNPUBLISHABLE', flowId: FLOW_ID, attemptId, errorCode, errorMessage });
  }

  async elapse(milliseconds: number, ticking: boolean): Promise<void> {
    const until = this.now + milliseconds;
    for (let last = -1; ticking && this.events.length !== last; ) {
      const due = dueAt(this.current());
      if (due === null || due > until) break;
      last = this.events.length;
      this.now = Math.max(this.now, due);
      this.deliver({ type: 'TICK', flowId: FLOW_ID });
    }
    this.now = until;
    if (ticking) this.deliver({ type: 'TICK', flowId: FLOW_ID });
  }

  async operator(verb: Verb): Promise<Refusal | null> {
    const action = { flowId: FLOW_ID, actor: 'ada', reason: 'because' };
    const input: OperatorInput =
      verb.type === 'SKIP_STEP'
        ? { ...action, ...verb, output: textOf(verb.output) }
        : { ...action, ...verb };
    return this.deliver(input);
  }

  async pauseOrchestration(paused: boolean): Promise<void> {
    this.orchestrationPaused = paused;
    this.deliver({ type: 'TICK', flowId: FLOW_ID });
  }

  async publisher(state: 'sends' | 'stuck' | 'away'): Promise<void> {
    this.publishing = state;
    this.publish([]);
  }

  async untilLook(): Promise<number | null> {
    const due = dueAt(this.current());
    return due === null ? null : due - this.now;
  }

  async view(): Promise<{ flow: Flow; events: readonly FlowEvent[] }> {
    return { flow: this.current(), events: this.events };
  }

  async close(): Promise<void> {}

  private current(): Flow {
    if (this.flow === null) throw new Error('the flow was not started');
    return this.flow;
  }

  private deliver(input: Exclude<Input, StartInput>): Refusal | null {
    const { now, orchestrationPaused } = this;
    const unsent = this.outbox.map((row) => row.attemptId);
    const withdrawable = this.outbox.filter((row) => !row.given).map((row) => row.attemptId);
    const flow = { ...this.current(), now, withdrawable, unsent, orchestrationPaused };
    const advanced = advance(flow, withoutSensitiveTexts(flow, input));
    this.recorded(advanced);
    return advanced.refusal;
  }

  private recorded({ flow, events }: { flow: Flow; events: readonly FlowEvent[] }): void {
    this.flow = flow;
    this.events.push(...events);
    if (this.begun !== null) deepStrictEqual(stored(fold(this.begun, this.events)), stored(flow));
    const withdrawn = events.flatMap((event) => withdrawnIdOf(FLOW_ID, event) ?? []);
    this.outbox = this.outbox.filter((row) => !withdrawn.includes(row.attemptId));
    this.publish(
      events
        .flatMap((event) => commandOf(flow, event))
        .filter((row) => !withdrawn.includes(row.attemptId)),
    );
  }

  private publish(rows: readonly ReceivedCommand[]): void {
    const all = [...this.outbox, ...rows.map((row) => ({ ...row, given: false }))];
    this.outbox = this.publishing === 'away' ? all : all.map((row) => ({ ...row, given: true }));
    if (this.publishing !== 'sends') return;
    this.sent.push(...this.outbox);
    this.outbox = [];
  }
}

/** A flow without what is no part of the fold. */
function stored(flow: Flow): Flow {
  return { ...flow, now: 0, withdrawable: [], unsent: [], orchestrationPaused: false };
}

function commandOf(flow: Flow, event: FlowEvent): ReceivedCommand[] {
  const attemptId = sentIdOf(FLOW_ID, event);
  if (attemptId === null || !('deadline' in event)) return [];
  const step = flow.steps.find(({ definition }) => definition.name === event.stepName);
  const sent = readAttemptId(attemptId, FLOW_ID, event.stepName);
  if (step === undefined || sent === null) return [];
  const { stepName, deadline } = event;
  const headers = { ...(sent.action === 'DO' ? headersBefore(flow, step) : {}), ...flow.headers };
  const payload = payloadFor(step, sent.action);
  return [{ ...sent, stepName, attemptId, payload, headers, deadline }];
}

/**
 * As the wire fills a command: DO carries the input, UNDO the step's own output or, without one,
 * its input.
 */
function payloadFor(step: StepRun, action: Action): unknown {
  const text = action === 'DO' ? step.input : (step.output ?? step.input);
  return text === null ? null : JSON.parse(text);
}

export async function createRig(): Promise<Rig> {
  return new PureRig();
}
