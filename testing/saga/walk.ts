/**
 * Visits every state a flow can be in, breadth first by the number of disturbances, gives it every
 * input it may get, and checks the laws in every state and on every edge.
 */
import { accept } from '../../src/saga/accept.js';
import { advance, start } from '../../src/saga/advance.js';
import { openIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import { evolve } from '../../src/saga/evolve.js';
import { type Flow, isTerminal } from '../../src/saga/flow.js';
import { canonical, keyOf } from './canonical.js';
import { brokenByEdge, brokenRefusal } from './edge-laws.js';
import { inputsFor, NOW, startOf, type Variant } from './inputs.js';
import { brokenByEvent, foldedAlike, foldOf, STATE_LAWS } from './laws.js';
import type { Size } from './sizes.js';

export interface Edge {
  readonly variant: Variant;
  readonly before: Flow;
  readonly after: Flow;
  readonly events: readonly FlowEvent[];
}
export interface Walked {
  readonly states: number;
  readonly edges: number;
  readonly refused: number;
}
/** Called with every outcome: `after` null = refused. */
export type Witness = (
  variant: Variant,
  before: Flow,
  after: Flow | null,
  events: readonly FlowEvent[],
) => void;

export class BrokenLaw extends Error {}

export function walk(size: Size, witness: Witness = () => {}): Walked {
  const { orchestration } = size;
  const begun = start(startOf(orchestration), NOW);
  const costs = new Map<string, number>();
  const exits = new Map<string, string[]>();
  const levels: [key: string, flow: Flow][][] = Array.from(
    { length: size.disturbances + 1 },
    () => [],
  );
  const found = (flow: Flow, cost: number): string => {
    const key = keyOf(flow);
    const known = costs.get(key);
    if (cost <= size.disturbances && (known === undefined || cost < known)) {
      if (known === undefined) checkState(flow);
      costs.set(key, cost);
      levels[cost]?.push([key, flow]);
    }
    return key;
  };
  found(canonical(begun.flow), 0);
  let edges = 0;
  let refused = 0;
  levels.forEach((level, cost) => {
    for (let state = level.pop(); state !== undefined; state = level.pop()) {
      const [key, flow] = state;
      if (costs.get(key) !== cost) continue;
      const ways: string[] = [];
      for (const variant of inputsFor(flow, size.orchestrationPauses)) {
        const answered = deliver(flow, variant, witness);
        if (answered.length === 0) refused++;
        edges += answered.length;
        for (const edge of answered) {
          const to = found(canonical(edge.after), cost + (variant.usual ? 0 : 1));
          if (variant.usual) ways.push(to);
        }
      }
      exits.set(
        key,
        isTerminal(flow.status) || flow.paused || flow.held || flow.orchestrationPaused
          ? ['end']
          : ways,
      );
    }
  });
  checkExits(exits);
  return { states: costs.size, edges, refused };
}

/**
 * The flow's answers to one input; several when its open DOs may or may not have been given to a
 * publisher. Empty = refused.
 */
function deliver(before: Flow, variant: Variant, witness: Witness): Edge[] {
  const flow = variant.given === undefined ? before : variant.given(before);
  const accepted = accept(flow, variant.input);
  if (accepted !== null && 'refusal' in accepted) {
    const broken = brokenRefusal(flow, variant.input, accepted.refusal.message);
    if (broken !== null) throw new BrokenLaw(`${broken} in ${keyOf(flow)}`);
    witness(variant, before, null, []);
    return [];
  }
  const plain = edgeOf(before, flow, variant, witness);
  // What closes nothing that is open is the same whatever the outbox holds.
  if (!closesSomething(before, plain)) return [plain];
  return [
    plain,
    ...withdrawableOf(before, variant).map((withdrawable) =>
      edgeOf(before, { ...flow, withdrawable, unsent: withdrawable }, variant, witness),
    ),
  ];
}

function closesSomething({ steps, status }: Flow, { after }: Edge): boolean {
  return steps.some(
    ({ open }, index) =>
      open !== null && (after.steps[index]?.open == null || after.status !== status),
  );
}

/**
 * Not of a DO once the flow has turned around, when they were withdrawn; not of what times out,
 * which was sent.
 */
function withdrawableOf(flow: Flow, variant: Variant): string[][] {
  const open = flow.steps.flatMap((step, index) => {
    const out = variant.label === 'timeout' && variant.step === index;
    const turned = flow.status === 'UNDOING' && step.open?.action === 'DO';
    return out || turned ? [] : (openIdOf(flow, step) ?? []);
  });
  return open.length < 2 ? open.map((one) => [one]) : [...open.map((one) => [one]), open];
}

function edgeOf(before: Flow, flow: Flow, variant: Variant, witness: Witness): Edge {
  const { flow: after, events } = advance(flow, variant.input);
  const edge = { variant, before, after, events };
  checkEdge(flow, edge);
  witness(variant, before, after, events);
  return edge;
}

function checkState(flow: Flow): void {
  for (const [law, holds] of Object.entries(STATE_LAWS)) {
    const broken = holds(flow);
    if (broken !== null)
      throw new BrokenLaw(`${law}: ${broken} in ${keyOf(flow)} of ${flow.orchestration.name}`);
  }
}

function checkEdge(from: Flow, { variant, before, after, events }: Edge): void {
  const fail = (broken: string): never => {
    const how = events.map((event) => event.type).join(' ');
    throw new BrokenLaw(
      `${broken}: ${variant.label} ${variant.step ?? ''} to ${keyOf(before)} of ${before.orchestration.name} gave ${how}`,
    );
  };
  let flow = from;
  for (const event of events) {
    const broken = brokenByEvent(flow, event);
    if (broken !== null) fail(broken);
    flow = evolve(flow, event, event.at);
  }
  if (!foldedAlike(foldOf(from, events), after)) fail('fold');
  const broken = brokenByEdge(from, variant.input, after, events);
  if (broken !== null) fail(broken);
  checkEndStays(variant, before, events, fail);
  checkEcho(variant, from, after, fail);
}

/**
 * A repeated reply changes nothing, but for a late success (rules.md#late-success); and a reply
 * without attemptId counts like one with the open attempt's.
 */
function checkEcho(
  { input, usual }: Variant,
  from: Flow,
  after: Flow,
  fail: (broken: string) => never,
): void {
  if (input.type !== 'REPLY' || input.attemptId === null) return;
  const again = accept(after, input);
  const late =
    input.outcome !== 'failure' && input.action === 'DO' && after.status !== 'IN_PROGRESS';
  if (again !== null && 'facts' in again && !late) fail('an echo counts twice');
  if (
    usual &&
    !from.withdrawable.includes(input.attemptId) &&
    JSON.stringify(accept(from, { ...input, attemptId: null })) !==
      JSON.stringify(accept(from, input))
  )
    fail('a reply without attemptId does not count');
}

/** COMPLETED and CANCELLED are left by undoFlow only; no end is left by itself or by time. */
function checkEndStays(
  variant: Variant,
  before: Flow,
  events: readonly FlowEvent[],
  fail: (broken: string) => never,
): void {
  if (events.length === 0 || !isTerminal(before.status)) return;
  if (before.status === 'CANCELLED') fail('CANCELLED is deaf');
  if (before.status === 'COMPLETED' && variant.label !== 'undoFlow') fail('COMPLETED was left');
  if (variant.input.type === 'TICK') fail('time changes nothing at the end');
}

/** From every state that waits for no operator, plain answers lead to an end. */
function checkExits(exits: ReadonlyMap<string, readonly string[]>): void {
  const back = new Map<string, string[]>();
  for (const [from, ways] of exits)
    for (const to of ways) {
      const known = back.get(to);
      if (known === undefined) back.set(to, [from]);
      else known.push(from);
    }
  const reached = new Set(['end']);
  const queue = ['end'];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const from of back.get(at) ?? []) {
      if (reached.has(from)) continue;
      reached.add(from);
      queue.push(from);
    }
  }
  for (const from of exits.keys())
    if (!reached.has(from)) throw new BrokenLaw(`no way out of ${from}`);
}
