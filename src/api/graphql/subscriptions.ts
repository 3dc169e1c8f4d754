/** What happens, as it happens. */
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { StepChange } from '../../engine/service.js';
import type { FlowEvent } from '../../saga/event.js';
import type { RequestContext } from '../context.js';
import { goodNumber, goodText } from '../input/texts.js';
import { NotFound } from '../problems.js';
import { ending, leaving } from './live.js';
import { selectedAt } from './selected.js';
import { FlowEventView, StepStatusChangeView } from './views/event.js';

const nullable = { nullable: true } as const;

interface Happened {
  readonly flowId: string;
  readonly event: FlowEvent;
}

async function flowEvents(
  flowId: string,
  after: number,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<AsyncIterable<Happened>> {
  goodText(flowId, 'flowId');
  goodNumber(after, 'after', 0, Number.MAX_SAFE_INTEGER);
  const { left, ...leave } = leaving(context);
  const bodies = selectedAt(info, []).has('details');
  const events = await context.shell.engine.follow(flowId, after, left, { bodies });
  if (events === null) throw new NotFound('UNKNOWN_FLOW', `there is no flow ${flowId}`);
  return ending(events, leave, (event) => ({ flowId, event }));
}

function stepChanges(
  flowId: string | null,
  orchestrationName: string | null,
  context: RequestContext,
): AsyncIterable<StepChange> {
  if (flowId !== null) goodText(flowId, 'flowId');
  if (orchestrationName !== null) goodText(orchestrationName, 'orchestrationName');
  const { left, ...leave } = leaving(context);
  const changes = context.shell.engine.stepChanges({ flowId, orchestrationName }, left);
  return ending(changes, leave, (change) => change);
}

@Resolver()
export class Subscriptions {
  @Subscription(() => FlowEventView, {
    description:
      'Everything that happened to one flow after event number `after`, then what happens, each event once and in order, on any instance. ' +
      'Completes at a terminal status.',
    subscribe: ({ args, context, info }) =>
      flowEvents(
        String(args.flowId),
        Number(args.after ?? 0),
        context as RequestContext,
        info,
      ) as never,
  })
  flowEvents(
    @Root() { flowId, event }: Happened,
    @Arg('flowId', () => ID, { description: 'The flow.' }) _flowId: string,
    @Arg('after', () => Int, {
      ...nullable,
      defaultValue: 0,
      description: 'Number of the last event you have; 0 = from the beginning.',
    })
    _after: number | null,
  ): FlowEventView {
    return new FlowEventView(flowId, event);
  }

  @Subscription(() => StepStatusChangeView, {
    description:
      'Live step changes of one flow, one orchestration, or all of them. What happened before is not repeated: see flowEvents.',
    subscribe: ({ args, context }) => {
      const { flowId = null, orchestrationName = null } = args as {
        flowId?: string | null;
        orchestrationName?: string | null;
      };
      return stepChanges(flowId, orchestrationName, context as RequestContext) as never;
    },
  })
  stepStatusChanged(
    @Root() change: StepChange,
    @Arg('flowId', () => ID, { ...nullable, description: 'Only of this flow.' }) _flowId:
      | string
      | null,
    @Arg('orchestrationName', () => String, {
      ...nullable,
      description: 'Only of flows of this orchestration.',
    })
    _orchestrationName: string | null,
  ): StepStatusChangeView {
    return StepStatusChangeView.of(change);
  }
}
