/**
 * What a re-registration changes. Breaking: workers or callers written for the old version may not
 * work with the new one.
 */
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
  payloadSchema,
  sensitive,
  objectives,
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
    sorted(payloadSchema ?? null),
    sensitive ?? [],
    sorted(objectives ?? {}),
  ]);
}

/** Sorts the keys of objects: their order has no meaning, and jsonb does not keep it. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

type Change = Omit<DefinitionChange, 'flowsInFlight'>;

export function changesBetween(
  before: Content,
  after: Content,
  flowsInFlight: number,
): DefinitionChange[] {
  const changes = [
    ...typeChange(before, after),
    ...removedSteps(before, after),
    ...addedAndChangedSteps(before, after),
    ...reordering(before, after),
    ...settingChanges(before, after),
    ...schemaChange(before, after),
  ];
  return changes.map((change) => ({ ...change, flowsInFlight }));
}

function typeChange(before: Content, after: Content): Change[] {
  if (before.type === after.type) return [];
  const description = `type ${before.type} becomes ${after.type}`;
  return [{ kind: 'TYPE_CHANGED', breaking: true, description }];
}

function removedSteps(before: Content, after: Content): Change[] {
  const kept = new Set(after.steps.map(({ name }) => name));
  return before.steps
    .filter(({ name }) => !kept.has(name))
    .map(({ name }) => ({
      kind: 'STEP_REMOVED',
      breaking: true,
      description: `step ${name} is removed: its workers get no more commands`,
    }));
}

function addedAndChangedSteps(before: Content, after: Content): Change[] {
  const known = new Map(before.steps.map((step) => [step.name, step]));
  return after.steps.flatMap((step) => {
    const earlier = known.get(step.name);
    if (earlier !== undefined) return stepChanges(earlier, step);
    const description = `step ${step.name} is new: flows wait for a worker on its topics`;
    return [{ kind: 'STEP_ADDED', breaking: true, description }];
  });
}

/** Compares the order of the steps that both versions have. */
function reordering(before: Content, after: Content): Change[] {
  const [old, fresh] = [before, after].map(({ steps }) => steps.map(({ name }) => name));
  const order = (old ?? []).filter((name) => fresh?.includes(name));
  const kept = (fresh ?? []).filter((name) => old?.includes(name));
  if (order.every((name, index) => name === kept[index])) return [];
  const description = `the order becomes ${(fresh ?? []).join(', ')}`;
  return [{ kind: 'STEPS_REORDERED', breaking: true, description }];
}

const SETTINGS = [
  'deadlineMs',
  'onRetriesExhausted',
  'onUndoExhausted',
  'description',
  'labels',
  'sensitive',
  'objectives',
] as const;

function settingChanges(before: Content, after: Content): Change[] {
  return SETTINGS.filter((field) => shown(before[field]) !== shown(after[field])).map((field) => ({
    kind: 'ORCHESTRATION_CHANGED',
    breaking: false,
    description: `${field} ${shown(before[field])} becomes ${shown(after[field])}`,
  }));
}

function schemaChange({ payloadSchema: old = null }: Content, after: Content): Change[] {
  const { payloadSchema: fresh = null } = after;
  if (shown(old) === shown(fresh)) return [];
  const description = `payloadSchema ${shown(old)} becomes ${shown(fresh)}`;
  return [{ kind: 'ORCHESTRATION_CHANGED', breaking: fresh !== null, description }];
}

/**
 * Removing a payloadSchema breaks nothing; adding or changing one may refuse payloads that were
 * accepted before.
 */
function isBreaking(field: keyof StepDefinition, after: StepDefinition): boolean {
  return field === 'objectType' || (field === 'payloadSchema' && after.payloadSchema !== null);
}

function stepChanges(before: StepDefinition, after: StepDefinition): Change[] {
  return (Object.keys(after) as (keyof StepDefinition)[])
    .filter((field) => field !== 'name' && shown(before[field]) !== shown(after[field]))
    .map((field) => ({
      kind: 'STEP_CHANGED',
      breaking: isBreaking(field, after),
      description: `step ${after.name}: ${field} ${shown(before[field])} becomes ${shown(after[field])}`,
    }));
}

function shown(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'none';
}
