/**
 * Applies policies to a registered version. For each field: the step's policy, else the
 * orchestration's, else the document.
 */
import type { Orchestration, PolicyValues, StepDefinition } from './orchestration.js';

/**
 * The version as a flow that starts now gets it. Policies of steps that this version does not have
 * change nothing.
 */
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
    withPolicy(withPolicy(step, of.get(null)), of.get(step.name)),
  );
  return { ...orchestration, steps, policies: applied };
}

function withPolicy(step: StepDefinition, policy: PolicyValues | undefined): StepDefinition {
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

/** Without the actor and the reason that a stored policy has. */
function valuesOf(policy: PolicyValues): PolicyValues {
  const { stepName, maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff } = policy;
  return { stepName, maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff };
}

/** It sets no value: to store it means to remove the policy. */
export function isEmpty(policy: PolicyValues): boolean {
  const { stepName: _, ...values } = valuesOf(policy);
  return Object.values(values).every((value) => value === null);
}
