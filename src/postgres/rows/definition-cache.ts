/**
 * A cache of registered versions. They never change, so each is read once per process; only
 * committed ones are cached.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type {
  Backoff,
  Orchestration,
  PolicyValues,
  StepDefinition,
} from '../../saga/orchestration.js';
import { withPolicies } from '../../saga/policies.js';
import { OrchestrationRow, OrchestrationStepRow } from '../schema/entities/definitions.js';

export interface VersionRef {
  readonly name: string;
  readonly version: number;
  /** JSON text of the policies a flow started with; null or absent = none. */
  readonly policy?: string | null;
}

const MOST_KEPT = 10_000;

export class Definitions {
  private readonly kept = new Map<string, Orchestration>();
  /** Versions with policies applied, by version and policies. */
  private readonly withPolicy = new Map<string, Orchestration>();

  /**
   * Looks up these versions, and reads new ones through `em`. The result throws for a version that
   * is not registered: no flow can have started with it.
   */
  async of(
    em: EntityManager,
    refs: readonly VersionRef[],
  ): Promise<(ref: VersionRef) => Orchestration> {
    const found = new Map<string, Orchestration>();
    const missing = new Map<string, VersionRef>();
    for (const ref of refs) {
      const known = this.kept.get(keyOf(ref));
      if (known === undefined) missing.set(keyOf(ref), ref);
      else found.set(keyOf(ref), known);
    }
    if (missing.size > 0) {
      if (this.kept.size + missing.size > MOST_KEPT) this.kept.clear();
      for (const [key, orchestration] of await readDefinitions(em, [...missing.values()])) {
        found.set(key, orchestration);
        this.kept.set(key, orchestration);
      }
    }
    return (ref) => {
      const orchestration = found.get(keyOf(ref));
      if (orchestration === undefined)
        throw new Error(`version ${ref.version} of orchestration ${ref.name} is not registered`);
      return ref.policy ? this.underPolicies(orchestration, ref.policy) : orchestration;
    };
  }

  private underPolicies(orchestration: Orchestration, policy: string): Orchestration {
    const key = `${keyOf(orchestration)} ${policy}`;
    const known = this.withPolicy.get(key);
    if (known !== undefined) return known;
    if (this.withPolicy.size >= MOST_KEPT) this.withPolicy.clear();
    const made = withPolicies(orchestration, JSON.parse(policy) as PolicyValues[]);
    this.withPolicy.set(key, made);
    return made;
  }
}

export function keyOf({ name, version }: VersionRef): string {
  return `${name}@${version}`;
}

/** Reads versions, in the transaction of `em` if it is in one. */
export async function readDefinitions(
  em: EntityManager,
  refs: readonly VersionRef[],
): Promise<Map<string, Orchestration>> {
  if (refs.length === 0) return new Map();
  const rows = await em.find(OrchestrationRow, {
    $or: refs.map(({ name, version }) => ({ name, version })),
  });
  const where = { $or: refs.map(({ name, version }) => ({ orchestrationName: name, version })) };
  const steps = await em.find(OrchestrationStepRow, where, { orderBy: { seq: 'asc' } });
  const stepsOf = Map.groupBy(steps, (step) =>
    keyOf({ name: step.orchestrationName, version: step.version }),
  );
  return new Map(
    rows.map((row) => [keyOf(row), orchestrationOf(row, stepsOf.get(keyOf(row)) ?? [])]),
  );
}

function orchestrationOf(
  row: OrchestrationRow,
  steps: readonly OrchestrationStepRow[],
): Orchestration {
  return {
    name: row.name,
    version: row.version,
    type: row.type as Orchestration['type'],
    steps: steps.map(stepDefinitionOf),
    deadlineMs: row.deadlineMs ?? null,
    onRetriesExhausted: row.onRetriesExhausted as Orchestration['onRetriesExhausted'],
    onUndoExhausted: row.onUndoExhausted as Orchestration['onUndoExhausted'],
    description: row.description ?? null,
    labels: row.labels,
    ...(row.payloadSchema != null && { payloadSchema: row.payloadSchema }),
    ...(row.sensitive != null && { sensitive: row.sensitive }),
    ...(row.objectives != null && { objectives: row.objectives }),
  };
}

function stepDefinitionOf(row: OrchestrationStepRow): StepDefinition {
  return {
    seq: row.seq,
    name: row.name,
    objectType: row.objectType ?? null,
    maxRetries: row.maxRetries,
    undoMaxRetries: row.undoMaxRetries,
    timeoutMs: row.timeoutMs,
    undoTimeoutMs: row.undoTimeoutMs,
    backoff: row.backoff as Backoff,
    undoBackoff: row.undoBackoff as Backoff,
    nonRetryableErrors: row.nonRetryableErrors,
    undo: row.undo as StepDefinition['undo'],
    payloadSchema: row.payloadSchema ?? null,
    doMethod: row.doMethod ?? null,
    undoMethod: row.undoMethod ?? null,
    handlerClass: row.handlerClass ?? null,
    handlerMethod: row.handlerMethod ?? null,
    undoHandlerMethod: row.undoHandlerMethod ?? null,
  };
}
