/**
 * What operators decide about an orchestration as a whole: each action carries who and why, and
 * both are stored.
 */
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Problem } from '../../engine/ports.js';
import type { OrchestrationRequest } from '../../engine/service.js';
import { asAllowedTo, availableOrchestrationActions } from '../actions.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { checkText, LONGEST_TEXT } from '../input/texts.js';
import { UNCHECKED } from './arguments.js';
import { OrchestrationActionInput } from './inputs.js';
import { checkReason } from './operator-mutations.js';
import { orchestrationPayload } from './policies.js';
import { OrchestrationPayload, OrchestrationView } from './views/orchestration.js';
import { AvailableActionView } from './views/step.js';

const INPUT = { ...UNCHECKED, description: 'Which orchestration, and why.' } as const;

async function change(
  context: RequestContext,
  input: OrchestrationActionInput,
  verb: OrchestrationRequest['verb'],
): Promise<OrchestrationPayload> {
  const problems: Problem[] = [];
  const name = checkText(input.name, 'name', LONGEST_TEXT, problems);
  const reason = checkReason(input.reason, problems);
  if (problems.length > 0) return orchestrationPayload({ row: null, problems }, context);
  const by = { actor: context.actor, reason, queuesStarts: input.queue === true };
  const result = await context.shell.engine.changeStanding(
    { name, verb, ...by },
    callerOf(context),
  );
  return orchestrationPayload(result, context);
}

@Resolver(() => OrchestrationView)
export class StandingMutations {
  @Mutation(() => OrchestrationPayload, {
    description:
      'Sends no new DO in any of its flows; UNDO goes on, answers and timeouts count. New flows are refused, or with `queue` stored until it is resumed.',
  })
  pauseOrchestration(
    @Ctx() context: RequestContext,
    @Arg('input', () => OrchestrationActionInput, INPUT) input: OrchestrationActionInput,
  ): Promise<OrchestrationPayload> {
    return change(context, input, 'PAUSE');
  }

  @Mutation(() => OrchestrationPayload, {
    description:
      'Goes on with a paused orchestration, and takes new flows of an archived one again.',
  })
  resumeOrchestration(
    @Ctx() context: RequestContext,
    @Arg('input', () => OrchestrationActionInput, INPUT) input: OrchestrationActionInput,
  ): Promise<OrchestrationPayload> {
    return change(context, input, 'RESUME');
  }

  @Mutation(() => OrchestrationPayload, {
    description:
      'Refuses new flows. Flows in flight go on, and its history stays; a new registration changes nothing of that.',
  })
  archiveOrchestration(
    @Ctx() context: RequestContext,
    @Arg('input', () => OrchestrationActionInput, INPUT) input: OrchestrationActionInput,
  ): Promise<OrchestrationPayload> {
    return change(context, input, 'ARCHIVE');
  }

  @FieldResolver(() => [AvailableActionView], {
    description: 'What an operator may do with it now, and why not the rest; stepName is null.',
  })
  availableActions(
    @Root() { row }: OrchestrationView,
    @Ctx() { principal }: RequestContext,
  ): AvailableActionView[] {
    return asAllowedTo(principal, availableOrchestrationActions(row));
  }
}
