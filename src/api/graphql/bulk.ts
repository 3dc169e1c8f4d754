/** One operator action on many flows. */
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Problem } from '../../engine/ports.js';
import type { BulkRequest, BulkResult } from '../../engine/service.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { filterOf } from '../input/filter.js';
import { goodNumber } from '../input/texts.js';
import { UNCHECKED } from './arguments.js';
import { FlowFilterInput } from './inputs.js';
import { checkReason } from './operator-mutations.js';
import { ProblemView } from './views/answers.js';

const nullable = { nullable: true } as const;
const MOST_FLOWS = 1_000;

@InputType({ description: 'Which flows, and why.' })
export class BulkInput {
  @Field(() => String, { ...nullable, description: 'Only flows of this orchestration.' })
  orchestrationName!: string | null;
  @Field(() => FlowFilterInput, {
    description:
      'Which flows. Without statuses: those that may allow the action, except COMPLETED flows. With stepName, retryFlows retries only this step.',
  })
  filter!: FlowFilterInput;
  @Field(() => String, {
    description:
      'Why; stored with the action on each flow and shown on its timeline. 1 to 2000 characters.',
  })
  reason!: string;
  @Field(() => Boolean, {
    ...nullable,
    defaultValue: false,
    description: 'true: nothing is done; done and refused count what would be.',
  })
  dryRun!: boolean | null;
  @Field(() => Int, {
    ...nullable,
    defaultValue: MOST_FLOWS,
    description: 'How many flows, newest first, 1 to 1000.',
  })
  first!: number | null;
  @Field(() => String, { ...nullable, description: 'endCursor of the call before.' }) after!:
    | string
    | null;
}

@ObjectType('BulkRefusal', { description: 'Why some flows refused it.' })
export class BulkRefusalView {
  @Field(() => String, { description: 'One of the codes in docs/protocol.md.' }) code!: string;
  @Field(() => String, { description: 'For people.' }) message!: string;
  @Field(() => Int, { description: 'How many flows.' }) count!: number;
  @Field(() => [ID], { description: 'Ids of some of these flows.' }) flowIds!: readonly string[];
}

@ObjectType({ description: 'Result of one action on the flows that match.' })
export class BulkPayload {
  @Field(() => Int, { description: 'Flows that matched, of this call.' }) matched!: number;
  @Field(() => Int, { description: 'Flows that took it; of a dry run: that would.' }) done!: number;
  @Field(() => Int, { description: 'Flows that refused it; of a dry run: that would.' })
  refused!: number;
  @Field(() => [BulkRefusalView], {
    description: 'Why flows refused it, most frequent reason first; at most 20.',
  })
  refusals!: readonly BulkRefusalView[];
  @Field(() => [ProblemView], {
    description: 'One for each reason of a refusal, and one when the call stopped early.',
  })
  problems!: readonly ProblemView[];
  @Field(() => Boolean, { description: 'Whether more flows match: call again with after.' })
  hasNextPage!: boolean;
  @Field(() => String, { ...nullable, description: 'For after; null when no flow matches.' })
  endCursor!: string | null;
  /** The engine has counted it in the audit. */
  isAudited?: boolean;

  static of({ problems, refusals, ...counts }: BulkResult): BulkPayload {
    return Object.assign(new BulkPayload(), counts, {
      problems: problems.map(ProblemView.of),
      refusals: refusals.map((one) => Object.assign(new BulkRefusalView(), one)),
    });
  }
}

const INPUT = { ...UNCHECKED, description: 'Which flows, and why.' } as const;
const COUNTS = { matched: 0, done: 0, refused: 0, refusals: [] };
const NONE = { ...COUNTS, hasNextPage: false, endCursor: null };

async function run(
  context: RequestContext,
  input: BulkInput,
  verb: BulkRequest['verb'],
): Promise<BulkPayload> {
  const { shell, actor, budget, signal } = context;
  const problems: Problem[] = [];
  const reason = checkReason(input.reason, problems);
  const first = goodNumber(input.first ?? MOST_FLOWS, 'first', 1, MOST_FLOWS);
  if (problems.length > 0) return BulkPayload.of({ ...NONE, problems });
  budget.spend(first);
  const filter = filterOf(input.orchestrationName, input.filter);
  const { dryRun, after } = input;
  const request = { verb, filter, first, after: after ?? null, dryRun: dryRun === true };
  const by = callerOf(context);
  const result = await shell.engine.bulk({ ...request, actor, reason }, { signal, by });
  return Object.assign(BulkPayload.of(result), { isAudited: true });
}

@Resolver()
export class BulkMutations {
  @Mutation(() => BulkPayload, {
    description:
      'retryStep for every step that is out of retries, or between two attempts, of the flows that match.',
  })
  retryFlows(
    @Ctx() context: RequestContext,
    @Arg('input', () => BulkInput, INPUT) input: BulkInput,
  ): Promise<BulkPayload> {
    return run(context, input, 'RETRY');
  }

  @Mutation(() => BulkPayload, { description: 'undoFlow for the flows that match.' })
  undoFlows(
    @Ctx() context: RequestContext,
    @Arg('input', () => BulkInput, INPUT) input: BulkInput,
  ): Promise<BulkPayload> {
    return run(context, input, 'UNDO');
  }

  @Mutation(() => BulkPayload, { description: 'cancelFlow, with undo, for the flows that match.' })
  cancelFlows(
    @Ctx() context: RequestContext,
    @Arg('input', () => BulkInput, INPUT) input: BulkInput,
  ): Promise<BulkPayload> {
    return run(context, input, 'CANCEL');
  }
}
