/**
 * Scenarios: one text, any rig. A title is a sentence of behaviour; the steps are what is sent,
 * what is answered and the state of the flow after that. Everything must be expected: a refusal by
 * `refused`, a command by `sends`.
 */
import { expect, test } from '@jest/globals';
import { traceOf } from '../../src/engine/simulation/trace-line.js';
import type { EventType, FlowEvent } from '../../src/saga/event.js';
import type { Flow, FlowStatus, StepRun, StepStatus } from '../../src/saga/flow.js';
import type { RefusalCode } from '../../src/saga/refusal.js';
import { undoPlan } from '../../src/saga/undo-plan.js';
import { type Answer, type Duration, ms, type Recipe } from './builders.js';
import type { CreateRig, ReceivedCommand, Rig, Verb } from './rig.js';

type Wanted = Partial<Pick<ReceivedCommand, 'attempt' | 'round' | 'payload' | 'headers'>> & {
  deadlineIn?: Duration;
};
/**
 * Which command is answered: the last one received of that name, unless an attempt (and round) is
 * given.
 */
type Which = { attempt?: number; round?: number };

/** What a gateway that runs cannot be made to do. */
type Control = 'outbox' | 'timers';

export class Scenario {
  private readonly acts: ((on: Stage) => Promise<void>)[] = [];
  /** What the text wants to hold in its hand. */
  readonly controls = new Set<Control>();

  given(recipe: Recipe): this {
    return this.act((on) => on.rig.register(recipe.orchestration));
  }
  start(payload?: unknown, headers: Readonly<Record<string, unknown>> = {}): this {
    return this.act((on) => on.rig.start(payload, false, headers));
  }
  /** Its orchestration is paused (rules.md#paused-orchestration). */
  startQueued(payload?: unknown): this {
    return this.act((on) => on.rig.start(payload, true, {}));
  }

  /** `DO a` or `UNDO a` was sent, and not received before. */
  sends(command: string, wanted: Wanted = {}): this {
    return this.act((on) => on.receive(command, wanted));
  }
  /** Every command sent so far was received. */
  sendsNothing(): this {
    return this.act((on) => on.expectNothingElse());
  }
  /** The command received last is answered. */
  answers(answer: Answer): this {
    return this.act((on) => on.answer(on.last(), answer));
  }
  answerTo(command: string, answer: Answer, which: Which = {}): this {
    return this.act((on) => on.answer(on.find(command, which), answer));
  }
  /**
   * A worker answers for a step although no such command was received. `attempt`: an attemptId but
   * for its flowId; null = none.
   */
  unaskedAnswer(stepName: string, answer: Answer, attempt: string | null = null): this {
    return this.act(async (on) => {
      const attemptId = attempt === null ? null : `${(await on.flow()).flowId}:${attempt}`;
      return on.deliver(() => on.rig.reply({ stepName, action: answer.action, attemptId, answer }));
    });
  }
  progress(command: string, progress: number, which: Which & { echoes?: boolean } = {}): this {
    return this.act((on) => {
      const { stepName, attemptId } = on.find(command, which);
      const update = {
        stepName,
        attemptId: which.echoes === false ? null : attemptId,
        progress,
        message: null,
      };
      return on.deliver(() => on.rig.progress(update));
    });
  }
  /** The command received last can never be published. */
  cannotBePublished(errorCode = 'MESSAGE_TOO_LARGE'): this {
    return this.controlling('outbox').act((on) =>
      on.deliver(() => on.rig.unpublishable(on.last().attemptId, errorCode, 'it will never fit')),
    );
  }

  /** Timers fire as they come due. */
  after(duration: Duration): this {
    return this.act((on) => on.deliver(() => on.rig.elapse(ms(duration), true)));
  }
  /** The gateway's timers are late: time passes and no timer fires. */
  unwatched(duration: Duration): this {
    return this.controlling('timers').act((on) => on.rig.elapse(ms(duration), false));
  }

  retryStep(stepName: string): this {
    return this.verb({ type: 'RETRY_STEP', stepName });
  }
  /** The open command goes out once more; `sends` receives the second copy. */
  resendCommand(stepName: string): this {
    return this.verb({ type: 'RESEND', stepName });
  }
  skipStep(stepName: string, output?: unknown): this {
    return this.verb({ type: 'SKIP_STEP', stepName, output });
  }
  cancel({ undo }: { undo: boolean }): this {
    return this.verb({ type: 'CANCEL', undo });
  }
  undoFlow(): this {
    return this.verb({ type: 'UNDO_FLOW' });
  }
  /** The steps that undoFlow would undo now, in their order; remembered for `undoAsPlanned`. */
  plansToUndo(...stepNames: readonly string[]): this {
    return this.act((on) => on.expectPlan(stepNames));
  }
  /** Refused when the flow has changed since `plansToUndo`. */
  undoAsPlanned(): this {
    return this.act((on) => on.operate({ type: 'UNDO_FLOW', planHash: on.planHash }));
  }
  pause(): this {
    return this.verb({ type: 'PAUSE' });
  }
  resume(): this {
    return this.verb({ type: 'RESUME' });
  }
  pauseOrchestration(): this {
    return this.act((on) => on.rig.pauseOrchestration(true));
  }
  resumeOrchestration(): this {
    return this.act((on) => on.rig.pauseOrchestration(false));
  }
  /** When a timer looks at the flow again. */
  looksIn(duration: Duration): this {
    return this.controlling('timers').act(async (on) =>
      expect(await on.rig.untilLook()).toBe(ms(duration)),
    );
  }
  publisher(state: 'sends' | 'stuck' | 'away'): this {
    return this.controlling('outbox').act((on) => on.rig.publisher(state));
  }

  /** The input before is refused with this code. */
  refused(code: RefusalCode): this {
    return this.act((on) => on.expectRefusal(code));
  }
  step(name: string): {
    is(status: StepStatus): Scenario;
    has(wanted: Partial<StepRun>): Scenario;
  } {
    const has = (wanted: Partial<StepRun>) =>
      this.act(async (on) =>
        expect((await on.flow()).steps.find((step) => step.definition.name === name)).toMatchObject(
          wanted,
        ),
      );
    return { is: (status) => has({ status }), has };
  }
  flow(wanted: Partial<Flow>): this {
    return this.act(async (on) => expect(await on.flow()).toMatchObject(wanted));
  }
  /** How often an event of that type is on the timeline. */
  timeline(type: EventType, times: number, where: Record<string, unknown> = {}): this {
    return this.act(async (on) => {
      const found = (await on.events()).filter((event) => event.type === type);
      expect(
        found.filter((event) =>
          Object.entries(where).every(([key, value]) => Reflect.get(event, key) === value),
        ),
      ).toHaveLength(times);
    });
  }
  is(status: FlowStatus): this {
    return this.act(async (on) => expect((await on.flow()).status).toBe(status));
  }
  /** A terminal status, and nothing open. */
  ends(status: FlowStatus, wanted: Partial<Flow> = {}): this {
    return this.flow({ status, ...wanted }).act(async (on) =>
      expect((await on.flow()).endedAt).not.toBeNull(),
    );
  }
  andNothingElse(): this {
    return this.act((on) => on.expectNothingElse());
  }

  async playOn(rig: Rig): Promise<void> {
    const stage = new Stage(rig);
    try {
      for (const act of this.acts) await act(stage);
      stage.expectNoRefusal();
    } catch (error) {
      if (error instanceof Error) error.message += `\n\n${traceOf(await stage.events())}\n`;
      throw error;
    } finally {
      await rig.close();
    }
  }

  private controlling(what: Control): this {
    this.controls.add(what);
    return this;
  }
  private verb(verb: Verb): this {
    return this.act((on) => on.operate(verb));
  }
  private act(act: (on: Stage) => Promise<unknown>): this {
    this.acts.push(async (on) => {
      await act(on);
    });
    return this;
  }
}

/** What is known while a scenario plays. */
class Stage {
  private readonly received: ReceivedCommand[] = [];
  private refusal: string | null = null;
  planHash: string | null = null;
  constructor(readonly rig: Rig) {}

  async expectPlan(stepNames: readonly string[]): Promise<void> {
    const { hash, steps } = undoPlan(await this.flow());
    this.planHash = hash;
    expect(steps.filter(({ willUndo }) => willUndo).map((step) => step.stepName)).toEqual(
      stepNames,
    );
  }

  async flow(): Promise<Flow> {
    return (await this.rig.view()).flow;
  }
  async events(): Promise<readonly FlowEvent[]> {
    return this.rig.view().then(
      ({ events }) => events,
      () => [],
    );
  }

  async receive(text: string, { deadlineIn, ...wanted }: Wanted): Promise<void> {
    const waiting = await this.waiting();
    const command = waiting.find((one) => nameOf(one) === text);
    if (command === undefined)
      throw new Error(
        `${text} was not sent; waiting to be received: ${waiting.map(nameOf).join(', ') || 'nothing'}`,
      );
    this.received.push(command);
    const { headers, ...fields } = wanted;
    expect(command).toMatchObject(fields);
    if (headers !== undefined) expect(command.headers).toEqual(headers);
    if (deadlineIn !== undefined)
      expect(command.deadline - (await this.flow()).now).toBe(ms(deadlineIn));
  }
  async expectNothingElse(): Promise<void> {
    expect((await this.waiting()).map(nameOf)).toEqual([]);
  }
  last(): ReceivedCommand {
    const last = this.received[this.received.length - 1];
    if (last === undefined) throw new Error('no command was received');
    return last;
  }
  find(text: string, which: Which): ReceivedCommand {
    const fits = (one: ReceivedCommand) =>
      nameOf(one) === text &&
      one.attempt === (which.attempt ?? one.attempt) &&
      one.round === (which.round ?? one.round);
    const found = this.received.filter(fits);
    const last = found[found.length - 1];
    if (last === undefined) throw new Error(`${text} ${JSON.stringify(which)} was not received`);
    return last;
  }

  answer(command: ReceivedCommand, answer: Answer): Promise<void> {
    const { stepName } = command;
    const action = answer.action === undefined ? command.action : answer.action;
    return this.deliver(() =>
      this.rig.reply({
        stepName,
        action,
        attemptId: answer.echoes ? command.attemptId : null,
        answer,
      }),
    );
  }
  /** Something that a worker sent: its refusal is on the timeline. */
  async deliver(send: () => Promise<void>): Promise<void> {
    this.expectNoRefusal();
    const before = (await this.events()).length;
    await send();
    const refused = (await this.events())
      .slice(before)
      .find((event) => event.type === 'REPLY_REFUSED');
    this.refusal = refused?.type === 'REPLY_REFUSED' ? refused.code : null;
  }
  async operate(verb: Verb): Promise<void> {
    this.expectNoRefusal();
    this.refusal = (await this.rig.operator(verb))?.code ?? null;
  }
  async expectRefusal(code: RefusalCode): Promise<void> {
    const { refusal } = this;
    this.refusal = null;
    expect(refusal ?? 'it was accepted').toBe(code);
  }
  expectNoRefusal(): void {
    if (this.refusal !== null)
      throw new Error(`refused with ${this.refusal}, which was not expected`);
  }

  /** A command that was resent is received twice. */
  private async waiting(): Promise<readonly ReceivedCommand[]> {
    const left = this.received.map((one) => one.attemptId);
    return (await this.rig.commands()).filter(({ attemptId }) => {
      const known = left.indexOf(attemptId);
      if (known !== -1) left.splice(known, 1);
      return known === -1;
    });
  }
}

function nameOf({ action, stepName }: ReceivedCommand): string {
  return `${action} ${stepName}`;
}

const rig = process.env.SCENARIO_RIG ?? 'pure';
const { createRig } = (await import(`./rig-${rig}.js`)) as { createRig: CreateRig };

/**
 * `rigs`: only on these, where a scenario needs what others cannot do (an outbox that stands
 * still).
 */
export function scenario(
  title: string,
  write: (s: Scenario) => Scenario,
  { rigs }: { rigs?: readonly string[] } = {},
): void {
  if (rigs !== undefined && !rigs.includes(rig)) return;
  const text = write(new Scenario());
  // Kafka and the timers of a running gateway cannot be held.
  if (rig === 'kafka' && text.controls.size > 0) return;
  test(title, async () => text.playOn(await createRig()));
}
