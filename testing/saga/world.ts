/**
 * A world in which steps have effects (I5): workers that keep the contract of
 * rules.md#worker-contract, messages that are late, lost, doubled or overtaken. Visits every state
 * of flow and world, and checks: once a flow is UNDONE and nothing is in flight, is anything left?
 */
import { advance, start } from '../../src/saga/advance.js';
import { readAttemptId, sentIdOf, withdrawnIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Action, Flow } from '../../src/saga/flow.js';
import type { Input, StartInput } from '../../src/saga/input.js';
import { canonical, keyOf } from './canonical.js';
import { FLOW_ID, inputsFor, NOW, startOf } from './inputs.js';
import type { Size } from './sizes.js';
import { BrokenLaw } from './walk.js';

interface Command {
  readonly step: number;
  readonly action: Action;
  readonly attemptId: string;
}
interface Reply extends Command {
  readonly outcome: 'success' | 'failure' | 'unknown';
}
interface World {
  readonly flow: Flow;
  /** Whether the step's operation is in place, per step. */
  readonly effects: readonly boolean[];
  readonly commands: readonly Command[];
  readonly replies: readonly Reply[];
  readonly trace: string;
}
/** What may come of a world; `odd` uses up the budget of odd things. */
interface Way {
  readonly world: World;
  readonly odd: boolean;
}

export interface WalkResult {
  readonly worlds: number;
  /** Worlds at UNDONE with nothing in flight, that had an effect on the way. */
  readonly undone: number;
}

export function walkWorld({ orchestration, disturbances }: Size): WalkResult {
  const begun = start(startOf(orchestration), NOW);
  const nothing = {
    effects: orchestration.steps.map(() => false),
    commands: [],
    replies: [],
    trace: '',
  };
  const levels: World[][] = Array.from({ length: disturbances + 1 }, () => []);
  const costs = new Map<string, number>();
  let undone = 0;
  const found = (world: World, cost: number): void => {
    const key = worldKey(world);
    const known = costs.get(key);
    if (cost > disturbances || (known !== undefined && known <= cost)) return;
    if (known === undefined && isClean(world)) undone++;
    costs.set(key, cost);
    levels[cost]?.push(world);
  };
  found(withEvents({ ...nothing, flow: begun.flow }, begun.flow, begun.events, 'start'), 0);
  levels.forEach((level, cost) => {
    for (let world = level.pop(); world !== undefined; world = level.pop()) {
      if (costs.get(worldKey(world)) !== cost) continue;
      for (const way of ways(world)) found(way.world, cost + (way.odd ? 1 : 0));
    }
  });
  return { worlds: costs.size, undone };
}

function worldKey({ flow, effects, commands, replies }: World): string {
  const inFlight = [
    ...commands.map((one) => one.attemptId),
    ...replies.map((one) => `${one.attemptId}=${one.outcome}`),
  ].sort();
  return [keyOf(flow), effects.map(Number).join(''), ...inFlight].join('/');
}

/** UNDONE with nothing in flight; throws when something is left of a step that is to be undone. */
function isClean({ flow, effects, commands, replies, trace }: World): boolean {
  if (flow.status !== 'UNDONE' || commands.length > 0 || replies.length > 0) return false;
  const left = flow.steps.find(
    (step, index) => effects[index] && step.definition.undo !== 'none' && !step.skipped,
  );
  if (left !== undefined)
    throw new BrokenLaw(`${left.definition.name} is left although the flow is UNDONE:${trace}`);
  return true;
}

function ways(world: World): Way[] {
  return [
    ...world.commands.flatMap((command) => worked(world, command)),
    ...world.replies.flatMap((reply) => delivered(world, reply)),
    ...timers(world),
    ...operators(world),
  ];
}

/**
 * A worker takes a command. It answers false only if nothing is in place, and `already there` is
 * success. Work without a reply is possible while the command is open: later the contract wants the
 * reply acknowledged before the command's offset is committed.
 */
function worked(world: World, command: Command): Way[] {
  const taken = { ...world, commands: world.commands.filter((one) => one !== command) };
  const effect = world.effects[command.step] === true;
  const done = command.action === 'DO';
  const after = (is: boolean, outcome: Reply['outcome'] | null, odd: boolean): Way => ({
    odd,
    world: {
      ...taken,
      effects: world.effects.map((one, index) => (index === command.step ? is : one)),
      replies: outcome === null ? taken.replies : [...taken.replies, { ...command, outcome }],
      trace: `${world.trace} ${command.attemptId}:${is ? 'in' : 'out'}=${outcome ?? 'silent'}`,
    },
  });
  const failed = done && effect ? [] : [after(effect, 'failure', false)];
  const isOpen = world.flow.steps[command.step]?.open?.action === command.action;
  const silent = isOpen || !done ? [after(done, null, true)] : [];
  const unreadable = [after(done, 'unknown', true), after(effect, 'unknown', true)];
  return [
    after(done, 'success', false),
    ...failed,
    ...unreadable,
    ...silent,
    after(effect, null, true),
  ];
}

/** A reply arrives, once or (odd) to arrive once more. */
function delivered(world: World, reply: Reply): Way[] {
  const { attemptId, action, outcome } = reply;
  const stepName = world.flow.steps[reply.step]?.definition.name ?? '';
  const plain = {
    type: 'REPLY',
    payload: null,
    errorMessage: null,
    errorCode: null,
    retryable: true,
  } as const;
  const after = deliver(
    world,
    { ...plain, flowId: FLOW_ID, stepName, action, outcome, attemptId },
    `${attemptId}!`,
  );
  return [
    { world: { ...after, replies: world.replies.filter((one) => one !== reply) }, odd: false },
    { world: after, odd: true },
  ];
}

/**
 * A command of which the time is over was not taken, and will not be: the worker refuses a DO past
 * its deadline.
 */
function timers(world: World): Way[] {
  const ticks = inputsFor(world.flow, false).filter(
    ({ label }) => label === 'timeout' || label === 'due',
  );
  return ticks.map(({ label, input, given, step }) => {
    const open = world.flow.steps[step ?? 0]?.open;
    const expired = (one: Command) =>
      label === 'timeout' && open?.action === 'DO' && one.step === step && one.action === 'DO';
    const later = {
      ...world,
      commands: world.commands.filter((one) => !expired(one)),
      flow: given?.(world.flow) ?? world.flow,
    };
    return { world: deliver(later, input, `${label} ${step}`), odd: label === 'timeout' };
  });
}

/**
 * Somebody turns the flow around; what no worker has taken may have been given to a publisher or
 * not.
 */
function operators(world: World): Way[] {
  if (world.flow.status !== 'IN_PROGRESS' && world.flow.status !== 'COMPLETED') return [];
  const input = { type: 'UNDO_FLOW', flowId: FLOW_ID, actor: 'ada', reason: 'because' } as const;
  const withdrawable = world.commands
    .filter((one) => one.action === 'DO')
    .map((one) => one.attemptId);
  const kept = world.commands.filter((one) => one.action !== 'DO');
  return [
    { world: deliver(world, input, 'undoFlow'), odd: true },
    {
      world: deliver(
        { ...world, commands: kept, flow: { ...world.flow, withdrawable } },
        input,
        'undoFlow, withdrawn',
      ),
      odd: true,
    },
  ];
}

function deliver(world: World, input: Exclude<Input, StartInput>, how: string): World {
  const { flow, events } = advance(world.flow, input);
  return withEvents(world, flow, events, how);
}

function withEvents(world: World, flow: Flow, events: readonly FlowEvent[], how: string): World {
  const withdrawn = events.flatMap((event) => withdrawnIdOf(FLOW_ID, event) ?? []);
  const sent = events.flatMap((event): Command[] => {
    const attemptId = sentIdOf(FLOW_ID, event);
    if (attemptId === null || !('stepName' in event)) return [];
    const step = flow.steps.findIndex((one) => one.definition.name === event.stepName);
    const action = readAttemptId(attemptId, FLOW_ID, event.stepName ?? '')?.action ?? 'DO';
    return withdrawn.includes(attemptId) ? [] : [{ step, action, attemptId }];
  });
  return {
    ...world,
    flow: canonical(flow),
    commands: [...world.commands, ...sent],
    trace: `${world.trace} ${how}`,
  };
}
