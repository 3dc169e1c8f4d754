/**
 * What callers want simulated: an orchestration by name, or as a document declares it, and the
 * faults.
 */
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import type { SimulationRequest, SimulationResult } from '../../engine/service.js';
import { FAULT_KINDS, type FaultKind } from '../../engine/simulation/simulate.js';
import { LIMITS } from '../../limits/limits.js';
import { nearest } from '../../names/nearest.js';
import type { Orchestration } from '../../saga/orchestration.js';
import type { Shell } from '../context.js';
import { BadInput } from '../problems.js';
import { checkOptionalText, checkText, LONGEST_TEXT } from './texts.js';

export interface FaultFields {
  readonly stepName: string;
  readonly action: 'DO' | 'UNDO';
  readonly attempt?: number | null | undefined;
  readonly kind: string;
}
export interface SimulationFields {
  readonly document?: string | null | undefined;
  readonly orchestrationName?: string | null | undefined;
  readonly faults: readonly FaultFields[];
  readonly seed?: number | null | undefined;
}

/** What a simulation may read and compute, in rows of the request's budget. */
export const SIMULATION_COSTS = 1000;

export async function simulated(
  { engine, readRegistration }: Pick<Shell, 'engine' | 'readRegistration'>,
  fields: SimulationFields,
): Promise<SimulationResult> {
  const { document } = fields;
  const problems: Problem[] = [];
  const name = checkOptionalText(fields.orchestrationName, 'orchestrationName', problems);
  const faults = faultsOf(fields.faults, problems);
  if (typeof document !== 'string' && name === null)
    problems.push(
      problem(
        'FIELD_MISSING',
        'give orchestrationName, of a registered orchestration, or a document',
        'orchestrationName',
      ),
    );
  if (problems.length > 0) return refused(problems);
  const orchestration =
    typeof document === 'string'
      ? declaredIn(await readRegistration(document, { serviceName: null }), name)
      : (name as string);
  if (typeof orchestration === 'object' && 'problems' in orchestration)
    return refused(orchestration.problems);
  return engine.simulate({ orchestration, faults, seed: fields.seed ?? 0 });
}

function faultsOf(
  fields: readonly FaultFields[],
  problems: Problem[],
): SimulationRequest['faults'] {
  const most = LIMITS.simulationFaults.value;
  if (fields.length > most)
    throw new BadInput(`faults has ${fields.length} entries, at most ${most} are allowed`);
  return fields.map(({ stepName, action, attempt = null, kind }, index) => {
    const path = `faults[${index}]`;
    checkText(stepName, `${path}.stepName`, LONGEST_TEXT, problems);
    if (attempt !== null && attempt < 1)
      problems.push(
        problem(
          'FIELD_INVALID',
          `attempt counts from 1, not ${attempt}; leave it out for all attempts`,
          `${path}.attempt`,
        ),
      );
    if (!isKind(kind)) problems.push(unknownKind(kind, `${path}.kind`));
    return { stepName, action, attempt, kind: isKind(kind) ? kind : 'FAIL' };
  });
}

function isKind(kind: string): kind is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(kind);
}

function unknownKind(kind: string, path: string): Problem {
  const message = `kind must be one of ${FAULT_KINDS.join(', ')}, not ${JSON.stringify(kind.slice(0, 100))}`;
  return problem('FIELD_INVALID', message, path, nearest(kind, FAULT_KINDS));
}

type Read = Awaited<ReturnType<Shell['readRegistration']>>;

/** The orchestration a document declares, of this name when it declares several. */
function declaredIn(
  { declarations, problems }: Read,
  name: string | null,
): Orchestration | { readonly problems: readonly Problem[] } {
  if (problems.length > 0) return { problems };
  const declared = declarations.flatMap((one) =>
    one.as === 'initiator' ? [one.orchestration] : [],
  );
  const fitting = name === null ? declared : declared.filter((one) => one.name === name);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { ...only, version: 1 };
  const names = declared.map((one) => one.name);
  const message =
    names.length === 0
      ? 'the document declares no orchestration as initiator, and only such a one can be simulated'
      : `orchestrationName must be one that the document declares: ${names.join(', ')}`;
  const path = names.length === 0 ? 'document' : 'orchestrationName';
  return { problems: [problem('FIELD_INVALID', message, path)] };
}

function refused(problems: readonly Problem[]): SimulationResult {
  return { status: null, trace: '', events: [], problems };
}
