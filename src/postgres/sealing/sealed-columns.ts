/** Which columns are sealed, and how rows are written and read with that. */
import type { RecordPosition } from '../../engine/ports.js';
import type { ColumnSpec } from '../connection/set-based-sql.js';
import type { RunRead, StepRead } from '../rows/flow-rows.js';
import type { Place, Sealer } from './sealer.js';

/** The columns of `specs` that are called so, sealed; `placeOf`: of the row they are in. */
export function sealing<R>(
  specs: readonly ColumnSpec<R>[],
  sealer: Sealer,
  names: readonly string[],
  placeOf: (row: R, name: string) => Place,
): readonly ColumnSpec<R>[] {
  if (!sealer.seals) return specs;
  return specs.map((spec) => {
    const [name, type, value, as] = spec;
    if (!names.includes(name)) return spec;
    const sealed = (row: R): ReturnType<typeof value> => {
      const text = value(row);
      // The mark of a payload that did not change is no payload.
      return typeof text === 'string' && text !== '' ? sealer.seal(text, placeOf(row, name)) : text;
    };
    return as === undefined ? [name, type, sealed] : [name, type, sealed, as];
  });
}

export const RUN_SEALED = ['input', 'output', 'headers'] as const;
export const STEP_SEALED = ['input', 'output'] as const;

export function runPlace(flowId: string, name: string): Place {
  return { flowId, column: `run.${name}` };
}

export function stepPlace(flowId: string, seq: number, name: string): Place {
  return { flowId, column: `step.${seq}.${name}` };
}

export function timelinePlace(flowId: string): Place {
  return { flowId, column: 'timeline' };
}

export function outboxPlace(flowId: string, number: number): Place {
  return { flowId, column: `outbox.${number}` };
}

/** Of a quarantined record: its place in the log. */
export function recordPlace(
  { topic, partition, offset }: Pick<RecordPosition, 'topic' | 'partition' | 'offset'>,
  name: string,
): Place {
  return { flowId: `!${topic}/${partition}`, column: `quarantine.${offset}.${name}` };
}

const opened = (sealer: Sealer, text: string | null, place: Place): string | null =>
  text === null ? null : sealer.open(text, place);

/** A row as it is read, its columns opened. */
export function openRun<R extends RunRead>(row: R, sealer: Sealer): R {
  const open = (name: (typeof RUN_SEALED)[number]): string | null =>
    opened(sealer, row[name], runPlace(row.flow_id, name));
  return { ...row, input: open('input'), output: open('output'), headers: open('headers') ?? '{}' };
}

export function openStep<S extends StepRead>(flowId: string, row: S, sealer: Sealer): S {
  const open = (name: (typeof STEP_SEALED)[number]): string | null =>
    opened(sealer, row[name], stepPlace(flowId, row.seq, name));
  return { ...row, input: open('input'), output: open('output') };
}
