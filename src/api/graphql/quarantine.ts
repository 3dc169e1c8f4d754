/** Quarantined records: listed, replayed, discarded. */
import { Arg, Args, ArgsType, Ctx, Field, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Problem, Replay } from '../../engine/ports.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { checkText, goodText, LONGEST_TEXT } from '../input/texts.js';
import { nullable, PageArguments, UNCHECKED } from './arguments.js';
import { QuarantineStateEnum } from './enums.js';
import { checkReason } from './operator-mutations.js';
import { pageSize } from './queries.js';
import { connectionOf } from './views/connections.js';
import { QuarantinedConnection, QuarantinedView, QuarantinePayload } from './views/quarantine.js';

const ID_FIELD = { description: 'Id of the record, from the query quarantine.' } as const;
const REASON = { description: 'Why; it is stored with the actor.' } as const;

async function settle(
  context: RequestContext,
  given: Pick<Replay, 'id' | 'reason'>,
  verb: 'replayQuarantined' | 'discardQuarantined',
): Promise<QuarantinePayload> {
  const problems: Problem[] = [];
  const id = checkText(given.id, 'id', LONGEST_TEXT, problems);
  const reason = checkReason(given.reason, problems);
  if (problems.length > 0) return QuarantinePayload.of({ record: null, problems });
  const { shell, actor } = context;
  return QuarantinePayload.of(await shell.engine[verb]({ id, actor, reason }, callerOf(context)));
}

@ArgsType()
class QuarantineArguments extends PageArguments {
  @Field(() => QuarantineStateEnum, { ...nullable, description: 'Only those in this state.' })
  state!: 'OPEN' | 'REPLAYED' | 'DISCARDED' | null;
  @Field(() => ID, { ...nullable, description: 'Only records that name this flow.' })
  flowId!: string | null;
}

@Resolver()
export class QuarantineResolver {
  @Query(() => QuarantinedConnection, {
    description:
      'Records of the gateway’s own topics that could not be used (replies, starts, registrations), newest first.',
  })
  async quarantine(
    @Ctx() context: RequestContext,
    @Args(() => QuarantineArguments, UNCHECKED) { state, flowId, ...page }: QuarantineArguments,
  ): Promise<QuarantinedConnection> {
    const filter = {
      state: state ?? null,
      flowId: typeof flowId === 'string' ? goodText(flowId, 'flowId') : null,
    };
    const found = await context.shell.engine.read.quarantine(
      filter,
      pageSize(page.first, context),
      page.after ?? null,
    );
    return connectionOf(found, (record) => new QuarantinedView(record));
  }

  @Mutation(() => QuarantinePayload, {
    description:
      'Reads a quarantined record again, as if it came now: for a flow that exists meanwhile, or is no longer parked. It counts once.',
  })
  replayQuarantined(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, ID_FIELD) id: string,
    @Arg('reason', () => String, REASON) reason: string,
  ): Promise<QuarantinePayload> {
    return settle(context, { id, reason }, 'replayQuarantined');
  }

  @Mutation(() => QuarantinePayload, {
    description:
      'Discards a quarantined record: an operator has looked at it, and it is of no use.',
  })
  discardQuarantined(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, ID_FIELD) id: string,
    @Arg('reason', () => String, REASON) reason: string,
  ): Promise<QuarantinePayload> {
    return settle(context, { id, reason }, 'discardQuarantined');
  }
}
