/**
 * What came of many worlds: how much went wrong, what was checked, what broke, and how to see it
 * again.
 */
import { FAULT_KINDS } from './faults.js';
import type { Violation } from './observations.js';
import { EPOCH } from './time.js';
import { World, type WorldOptions } from './world.js';

/** Flows in one world. */
export const FLOWS_PER_WORLD = 60;

export interface Outcome {
  readonly seed: number;
  /** Starts that clients wanted. */
  readonly flows: number;
  /** Equal for equal runs: of everything that happened, in its order. */
  readonly digest: string;
  readonly violations: readonly Violation[];
  readonly faults: ReadonlyMap<string, number>;
  readonly checks: number;
  readonly events: number;
  readonly statuses: ReadonlyMap<string, number>;
  readonly recoveryMs: number;
  /** Of each flow that is in the way: its timeline. */
  readonly stories: readonly string[];
}

export async function simulate(options: WorldOptions): Promise<Outcome> {
  const world = new World(options);
  await world.run();
  const { observations, faults, recoveryMs, time } = world;
  const entries = [...world.ended.memory.tables.flows.values()];
  const statuses = new Map<string, number>();
  let events = 0;
  let digest = time.trail;
  for (const { flow, events: own } of entries) {
    statuses.set(flow.status, (statuses.get(flow.status) ?? 0) + 1);
    events += own.length;
    for (const { type, at, number } of own)
      digest = sum(digest, `${flow.flowId} ${number} ${at} ${type}`);
  }
  const broken = new Set(
    observations.violations.flatMap(({ flowId }) => (flowId === null ? [] : [flowId])),
  );
  const stories = entries
    .filter(({ flow }) => broken.has(flow.flowId))
    .map(({ flow, events: own }) => storyOf(flow.flowId, own));
  const { seed } = options;
  const { violations, checks } = observations;
  const hex = (digest >>> 0).toString(16).padStart(8, '0');
  return {
    seed,
    flows: world.ended.clients.all.length,
    digest: hex,
    violations,
    faults: faults.counts,
    checks,
    events,
    statuses,
    recoveryMs,
    stories,
  };
}

function sum(before: number, text: string): number {
  let hash = before;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

type StoredFlow =
  World['ended']['memory']['tables']['flows'] extends Map<string, infer Entry> ? Entry : never;

function storyOf(flowId: string, events: StoredFlow['events']): string {
  const lines = events.map(({ number, at, type, flowStatus, stepStatusBefore: _, ...rest }) => {
    return `    ${number} ${at - EPOCH} ${type} ${flowStatus} ${JSON.stringify(rest)}`;
  });
  return [`  flow ${flowId}: ${events.map(signOf).join(' ')}`, ...lines].join('\n');
}

/** As a scenario prints a flow: `a+ b- ~a+ => UNDONE`. */
function signOf(event: StoredFlow['events'][number]): string {
  const step = 'stepName' in event && event.stepName !== null ? event.stepName : '';
  const signs: Readonly<Record<string, string>> = {
    DO_SENT: `${step}?`,
    DO_SUCCEEDED: `${step}+`,
    DO_FAILED: `${step}-`,
    UNDO_SENT: `~${step}?`,
    UNDO_SUCCEEDED: `~${step}+`,
    UNDO_FAILED: `~${step}-`,
  };
  return signs[event.type] ?? (event.type.startsWith('FLOW_') ? `=> ${event.flowStatus}` : '·');
}

/** Many outcomes, added up. */
export class Report {
  worlds = 0;
  flows = 0;
  checks = 0;
  events = 0;
  slowest = { ms: 0, seed: 0 };
  readonly failed: Outcome[] = [];
  private readonly faults = new Map<string, number>();
  private readonly statuses = new Map<string, number>();

  add(outcome: Outcome): void {
    this.worlds++;
    this.flows += outcome.flows;
    this.checks += outcome.checks;
    this.events += outcome.events;
    if (outcome.recoveryMs > this.slowest.ms)
      this.slowest = { ms: outcome.recoveryMs, seed: outcome.seed };
    if (outcome.violations.length > 0) this.failed.push(outcome);
    for (const [kind, count] of outcome.faults)
      this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
    for (const [status, count] of outcome.statuses)
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + count);
  }

  get violations(): number {
    return this.failed.reduce((total, { violations }) => total + violations.length, 0);
  }

  lines(): string[] {
    const injected = FAULT_KINDS.map((kind) => [kind, this.faults.get(kind) ?? 0] as const);
    const total = injected.reduce((all, [, count]) => all + count, 0);
    return [
      `flows                ${this.flows} in ${this.worlds} worlds; ${[...this.statuses].map(([status, count]) => `${status} ${count}`).join(', ')}`,
      `timeline events      ${this.events}`,
      `faults injected      ${total}: ${injected.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
      `invariants checked   ${this.checks}`,
      `slowest recovery     ${(this.slowest.ms / 1000).toFixed(1)} s after the last fault, in the world's own time (seed ${this.slowest.seed})`,
      `violations           ${this.violations}${this.violations > 0 ? ` in ${this.failed.length} worlds` : ''}`,
    ];
  }
}

/**
 * One outcome as text: what is broken, the flows it happened to, and the command that shows it
 * again.
 */
export function describeOutcome({ seed, violations, stories }: Outcome, flows: number): string {
  const what = violations.map(
    ({ invariant, flowId, what: why }) =>
      `  ${invariant}${flowId === null ? '' : ` ${flowId}`}: ${why}`,
  );
  return [
    `seed ${seed}:`,
    ...what,
    ...stories,
    `  again: npm run sim -- --seed ${seed} --flows ${flows}`,
  ].join('\n');
}
