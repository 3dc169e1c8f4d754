/**
 * Policies: retries, timeouts and backoff that operators set instead of the document's; stored with
 * the name, not with a version.
 */
import { isWithin, type Within } from '../../names/patterns.js';
import type { Log } from '../../observability/log.js';
import { isEmpty } from '../../saga/policies.js';
import { doneRow, GATEWAY } from '../audit/audit-rows.js';
import {
  type AuditRow,
  type Caller,
  NO_OBJECT,
  type Policy,
  type Problem,
  type RegistrationRow,
  type RegistryTransaction,
  type Store,
  type Wire,
} from '../ports.js';
import { problem, unknownOrchestration } from '../problem.js';
import type { OrchestrationResult, PolicyRequest } from '../service.js';

export class Policies {
  constructor(
    private readonly store: Pick<Store, 'registry' | 'similarNames'>,
    private readonly wire: Pick<Wire, 'nearest'>,
    private readonly log: Log,
  ) {}

  async set(request: PolicyRequest, by?: Caller, within?: Within): Promise<OrchestrationResult> {
    const { orchestrationName: name } = request;
    const result = await this.store.registry(async (tx) => {
      await tx.lockRegistry();
      const row = (await tx.current([name])).get(name);
      if (row === undefined || !isWithin(name, within)) return null;
      const saved = await this.saved(tx, row, request);
      if (saved.row !== null && saved.problems.length === 0)
        await tx.audit([auditOf(request, by, row.policies, saved.row.policies)]);
      return saved;
    });
    if (result === null)
      return {
        row: null,
        problems: [await unknownOrchestration(this.store, name, 'orchestrationName', { within })],
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
    // A policy stays when a new version lacks its step, because the step may come back; so it can
    // also be changed and removed.
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

/** The policy of that step, or of all steps, as it was and is. */
function auditOf(
  { orchestrationName, stepName, actor, reason }: PolicyRequest,
  by: Caller | undefined,
  before: readonly Policy[],
  after: readonly Policy[],
): AuditRow {
  const valuesOf = (policies: readonly Policy[]): string | null => {
    const found = policies.find((policy) => policy.stepName === stepName);
    return found === undefined ? null : JSON.stringify(valuesIn(found));
  };
  const caller = by ?? { ...GATEWAY, actor, proven: false };
  const object = { ...NO_OBJECT, orchestrationName, stepName };
  return doneRow(
    { ...caller, ...object, action: 'setPolicy', reason },
    { before: valuesOf(before), after: valuesOf(after) },
  );
}

function valuesIn({ actor: _, reason: __, at: ___, stepName: ____, ...values }: Policy): object {
  return values;
}

/** The policy of all steps first. */
function byStep(one: Policy, other: Policy): number {
  return (one.stepName ?? '') < (other.stepName ?? '') ? -1 : 1;
}
