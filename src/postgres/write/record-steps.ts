/** Writes the rows of steps: all steps of a new flow, and those that changed of other flows. */
import type { FlowRecord } from '../../engine/ports.js';
import { type Flow, retryCountOf, type StepRun, undoRetryCountOf } from '../../saga/flow.js';
import { isStartPayload } from '../../saga/start-payload.js';
import { type ColumnSpec, columnsOf, type Part, wrap } from '../connection/set-based-sql.js';
import { instantOf } from '../connection/sql.js';
import { outputEventOf } from '../rows/flow-rows.js';
import { asJson, keeping, orKept } from '../rows/payload-columns.js';
import { stepState } from '../rows/stored-state.js';
import { outputEventAmong } from '../rows/timeline-rows.js';
import { STEP_SEALED, sealing, stepPlace } from '../sealing/sealed-columns.js';
import type { Place, Sealer } from '../sealing/sealer.js';

interface StepChange {
  readonly flow: Flow;
  readonly before: StepRun | undefined;
  readonly step: StepRun;
  /** Number of the event that gave the step its output; 0 = none. */
  readonly outputEvent: number;
  /** Its input is new, and refers to the flow's. */
  readonly refers: boolean;
}

/** `refer`: an input that is the start payload of the flow is not stored again. */
export function insertSteps(records: readonly FlowRecord[], refer: boolean, sealer: Sealer): Part {
  const changes = records.flatMap((record) =>
    record.after.steps.map((step) => changeOf(record, undefined, step, refer)),
  );
  const specs = changes.some(({ refers }) => refers) ? [...NEW_STEP, NEW_REFERENCE] : NEW_STEP;
  return wrap.insert(
    'orchestration_step_run',
    columnsOf(sealed(specs, sealer), changes),
    changes.length,
  );
}

/** Only steps that changed: the saga returns unchanged ones as the same objects. */
export function updateSteps(records: readonly FlowRecord[], refer: boolean, sealer: Sealer): Part {
  const changes = records.flatMap((record) =>
    record.after.steps.flatMap((step, index) => {
      const before = record.before?.steps[index];
      return step === before ? [] : [changeOf(record, before, step, refer)];
    }),
  );
  const specs = changes.some(({ refers }) => refers)
    ? [...CHANGED_STEP, CHANGED_REFERENCE]
    : CHANGED_STEP;
  return wrap.update(
    'orchestration_step_run',
    ['flow_id', 'seq'],
    columnsOf(sealed(specs, sealer), changes),
    changes.length,
  );
}

function sealed(
  specs: readonly ColumnSpec<StepChange>[],
  sealer: Sealer,
): readonly ColumnSpec<StepChange>[] {
  const placeOf = ({ flow, step }: StepChange, name: string): Place =>
    stepPlace(flow.flowId, step.definition.seq, name);
  if (!sealer.seals) return specs;
  return sealing(specs, sealer, STEP_SEALED, placeOf).map((spec) =>
    spec[0] === 'state'
      ? stateSpec((one, text) => sealer.seal(text, placeOf(one, 'headers')))
      : spec,
  );
}

/** Of the state, only the headers of workers are sealed. */
function stateSpec(
  seal: ((one: StepChange, text: string) => string) | null,
): ColumnSpec<StepChange> {
  const stateOf = (one: StepChange): string | null =>
    stepState(one.step, one.outputEvent, seal && ((text) => seal(one, text)));
  return ['state', 'text', stateOf, asJson];
}

function changeOf(
  { after, events }: FlowRecord,
  before: StepRun | undefined,
  step: StepRun,
  refer: boolean,
): StepChange {
  return {
    refers: refer && step.input !== before?.input && isStartPayload(after, step.input),
    flow: after,
    before,
    step,
    outputEvent: outputEventAmong(events, step) ?? outputEventOf(before),
  };
}

const STEP: readonly ColumnSpec<StepChange>[] = [
  ['flow_id', 'text', ({ flow }) => flow.flowId],
  ['seq', 'int', ({ step }) => step.definition.seq],
  ['status', 'text', ({ step }) => step.status],
  ['retry_count', 'int', ({ step }) => retryCountOf(step)],
  ['undo_retry_count', 'int', ({ step }) => undoRetryCountOf(step)],
  ['attempt', 'int', ({ step }) => step.attempt],
  ['error_message', 'text', ({ step }) => step.errorMessage],
  ['error_code', 'text', ({ step }) => step.errorCode],
  ['started_at', 'float8', ({ step }) => step.startedAt, instantOf],
  ['ended_at', 'float8', ({ step }) => step.endedAt, instantOf],
  ['undone_at', 'float8', ({ step }) => step.undoneAt, instantOf],
  stateSpec(null),
];

const NEW_STEP: readonly ColumnSpec<StepChange>[] = [
  ...STEP,
  ['step_name', 'text', ({ step }) => step.definition.name],
  ['max_retries', 'int', ({ step }) => step.definition.maxRetries],
  ['undo_max_retries', 'int', ({ step }) => step.definition.undoMaxRetries],
  ['created_at', 'float8', ({ flow }) => flow.startedAt, instantOf],
  ['input', 'text', ({ step, refers }) => (refers ? null : step.input), asJson],
  ['output', 'text', ({ step }) => step.output, asJson],
];

const CHANGED_STEP: readonly ColumnSpec<StepChange>[] = [
  ...STEP,
  [
    'input',
    'text',
    ({ before, step, refers }) => (refers ? null : orKept(before?.input, step.input)),
    keeping,
  ],
  ['output', 'text', ({ before, step }) => orKept(before?.output, step.output), keeping],
];

const flagged = ({ refers }: StepChange): number | null => (refers ? 1 : null);

const NEW_REFERENCE: ColumnSpec<StepChange> = [
  'input_of_flow',
  'int',
  flagged,
  (place) => `${place} = 1`,
];

const CHANGED_REFERENCE: ColumnSpec<StepChange> = [
  'input_of_flow',
  'int',
  flagged,
  (place) => `CASE WHEN ${place} = 1 THEN true ELSE t.input_of_flow END`,
];
