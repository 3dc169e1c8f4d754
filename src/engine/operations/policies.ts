/** Retries, timeouts and backoff that operators set over a document: kept with the name, apart from its versions. */
import type { Log } from '../../observability/log.js';
import { isEmpty } from '../../saga/policies.js';
import type {
  Policy,
  Problem,
  RegistrationRow,
  RegistryTransaction,
  Store,
  Wire,
} from '../ports.js';
import { problem, unknownOrchestration } from '../problem.js';
import type { OrchestrationResult, PolicyRequest } from '../service.js';

export class Policies {
  constructor(
    private readonly store: Pick<Store, 'registry' | 'similarNames'>,
    private readonly wire: Pick<Wire, 'nearest'>,
    private readonly log: Log,
  ) {}

  async set(request: PolicyRequest): Promise<OrchestrationResult> {
    const { orchestrationName: name } = request;
    const result = await this.store.registry(async (tx) => {
      await tx.lockRegistry();
      const row = (await tx.current([name])).get(name);
      return row === undefined ? null : this.saved(tx, row, request);
    });
    if (result === null)
      return {
        row: null,
        problems: [await unknownOrchestration(this.store, name, 'orchestrationName')],
      };
    if (result.problems.length === 0) this.log.info({ ...request }, 'a policy was set');
    return result;
  }

  private async saved(
    tx: RegistryTransaction,
    row: RegistrationRow,
    { orchestrationName: name, ...request }: PolicyRequest,
  ): Promise<OrchestrationResult> {
    const { stepName } = request;
    const others = row.policies.filter((policy) => policy.stepName !== stepName);
    const steps = row.orchestration.steps.map((step) => step.name);
    // A policy outlives its step: the step may come back, and the policy can be removed.
    const isKnown =
      stepName === null || steps.includes(stepName) || others.length < row.policies.length;
    if (!isKnown) return { row, problems: [this.unknownStep(name, stepName, steps)] };
    const policy: Policy = { ...request, at: await tx.now() };
    const policies = isEmpty(policy) ? others : [...others, policy].sort(byStep);
    await tx.savePolicies(name, policies);
    return { row: { ...row, policies }, problems: [] };
  }

  private unknownStep(name: string, stepName: string, steps: readonly string[]): Problem {
    return problem(
      'UNKNOWN_STEP',
      `${name} has no step ${stepName}; leave stepName out for all of its steps`,
      'stepName',
      this.wire.nearest(stepName, steps),
    );
  }
}

/** That of all steps first. */
function byStep(one: Policy, other: Policy): number {
  return (one.stepName ?? '') < (other.stepName ?? '') ? -1 : 1;
}
