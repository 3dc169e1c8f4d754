/** What a re-registration changes, for people: breaking = workers or callers written for the old version may not do for the new one. */
import type { Orchestration, StepDefinition } from '../../saga/orchestration.js';
import type { DefinitionChange } from '../service.js';

type Content = Omit<Orchestration, 'version'>;

/** Equal in every field but the version. */
export function sameContent(one: Content, other: Content): boolean {
  return contentOf(one) === contentOf(other);
}

function contentOf({
  name,
  type,
  steps,
  deadlineMs,
  onRetriesExhausted,
  onUndoExhausted,
  description,
  labels,
}: Content): string {
  return JSON.stringify([
    name,
    type,
    steps.map(sorted),
    deadlineMs,
    onRetriesExhausted,
    onUndoExhausted,
    description,
    sorted(labels),
  ]);
}

/** Key order says nothing: a stored version may come back in another. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

export function changesBetween(
  before: Content,
  after: Content,
  flowsInFlight: number,
): DefinitionChange[] {
  const changes: Omit<DefinitionChange, 'flowsInFlight'>[] = [];
  const say = (kind: string, breaking: boolean, description: string): number =>
    changes.push({ kind, breaking, description });
  if (before.type !== after.type)
    say('TYPE_CHANGED', true, `type ${before.type} becomes ${after.type}`);
  const old = new Map(before.steps.map((step) => [step.name, step]));
  const kept = after.steps.filter((step) => old.has(step.name));
  for (const step of before.steps) {
    if (!kept.some(({ name }) => name === step.name))
      say('STEP_REMOVED', true, `step ${step.name} is gone: its workers get no more commands`);
  }
  for (const step of after.steps) {
    const was = old.get(step.name);
    if (was === undefined)
      say('STEP_ADDED', true, `step ${step.name} is new: flows wait for a worker on its topics`);
    else changes.push(...stepChanges(was, step));
  }
  const order = before.steps.filter((step) => kept.some(({ name }) => name === step.name));
  if (order.some((step, index) => step.name !== kept[index]?.name)) {
    say(
      'STEPS_REORDERED',
      true,
      `the order becomes ${after.steps.map(({ name }) => name).join(', ')}`,
    );
  }
  for (const field of [
    'deadlineMs',
    'onRetriesExhausted',
    'onUndoExhausted',
    'description',
    'labels',
  ] as const) {
    if (said(before[field]) !== said(after[field]))
      say(
        'ORCHESTRATION_CHANGED',
        false,
        `${field} ${said(before[field])} becomes ${said(after[field])}`,
      );
  }
  return changes.map((change) => ({ ...change, flowsInFlight }));
}

const BREAKING = new Set<keyof StepDefinition>(['objectType', 'payloadSchema']);

function stepChanges(
  before: StepDefinition,
  after: StepDefinition,
): Omit<DefinitionChange, 'flowsInFlight'>[] {
  return (Object.keys(after) as (keyof StepDefinition)[])
    .filter((field) => field !== 'name' && said(before[field]) !== said(after[field]))
    .map((field) => ({
      kind: 'STEP_CHANGED',
      breaking: BREAKING.has(field),
      description: `step ${after.name}: ${field} ${said(before[field])} becomes ${said(after[field])}`,
    }));
}

function said(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'none';
}
