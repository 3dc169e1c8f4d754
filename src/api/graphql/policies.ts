/** Retries and timeouts that operators set in place of the document's. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Problem } from '../../engine/ports.js';
import type { OrchestrationResult } from '../../engine/service.js';
import { readPolicy } from '../../wire/policies.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { checkOptionalText, checkText, LONGEST_TEXT } from '../input/texts.js';
import { UNCHECKED } from './arguments.js';
import { SetPolicyInput } from './inputs.js';
import { checkReason } from './operator-mutations.js';
import { workersOf } from './orchestration-queries.js';
import { ProblemView } from './views/answers.js';
import { OrchestrationPayload, OrchestrationView } from './views/orchestration.js';

export function orchestrationPayload(
  { row, problems }: OrchestrationResult,
  context: RequestContext,
): OrchestrationPayload {
  const orchestration =
    row && new OrchestrationView(row, workersOf([row.orchestration.name], context));
  return { orchestration, problems: problems.map(ProblemView.of) };
}

@Resolver()
export class PolicyMutations {
  @Mutation(() => OrchestrationPayload, {
    description:
      'Sets retries, timeouts and backoff in place of those of the document, for flows that start from now on; they stay when a new version is registered. Replaces the policy of that step, or of all steps.',
  })
  async setPolicy(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetPolicyInput, { ...UNCHECKED, description: 'What, and why.' })
    input: SetPolicyInput,
  ): Promise<OrchestrationPayload> {
    const problems: Problem[] = [];
    const { maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff } = input;
    const name = checkText(input.orchestrationName, 'orchestrationName', LONGEST_TEXT, problems);
    const stepName = checkOptionalText(input.stepName, 'stepName', problems);
    const policy = readPolicy({ maxRetries, undoMaxRetries, timeoutMs, undoTimeoutMs, backoff });
    problems.push(...policy.problems);
    const reason = checkReason(input.reason, problems);
    if (problems.length > 0) return orchestrationPayload({ row: null, problems }, context);
    const by = { orchestrationName: name, stepName, actor: context.actor, reason };
    const request = { ...by, ...policy.values };
    const result = await context.shell.engine.setPolicy(request, callerOf(context));
    return orchestrationPayload(result, context);
  }
}
