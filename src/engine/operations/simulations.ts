/**
 * Simulations of a registered orchestration, or of a document's. They read at most a definition;
 * nothing is stored or sent.
 */
import { isWithin, type Within } from '../../names/patterns.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { withPolicies } from '../../saga/policies.js';
import type { Problem, Store, Wire } from '../ports.js';
import { problem, unknownOrchestration } from '../problem.js';
import type { SimulationRequest, SimulationResult } from '../service.js';
import { simulate } from '../simulation/simulate.js';
import { traceOf } from '../simulation/trace-line.js';

export class Simulations {
  constructor(
    private readonly store: Pick<Store, 'orchestration' | 'similarNames'>,
    private readonly wire: Pick<Wire, 'nearest'>,
  ) {}

  async run(
    { orchestration, faults, seed }: SimulationRequest,
    within?: Within,
  ): Promise<SimulationResult> {
    const known =
      typeof orchestration === 'string'
        ? await this.registered(orchestration, within)
        : orchestration;
    if (known === null)
      return refused([
        await unknownOrchestration(this.store, orchestration as string, 'orchestrationName', {
          instead: ', or simulate its document',
          within,
        }),
      ]);
    const names = known.steps.map(({ name }) => name);
    const problems = faults.flatMap(({ stepName }, index) =>
      names.includes(stepName) ? [] : [this.unknownStep(known.name, stepName, names, index)],
    );
    if (problems.length > 0) return refused(problems);
    const { flow, events, isCut } = simulate(known, faults, seed);
    if (isCut) return refused([tooLong(events.length)]);
    return { status: flow.status, trace: traceOf(events), events, problems };
  }

  /** The newest version with its policies, as a flow that starts now gets it. */
  private async registered(name: string, within: Within): Promise<Orchestration | null> {
    const row = isWithin(name, within) ? await this.store.orchestration(name, null) : null;
    return row && withPolicies(row.orchestration, row.policies);
  }

  private unknownStep(
    name: string,
    stepName: string,
    steps: readonly string[],
    index: number,
  ): Problem {
    return problem(
      'UNKNOWN_STEP',
      `${name} has no step ${stepName}`,
      `faults[${index}].stepName`,
      this.wire.nearest(stepName, steps),
    );
  }
}

function refused(problems: readonly Problem[]): SimulationResult {
  return { status: null, trace: '', events: [], problems };
}

function tooLong(most: number): Problem {
  return problem(
    'SIMULATION_TOO_LONG',
    `the simulated flow has over ${most} events; let fewer attempts fail, or give its steps fewer retries`,
    'faults',
  );
}
