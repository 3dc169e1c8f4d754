/** Commands: what they do is decided by the engine; expected trouble comes back in `problems`. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { ExecuteResult, FlowResult } from '../../engine/service.js';
import type { OperatorInput } from '../../saga/input.js';
import type { RequestContext } from '../context.js';
import { goodText, jsonText, problem, startOf, wrongText } from '../input.js';
import { BadInput } from '../problems.js';
import {
  CancelFlowInput,
  ExecuteInput,
  FlowActionInput,
  RegisterOrchestrationInput,
  SkipStepInput,
  StepActionInput,
  UndoFlowInput,
} from './inputs.js';
import { ExecutePayload, FlowPayload, FlowView, ProblemView, RegisterPayload, RegistrationView } from './types.js';

const UNCHECKED = { validate: false } as const;
const MOST_AT_ONCE = 1000;

function executed({ flow, created, problems }: ExecuteResult): ExecutePayload {
  return { flow: flow === null ? null : new FlowView(flow), created, problems: problems.map(ProblemView.of) };
}

function said({ flow, problems }: FlowResult): FlowPayload {
  return { flow: flow === null ? null : new FlowView(flow), problems: problems.map(ProblemView.of) };
}

async function start({ shell }: RequestContext, input: ExecuteInput): Promise<ExecutePayload> {
  const read = startOf(input, shell.payloadLimit);
  if ('problems' in read) return executed({ flow: null, created: false, problems: read.problems });
  return executed(await shell.engine.execute(read.request));
}

/** Every operator's word needs a reason, and carries who said it. */
async function say(
  context: RequestContext,
  input: { flowId: string; reason: string },
  word: (by: By) => OperatorInput,
): Promise<FlowPayload> {
  const { flowId } = input;
  const reason = input.reason.trim();
  if (reason === '')
    return said({ flow: null, problems: [problem('REASON_MISSING', 'reason', 'reason is empty: say why, it is stored with the action')] });
  const bad = wrongText(reason, 2000);
  if (bad !== null) return said({ flow: null, problems: [problem('INVALID_TEXT', 'reason', `reason ${bad}`)] });
  goodText(flowId, 'flowId', 200);
  return said(await context.shell.engine.say(word({ flowId, reason, actor: context.actor })));
}
type By = Pick<OperatorInput, 'flowId' | 'actor' | 'reason'>;

@Resolver()
export class Mutations {
  @Mutation(() => RegisterPayload, { description: 'Registers orchestrations or workers; all of the document or nothing.' })
  async registerOrchestration(
    @Ctx() { shell }: RequestContext,
    @Arg('input', () => RegisterOrchestrationInput, UNCHECKED) input: RegisterOrchestrationInput,
  ): Promise<RegisterPayload> {
    const serviceName =
      input.serviceName === null || input.serviceName === undefined ? null : goodText(input.serviceName, 'serviceName', 200);
    const registration = shell.readRegistration(input.document, { serviceName });
    const { registrations, problems } = await shell.engine.register(registration, { dryRun: input.dryRun === true });
    return { registrations: registrations.map(RegistrationView.of), problems: problems.map(ProblemView.of) };
  }

  @Mutation(() => ExecutePayload, { description: 'Starts a flow.' })
  execute(@Ctx() context: RequestContext, @Arg('input', () => ExecuteInput, UNCHECKED) input: ExecuteInput): Promise<ExecutePayload> {
    return start(context, input);
  }

  @Mutation(() => [ExecutePayload], { description: `Starts many flows, at most ${MOST_AT_ONCE}; each has its own answer, in order.` })
  async executeMany(
    @Ctx() context: RequestContext,
    @Arg('inputs', () => [ExecuteInput], UNCHECKED) inputs: ExecuteInput[],
  ): Promise<ExecutePayload[]> {
    if (inputs.length > MOST_AT_ONCE) throw new BadInput(`inputs has ${inputs.length} entries, at most ${MOST_AT_ONCE} are allowed`);
    return Promise.all(inputs.map((input) => start(context, input)));
  }

  @Mutation(() => FlowPayload, { description: 'Tries a step again that is out of retries.' })
  retryStep(@Ctx() context: RequestContext, @Arg('input', () => StepActionInput, UNCHECKED) input: StepActionInput): Promise<FlowPayload> {
    const stepName = goodText(input.stepName, 'stepName', 200);
    return say(context, input, (by) => ({ ...by, type: 'RETRY_STEP', stepName }));
  }

  @Mutation(() => FlowPayload, { description: 'Settles a step by hand that is out of retries.' })
  async skipStep(@Ctx() context: RequestContext, @Arg('input', () => SkipStepInput, UNCHECKED) input: SkipStepInput): Promise<FlowPayload> {
    const stepName = goodText(input.stepName, 'stepName', 200);
    const read = startOf({ orchestrationName: 'any', payload: input.output }, context.shell.payloadLimit);
    if ('problems' in read) return said({ flow: null, problems: read.problems.map((one) => ({ ...one, path: 'output' })) });
    const output = jsonText(input.output, 'output', []);
    return say(context, input, (by) => ({ ...by, type: 'SKIP_STEP', stepName, output }));
  }

  @Mutation(() => FlowPayload, { description: 'Ends a flow: undoing what was done, or leaving it.' })
  cancelFlow(@Ctx() context: RequestContext, @Arg('input', () => CancelFlowInput, UNCHECKED) input: CancelFlowInput): Promise<FlowPayload> {
    return say(context, input, (by) => ({ ...by, type: 'CANCEL', undo: input.undo !== false }));
  }

  @Mutation(() => FlowPayload, { description: 'Turns a flow around, also one that is complete.' })
  undoFlow(@Ctx() context: RequestContext, @Arg('input', () => UndoFlowInput, UNCHECKED) input: UndoFlowInput): Promise<FlowPayload> {
    return say(context, input, (by) => ({ ...by, type: 'UNDO_FLOW' }));
  }

  @Mutation(() => FlowPayload, { description: 'Sends nothing more until it is resumed; answers are still recorded.' })
  pauseFlow(@Ctx() context: RequestContext, @Arg('input', () => FlowActionInput, UNCHECKED) input: FlowActionInput): Promise<FlowPayload> {
    return say(context, input, (by) => ({ ...by, type: 'PAUSE' }));
  }

  @Mutation(() => FlowPayload, { description: 'Goes on with a paused flow.' })
  resumeFlow(@Ctx() context: RequestContext, @Arg('input', () => FlowActionInput, UNCHECKED) input: FlowActionInput): Promise<FlowPayload> {
    return say(context, input, (by) => ({ ...by, type: 'RESUME' }));
  }
}
