/** A registered version under the policies of operators: of a step, else of the orchestration, else the document. Each field by itself. */
import type { Orchestration, PolicyValues, StepDefinition } from './orchestration.js';

/** What a flow that starts now gets. Policies of steps this version does not have change nothing. */
export function withPolicies(
  orchestration: Orchestration,
  policies: readonly PolicyValues[],
): Orchestration {
  const names = new Set(orchestration.steps.map(({ name }) => name));
  const applied = policies
    .filter(({ stepName }) => stepName === null || names.has(stepName))
    .map(valuesOf);
  if (applied.length === 0) return orchestration;
  const of = new Map(applied.map((policy) => [policy.stepName, policy]));
  const steps = orchestration.steps.map((step) =>
    under(under(step, of.get(null)), of.get(step.name)),
  );
  return { ...orchestration, steps, policies: applied };
}

function under(step: StepDefinition, policy: PolicyValues | undefined): StepDefinition {
  if (policy === undefined) return step;
  return {
    ...step,
    maxRetries: policy.maxRetries ?? step.maxRetries,
    undoMaxRetries: policy.undoMaxRetries ?? step.undoMaxRetries,
    timeoutMs: policy.timeoutMs ?? step.timeoutMs,
    undoTimeoutMs: policy.undoTimeoutMs ?? step.undoTimeoutMs,
    backoff: { ...step.backoff, ...policy.backoff },
    undoBackoff: { ...step.undoBackoff, ...policy.backoff },
  };
}

/** Without who set it and why. */
function valuesOf(policy: PolicyValues): PolicyValues {
  const { stepName, maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff } = policy;
  return { stepName, maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff };
}

/** Nothing is set: such a policy is none. */
export function isEmpty(policy: PolicyValues): boolean {
  const { stepName: _, ...values } = valuesOf(policy);
  return Object.values(values).every((value) => value === null);
}
