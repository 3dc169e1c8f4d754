/** Reads what a registration document declares, all defaults filled in (docs/recipe.md). */
import type { Declaration, DeclaredWorkerStep } from '../engine/ports/registrations.js';
import { LIMITS } from '../limits/limits.js';
import {
  type Backoff,
  type Defaults,
  type Orchestration,
  type StepDefinition,
} from '../saga/orchestration.js';
import {
  type Check,
  type Fields,
  kindOf,
  type Path,
  pathText,
  type Report,
  readFields,
} from './checks.js';
import { ORCHESTRATION, STEP, WORKER_ORCHESTRATION, WORKER_STEP } from './document-fields.js';

const MOST_STEPS = LIMITS.orchestrationSteps.value;

export interface DeclarationOptions {
  readonly lineOf: (at: Path) => number | null;
  /** Values of fields that a document leaves out. */
  readonly defaults: Defaults;
  readonly payloadSchema: Check<unknown>;
}

/** Null when it has problems: all of them were reported. */
export function readDeclaration(
  value: unknown,
  at: Path,
  report: Report,
  options: DeclarationOptions,
): Declaration | null {
  const problems = new Problems(report);
  const isWorker = isRole(value, 'worker');
  const checks = isWorker
    ? WORKER_ORCHESTRATION
    : { ...ORCHESTRATION, payloadSchema: options.payloadSchema };
  const fields = readFields(value, at, problems.report, { what: 'an orchestration', checks });
  if (fields === null) return null;
  const line = options.lineOf(at);
  const declared = isWorker
    ? readWorker(fields, at, problems)
    : readInitiator(fields, at, problems, options);
  return declared && { ...declared, line };
}

/** Passes the problems of one declaration on to `reportAll`, and remembers that there were some. */
class Problems {
  found = false;
  constructor(private readonly reportAll: Report) {}

  readonly report: Report = (...problem) => {
    this.found = true;
    this.reportAll(...problem);
  };

  /**
   * Reported only while the declaration has no other problem: a misspelled field would be reported
   * twice.
   */
  missing(value: unknown, at: Path, message: string): void {
    if (value === undefined && !this.found) this.report('FIELD_MISSING', at, message);
  }
}

function checkNameAndRole(
  fields: Fields<typeof WORKER_ORCHESTRATION>,
  at: Path,
  problems: Problems,
): string | undefined {
  const name = fields.orchestrationName ?? fields.orchName;
  problems.missing(name, [...at, 'orchestrationName'], 'orchestrationName is missing');
  problems.missing(fields.as, [...at, 'as'], 'as is missing: initiator or worker');
  return name;
}

function readWorker(fields: Fields<typeof WORKER_ORCHESTRATION>, at: Path, problems: Problems) {
  const orchestrationName = checkNameAndRole(fields, at, problems);
  const steps = readSteps(fields.steps, [...at, 'steps'], problems.report, WORKER_STEP);
  if (problems.found || orchestrationName === undefined) return null;
  return { as: 'worker', orchestrationName, steps: steps.map(workerStep) } as const;
}

function readInitiator(
  fields: Root,
  at: Path,
  problems: Problems,
  { defaults, payloadSchema }: DeclarationOptions,
) {
  const { report } = problems;
  const { type } = fields;
  const name = checkNameAndRole(fields, at, problems);
  problems.missing(type, [...at, 'type'], 'type is missing: sequential or parallel');
  const steps = readSteps(fields.steps, [...at, 'steps'], report, { ...STEP, payloadSchema });
  uniqueSeqs(steps, [...at, 'steps'], report);
  if (problems.found || name === undefined || type === undefined) return null;
  const defined = steps.map((step) => stepOf(step, fields, defaults));
  return { as: 'initiator', orchestration: orchestrationOf(name, type, fields, defined) } as const;
}

function isRole(value: unknown, role: string): boolean {
  const as = typeof value === 'object' && value !== null && 'as' in value ? value.as : null;
  return typeof as === 'string' && as.toLowerCase() === role;
}

function readSteps<C extends typeof STEP | typeof WORKER_STEP>(
  value: unknown,
  at: Path,
  report: Report,
  checks: C,
): Fields<C>[] {
  if (!Array.isArray(value) || value.length === 0) {
    report(
      value === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID',
      at,
      `${pathText(at)} must be a list of at least one step, not ${kindOf(value)}`,
    );
    return [];
  }
  if (value.length > MOST_STEPS) {
    report(
      'TOO_MANY_STEPS',
      at,
      `${pathText(at)} has ${value.length} steps, at most ${MOST_STEPS} are allowed`,
    );
    return [];
  }
  const seen = new Set<string>();
  return value.flatMap((one, index) => {
    const fields = readFields(one, [...at, index], report, { what: 'a step', checks });
    if (fields === null) return [];
    const name = fields.name as string | undefined;
    if (name === undefined && !('name' in fields))
      report('FIELD_MISSING', [...at, index, 'name'], `${pathText([...at, index])} has no name`);
    if (name !== undefined && seen.has(name))
      report('STEP_DUPLICATE', [...at, index, 'name'], `there are two steps called ${name}`);
    if (name !== undefined) seen.add(name);
    return [fields];
  });
}

function uniqueSeqs(steps: readonly Fields<typeof STEP>[], at: Path, report: Report): void {
  const seen = new Set<number>();
  steps.forEach((step, index) => {
    if (step.seq === undefined && !('seq' in step))
      report('FIELD_MISSING', [...at, index, 'seq'], `${pathText([...at, index])} has no seq`);
    if (step.seq !== undefined && seen.has(step.seq))
      report(
        'SEQ_DUPLICATE',
        [...at, index, 'seq'],
        `seq ${step.seq} is used twice; it gives the order`,
      );
    if (step.seq !== undefined) seen.add(step.seq);
  });
}

type Root = Fields<typeof ORCHESTRATION>;
type Step = Fields<typeof STEP>;

function orchestrationOf(
  name: string,
  type: Orchestration['type'],
  root: Root,
  steps: readonly StepDefinition[],
): Omit<Orchestration, 'version'> {
  return {
    name,
    type,
    steps: [...steps].sort((a, b) => a.seq - b.seq),
    deadlineMs: root.deadline ?? null,
    onRetriesExhausted: root.onRetriesExhausted ?? 'undo',
    onUndoExhausted: root.onUndoExhausted ?? 'stop',
    description: root.description ?? null,
    labels: root.labels ?? {},
    ...(root.payloadSchema !== undefined && { payloadSchema: root.payloadSchema }),
    ...(root.sensitive !== undefined && { sensitive: root.sensitive }),
    ...(root.objectives !== undefined && { objectives: root.objectives }),
  };
}

/**
 * For each field: the step's own value, else the orchestration's, else the default; for UNDO: else
 * the value for DO. Called when no problem was reported, so name and seq are there.
 */
function stepOf(step: Step, root: Root, defaults: Defaults): StepDefinition {
  const maxRetries = step.maxRetries ?? root.maxRetries ?? defaults.maxRetries;
  const timeoutMs = step.timeout ?? root.timeout ?? defaults.timeoutMs;
  const forDo: Backoff = { ...defaults.backoff, ...root.backoff, ...step.backoff };
  return {
    seq: step.seq as number,
    name: step.name as string,
    objectType: step.objectType ?? null,
    maxRetries,
    undoMaxRetries: step.undoMaxRetries ?? root.undoMaxRetries ?? maxRetries,
    timeoutMs,
    undoTimeoutMs: step.undoTimeout ?? root.undoTimeout ?? timeoutMs,
    backoff: forDo,
    undoBackoff: { ...forDo, ...root.undoBackoff, ...step.undoBackoff },
    nonRetryableErrors: step.nonRetryableErrors ?? [],
    undo: step.undo ?? 'required',
    payloadSchema: step.payloadSchema ?? null,
    doMethod: step.doMethod ?? null,
    undoMethod: step.undoMethod ?? null,
    handlerClass: step.handlerClass ?? null,
    handlerMethod: step.handlerMethod ?? null,
    undoHandlerMethod: step.undoHandlerMethod ?? null,
  };
}

function workerStep(step: Fields<typeof WORKER_STEP>): DeclaredWorkerStep {
  return {
    stepName: step.name as string,
    objectType: step.objectType ?? null,
    handlerClass: step.handlerClass ?? null,
    doMethod: step.doMethod ?? step.handlerMethod ?? null,
    undoMethod: step.undoMethod ?? step.undoHandlerMethod ?? null,
  };
}
