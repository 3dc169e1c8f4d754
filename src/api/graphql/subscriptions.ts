/** What happens, as it happens. */
import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { StepChange } from '../../engine/service.js';
import type { FlowEvent } from '../../saga/event.js';
import type { RequestContext } from '../context.js';
import { goodText } from '../input.js';
import { BadInput, NotFound } from '../problems.js';
import { FlowEventView, StepStatusChangeView } from './types.js';

const nullable = { nullable: true } as const;

interface Told {
  readonly flowId: string;
  readonly event: FlowEvent;
}

/** Ends its source when the client leaves. */
async function* untilLeft<T, V>(source: AsyncIterable<T>, abort: AbortController, view: (item: T) => V): AsyncGenerator<V> {
  try {
    for await (const item of source) yield view(item);
  } finally {
    abort.abort();
  }
}

/** A generator's return() waits for its pending next(): the abort makes that end. */
function ending<V>(generator: AsyncGenerator<V>, abort: AbortController): AsyncIterable<V> {
  const iterator: AsyncIterableIterator<V> = {
    next: () => generator.next(),
    return: () => {
      abort.abort();
      return generator.return(undefined);
    },
    throw: (error: unknown) => {
      abort.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

async function flowEvents(flowId: string, after: number, { shell }: RequestContext): Promise<AsyncIterable<Told>> {
  goodText(flowId, 'flowId', 200);
  if (after < 0) throw new BadInput('after must be 0 or more');
  const abort = new AbortController();
  const events = await shell.engine.follow(flowId, after, abort.signal);
  if (events === null) throw new NotFound(`there is no flow ${flowId.slice(0, 100)}`);
  return ending(
    untilLeft(events, abort, (event) => ({ flowId, event })),
    abort,
  );
}

@Resolver()
export class Subscriptions {
  @Subscription(() => FlowEventView, {
    description:
      'Everything that happened to one flow after event number `after`, then live, each once and in order; ends at a terminal status.',
    subscribe: ({ args, context }) => flowEvents(String(args.flowId), Number(args.after ?? 0), context as RequestContext) as never,
  })
  flowEvents(
    @Root() { flowId, event }: Told,
    @Arg('flowId', () => ID) _flowId: string,
    @Arg('after', () => Int, { ...nullable, defaultValue: 0, description: 'The number of the last event you have.' }) _after: number | null,
  ): FlowEventView {
    return new FlowEventView(flowId, event);
  }

  @Subscription(() => StepStatusChangeView, {
    description: 'Live step changes of one flow, one orchestration, or all of them.',
    subscribe: ({ args, context }) => {
      const abort = new AbortController();
      const filter = {
        flowId: (args.flowId as string | null) ?? null,
        orchestrationName: (args.orchestrationName as string | null) ?? null,
      };
      const changes = (context as RequestContext).shell.engine.stepChanges(filter, abort.signal);
      return ending(
        untilLeft(changes, abort, (change) => change),
        abort,
      ) as never;
    },
  })
  stepStatusChanged(
    @Root() change: StepChange,
    @Arg('flowId', () => ID, nullable) _flowId: string | null,
    @Arg('orchestrationName', () => String, nullable) _orchestrationName: string | null,
  ): StepStatusChangeView {
    return StepStatusChangeView.of(change);
  }
}
