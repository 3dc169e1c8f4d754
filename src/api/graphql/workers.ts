/** Workers that use GraphQL: their commands, and their replies. */
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { LeasedCommand } from '../../bridge/held.js';
import { LIMITS } from '../../limits/limits.js';
import type { RequestContext } from '../context.js';
import { goodNumber } from '../input/texts.js';
import { replied } from '../worker-replies.js';
import { wishOf, workersOf } from '../workers.js';
import { nullable, UNCHECKED } from './arguments.js';
import { ending, leaving } from './live.js';
import { JsonScalar } from './scalars.js';
import { ReplyPayload, WorkerCommandView } from './views/worker.js';

const MOST = LIMITS.workerConcurrency.value;

@InputType({ description: 'What a worker answers to a command, or its progress.' })
export class ReplyInput {
  @Field(() => ID, { description: 'leaseId of the command.' }) leaseId!: string;
  @Field(() => Boolean, {
    ...nullable,
    description: 'true: done (or undone); false: failed. Absent: this is progress.',
  })
  status!: boolean | null;
  @Field(() => Boolean, {
    ...nullable,
    description:
      'true, instead of a status: the effect may be in place. The DO is not tried again, and the step is undone. errorMessage has the reason.',
  })
  outcomeUnknown!: boolean | null;
  @Field(() => Float, { ...nullable, description: 'How far it is, 0 to 1; extends the lease.' })
  progress!: unknown;
  @Field(() => String, { ...nullable, description: 'Of progress, for people.' }) message!:
    | string
    | null;
  @Field(() => String, { ...nullable, description: 'Of a failure: why, for people.' })
  errorMessage!: string | null;
  @Field(() => String, {
    ...nullable,
    description: "Of a failure: a code; one of the step's nonRetryableErrors ends its retries.",
  })
  errorCode!: string | null;
  @Field(() => Boolean, { ...nullable, description: 'Of a failure. false: it is not retried.' })
  retryable!: boolean | null;
  @Field(() => JsonScalar, {
    ...nullable,
    description:
      "An object of headers that the commands that follow have, too. The command's own need not be sent. At most 16 KiB.",
  })
  headers!: unknown;
  @Field(() => JsonScalar, {
    ...nullable,
    description: "The result: the next step's input. Null: the input is passed on.",
  })
  payload!: unknown;
}

@ArgsType()
class CommandsArguments {
  @Field(() => String, { description: 'A registered orchestration.' }) orchestrationName!: string;
  @Field(() => [String], {
    ...nullable,
    description: 'Only of these steps; null = of all steps that it has now.',
  })
  stepNames!: string[] | null;
  @Field(() => String, {
    ...nullable,
    description:
      'Workers of one group share the commands. 1 to 100 letters, digits, dots, "_" and "-"; null = workers.',
  })
  group!: string | null;
  @Field(() => Int, {
    ...nullable,
    defaultValue: 1,
    description: `How many commands this client has at once at most, 1 to ${MOST}.`,
  })
  concurrency!: number | null;
}

async function commands(
  fields: CommandsArguments,
  context: RequestContext,
): Promise<AsyncIterable<LeasedCommand>> {
  const { shell } = context;
  const concurrency = goodNumber(fields.concurrency ?? 1, 'concurrency', 1, MOST);
  const wish = await wishOf(shell, context, { ...fields, concurrency });
  const { left, ...leave } = leaving(context);
  const source = workersOf(shell).commands(wish, left, context.signal);
  return ending(source, leave, (command) => command);
}

@Resolver()
export class WorkerResolver {
  @Subscription(() => WorkerCommandView, {
    description:
      'Commands for a worker that has no Kafka client: each one is leased to one client of the group, and comes again to another one when it is not answered in time, or its client has gone. Ends when the gateway stops: subscribe again.',
    subscribe: ({ args, context }) =>
      commands(args as CommandsArguments, context as RequestContext) as never,
  })
  commands(
    @Root() command: LeasedCommand,
    @Args(() => CommandsArguments, UNCHECKED) _arguments: CommandsArguments,
  ): WorkerCommandView {
    return new WorkerCommandView(command);
  }

  @Mutation(() => ReplyPayload, {
    description:
      "A worker's answer to a command, or its progress. It is on the reply topic when the answer comes, and counts like the reply of any worker.",
  })
  async reply(
    @Ctx() { shell, principal }: RequestContext,
    @Arg('input', () => ReplyInput, { ...UNCHECKED, description: 'The reply.' }) input: ReplyInput,
  ): Promise<ReplyPayload> {
    return ReplyPayload.of(await replied(shell, principal, input));
  }
}
