/** Registering and starting; expected trouble comes back in `problems`. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Problem } from '../../engine/ports.js';
import { type ExecuteResult, Fault } from '../../engine/service.js';
import { LIMITS } from '../../limits/limits.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { checkOptionalText } from '../input/texts.js';
import { BadInput, isForLater, toPublicError } from '../problems.js';
import { startFlow } from '../starts.js';
import { UNCHECKED } from './arguments.js';
import { ExecuteInput, RegisterOrchestrationInput } from './inputs.js';
import { ExecutePayload, RegisterPayload } from './views/answers.js';

const MOST_AT_ONCE = LIMITS.startsPerRequest.value;

async function started(
  context: RequestContext,
  input: ExecuteInput,
  suggestions?: { left: number },
): Promise<ExecuteResult> {
  const result = await startFlow(context.shell, context, input, suggestions);
  if (result.problems.some(({ code }) => isForLater(code))) context.tryAgain?.();
  return result;
}

@Resolver()
export class Mutations {
  @Mutation(() => RegisterPayload, {
    description: 'Registers orchestrations or workers: all of the document or nothing of it.',
  })
  async registerOrchestration(
    @Ctx() context: RequestContext,
    @Arg('input', () => RegisterOrchestrationInput, { ...UNCHECKED, description: 'The document.' })
    input: RegisterOrchestrationInput,
  ): Promise<RegisterPayload> {
    const { shell } = context;
    const problems: Problem[] = [];
    const serviceName = checkOptionalText(input.serviceName, 'serviceName', problems);
    if (problems.length > 0) return RegisterPayload.of({ registrations: [], problems });
    const registration = await shell.readRegistration(input.document, { serviceName });
    const options = { dryRun: input.dryRun === true, by: callerOf(context) };
    const result = await shell.engine.register(registration, options);
    return RegisterPayload.of(result, registration.named?.[0]?.orchestrationName ?? null);
  }

  @Mutation(() => ExecutePayload, {
    description:
      'Starts a flow. It is stored when the answer comes; its first command is on its way.',
  })
  async execute(
    @Ctx() context: RequestContext,
    @Arg('input', () => ExecuteInput, { ...UNCHECKED, description: 'What to start.' })
    input: ExecuteInput,
  ): Promise<ExecutePayload> {
    return ExecutePayload.of(await started(context, input));
  }

  @Mutation(() => [ExecutePayload], {
    description: `Starts many flows, at most ${MOST_AT_ONCE}; one answer for each, in order.`,
  })
  async executeMany(
    @Ctx() context: RequestContext,
    @Arg('inputs', () => [ExecuteInput], { ...UNCHECKED, description: 'What to start.' })
    inputs: ExecuteInput[],
  ): Promise<ExecutePayload[]> {
    if (inputs.length > MOST_AT_ONCE)
      throw new BadInput(
        `inputs has ${inputs.length} entries, at most ${MOST_AT_ONCE} are allowed`,
      );
    // One look for near names is enough for all of them.
    const suggestions = { left: LIMITS.nameSuggestions.value };
    const settled = await Promise.allSettled(
      inputs.map((input) => started(context, input, suggestions)),
    );
    return answersOf(settled).map(ExecutePayload.of);
  }
}

/**
 * A fault of some starts must not hide the results of the others; when nothing was started it is
 * thrown like any other.
 */
function answersOf(settled: readonly PromiseSettledResult<ExecuteResult>[]): ExecuteResult[] {
  const failures = settled.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  const fatal = failures.find((reason) => !(reason instanceof Fault));
  if (fatal !== undefined) throw fatal;
  if (failures.length > 0 && failures.length === settled.length) throw failures[0];
  return settled.map((one) => {
    if (one.status === 'fulfilled') return one.value;
    const { code, message } = toPublicError(one.reason);
    return {
      flow: null,
      created: false,
      problems: [{ code, message, path: null, line: null, suggestions: [] }],
    };
  });
}
