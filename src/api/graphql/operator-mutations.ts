/** What an operator does with a flow: each action carries who and why, and both are stored. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import type { OperatorInput } from '../../saga/input.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { checkPayload } from '../input/start.js';
import { checkOptionalText, checkText, LONGEST_REASON, LONGEST_TEXT } from '../input/texts.js';
import { UNCHECKED } from './arguments.js';
import {
  CancelFlowInput,
  FlowActionInput,
  SkipStepInput,
  StepActionInput,
  UndoFlowInput,
} from './inputs.js';
import { FlowPayload } from './views/answers.js';

const INPUT = { ...UNCHECKED, description: 'Which flow, and why.' } as const;
const STEP_INPUT = { ...UNCHECKED, description: 'Which step of which flow, and why.' } as const;

interface Target {
  readonly flowId: string;
  readonly reason: string;
  readonly stepName?: string;
}
type By = Pick<OperatorInput, 'flowId' | 'actor' | 'reason'>;

export function checkReason(given: string, problems: Problem[]): string {
  const reason = given.trim();
  if (reason === '')
    problems.push(
      problem(
        'REASON_MISSING',
        'reason is empty; give one, it is stored with the action',
        'reason',
      ),
    );
  else checkText(reason, 'reason', LONGEST_REASON, problems);
  return reason;
}

async function applyAction(
  context: RequestContext,
  target: Target,
  actionOf: (by: By) => OperatorInput,
  problems: Problem[] = [],
): Promise<FlowPayload> {
  const { shell, actor } = context;
  const flowId = checkText(target.flowId, 'flowId', LONGEST_TEXT, problems);
  if (target.stepName !== undefined) checkText(target.stepName, 'stepName', LONGEST_TEXT, problems);
  const reason = checkReason(target.reason, problems);
  if (problems.length > 0) return FlowPayload.of({ flow: null, problems });
  return FlowPayload.of(
    await shell.engine.applyOperatorAction(actionOf({ flowId, reason, actor }), callerOf(context)),
  );
}

@Resolver()
export class OperatorMutations {
  @Mutation(() => FlowPayload, {
    description:
      'Gives a step that is out of retries a fresh budget, for its DO or its UNDO. A step between two attempts runs the next one now, out of its old budget.',
  })
  retryStep(
    @Ctx() context: RequestContext,
    @Arg('input', () => StepActionInput, STEP_INPUT) input: StepActionInput,
  ): Promise<FlowPayload> {
    const { stepName } = input;
    return applyAction(context, input, (by) => ({ ...by, type: 'RETRY_STEP', stepName }));
  }

  @Mutation(() => FlowPayload, {
    description:
      'Sends the open command of a step once more: the same attemptId, a deadline from now. For a worker whose consumer group began to read behind the command.',
  })
  resendCommand(
    @Ctx() context: RequestContext,
    @Arg('input', () => StepActionInput, STEP_INPUT) input: StepActionInput,
  ): Promise<FlowPayload> {
    const { stepName } = input;
    return applyAction(context, input, (by) => ({ ...by, type: 'RESEND', stepName }));
  }

  @Mutation(() => FlowPayload, {
    description: 'Settles a step that is out of retries by hand; it is never undone afterwards.',
  })
  skipStep(
    @Ctx() context: RequestContext,
    @Arg('input', () => SkipStepInput, STEP_INPUT) input: SkipStepInput,
  ): Promise<FlowPayload> {
    const { stepName } = input;
    const problems: Problem[] = [];
    const output = checkPayload(input.output, 'output', context.shell.payloadLimit, problems);
    return applyAction(
      context,
      input,
      (by) => ({ ...by, type: 'SKIP_STEP', stepName, output }),
      problems,
    );
  }

  @Mutation(() => FlowPayload, {
    description: 'Ends a flow: undoing what was done, or leaving it as it is.',
  })
  cancelFlow(
    @Ctx() context: RequestContext,
    @Arg('input', () => CancelFlowInput, INPUT) input: CancelFlowInput,
  ): Promise<FlowPayload> {
    return applyAction(context, input, (by) => ({
      ...by,
      type: 'CANCEL',
      undo: input.undo !== false,
    }));
  }

  @Mutation(() => FlowPayload, {
    description:
      'Turns a flow around, also one that is complete; of a failed one, tries its UNDOs again.',
  })
  undoFlow(
    @Ctx() context: RequestContext,
    @Arg('input', () => UndoFlowInput, INPUT) input: UndoFlowInput,
  ): Promise<FlowPayload> {
    const problems: Problem[] = [];
    const planHash = checkOptionalText(input.planHash, 'planHash', problems);
    return applyAction(context, input, (by) => ({ ...by, type: 'UNDO_FLOW', planHash }), problems);
  }

  @Mutation(() => FlowPayload, {
    description: 'Sends nothing more until it is resumed; answers are still recorded.',
  })
  pauseFlow(
    @Ctx() context: RequestContext,
    @Arg('input', () => FlowActionInput, INPUT) input: FlowActionInput,
  ): Promise<FlowPayload> {
    return applyAction(context, input, (by) => ({ ...by, type: 'PAUSE' }));
  }

  @Mutation(() => FlowPayload, { description: 'Goes on with a paused flow.' })
  resumeFlow(
    @Ctx() context: RequestContext,
    @Arg('input', () => FlowActionInput, INPUT) input: FlowActionInput,
  ): Promise<FlowPayload> {
    return applyAction(context, input, (by) => ({ ...by, type: 'RESUME' }));
  }
}
