/** Queries of flows. */
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { FlowFilter, Page, ReadOptions } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow } from '../../saga/flow.js';
import { asAllowedTo, availableActions } from '../actions.js';
import type { RequestContext } from '../context.js';
import { filterOf } from '../input/filter.js';
import { COUNTED, goodNumber, goodText } from '../input/texts.js';
import {
  FlowPageArguments,
  nullable,
  type PageArguments,
  TimelineArguments,
  UNCHECKED,
} from './arguments.js';
import { loadersOf } from './loaders.js';
import { payloadsAt, selectedAt } from './selected.js';
import { connectionOf, FlowConnection } from './views/connections.js';
import { FlowEventView } from './views/event.js';
import { FlowView } from './views/flow.js';
import { AvailableActionView } from './views/step.js';

const MOST_EVENTS = LIMITS.timelinePage.value;
/**
 * Rows of the request's budget: an index is read as far as the count goes, which is less than
 * reading flows. Two counts of each orchestration of a page of 20 must fit.
 */
const COUNT_COSTS = 400;

/** 1 to 100, or thrown. */
export function pageSize(first: number | null, { budget }: RequestContext): number {
  const size = goodNumber(first ?? 20, 'first', 1, 100);
  budget.spend(size);
  return size;
}

export async function flowPage(
  filter: FlowFilter,
  { first, after }: Pick<PageArguments, 'first' | 'after'>,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<FlowConnection> {
  const page = await context.shell.engine.read.history(
    filter,
    pageSize(first, context),
    after ?? null,
    readOptions(context, info, ['edges', 'node']),
  );
  const { read } = context.shell.engine;
  const { signal } = context;
  return connected(page, context, () => read.count(filter, COUNTED, { signal }));
}

/** The same of an orchestration in a list: those of all of them are read together. */
export async function flowPageOf(
  name: string,
  filter: Omit<FlowFilter, 'orchestrationName'>,
  { first, after }: PageArguments,
  { context, info }: { readonly context: RequestContext; readonly info: GraphQLResolveInfo },
): Promise<FlowConnection> {
  const loaders = loadersOf(context);
  const page = await loaders.history.load({
    name,
    filter,
    first: pageSize(first, context),
    after: after ?? null,
    options: readOptions(context, info, ['edges', 'node']),
  });
  return connected(page, context, () => loaders.count.load({ name, filter, cap: COUNTED }));
}

function connected(
  page: Page<Flow>,
  { budget }: RequestContext,
  count: () => Promise<number>,
): FlowConnection {
  let counted: Promise<number> | null = null;
  return {
    ...connectionOf(page, (flow) => new FlowView(flow)),
    count() {
      if (counted === null) {
        budget.spend(COUNT_COSTS);
        counted = count();
      }
      return counted;
    },
  };
}

/** How many flows there are, counted only when the field is selected. */
@Resolver(() => FlowConnection)
export class FlowCounts {
  @FieldResolver(() => Int, {
    ...nullable,
    description: 'How many flows match, on all pages together, exact up to 10,000; null beyond.',
  })
  async totalCount(@Root() connection: FlowConnection): Promise<number | null> {
    const total = await connection.count();
    return total > COUNTED ? null : total;
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether more flows match than totalCount can count: over 10,000.',
  })
  async hasMore(@Root() connection: FlowConnection): Promise<boolean> {
    return (await connection.count()) > COUNTED;
  }
}

function readOptions(
  { budget, signal }: RequestContext,
  info: GraphQLResolveInfo,
  path: readonly string[],
): ReadOptions {
  return { payloads: payloadsAt(info, path), take: (bytes) => budget.take(bytes), signal };
}

@Resolver(() => FlowView)
export class FlowQueries {
  @Query(() => FlowConnection, { description: 'Flows, newest first.' })
  async history(
    @Ctx() context: RequestContext,
    @Arg('orchestrationName', () => String, {
      ...nullable,
      description: 'Only flows of this orchestration.',
    })
    orchestrationName: string | null,
    @Args(() => FlowPageArguments, UNCHECKED) page: FlowPageArguments,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowConnection> {
    return flowPage(filterOf(orchestrationName, page.filter), page, context, info);
  }

  @Query(() => FlowView, {
    ...nullable,
    description: 'One flow with its steps; null when there is none.',
  })
  async details(
    @Ctx() context: RequestContext,
    @Arg('flowId', () => ID, { description: 'The flow.' }) flowId: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowView | null> {
    const id = goodText(flowId, 'flowId');
    const options = readOptions(context, info, []);
    return FlowView.of((await context.shell.engine.read.flows([id], options)).get(id));
  }

  @FieldResolver(() => [FlowEventView], { description: 'What happened, in order.' })
  async timeline(
    @Root() { flow }: FlowView,
    @Ctx() context: RequestContext,
    @Args(() => TimelineArguments, UNCHECKED) { first, after }: TimelineArguments,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowEventView[]> {
    const most = goodNumber(first ?? 100, 'first', 1, MOST_EVENTS);
    const begin = goodNumber(after ?? 0, 'after', 0, Number.MAX_SAFE_INTEGER);
    const bodies = selectedAt(info, []).has('details');
    const events = await shown(flow.flowId, { after: begin, most }, context, bodies);
    return events.map((event) => new FlowEventView(flow.flowId, event));
  }

  @FieldResolver(() => [AvailableActionView], {
    description: 'Operator actions, each with whether it is allowed now and, if not, why.',
  })
  availableActions(
    @Root() { flow }: FlowView,
    @Ctx() { principal }: RequestContext,
  ): AvailableActionView[] {
    return asAllowedTo(principal, availableActions(flow));
  }
}

/**
 * Reads further where events are not shown to readers, so that a short list always means the end.
 */
async function shown(
  flowId: string,
  { after, most }: { readonly after: number; readonly most: number },
  context: RequestContext,
  bodies: boolean,
): Promise<FlowEvent[]> {
  const { timeline } = loadersOf(context);
  const found: FlowEvent[] = [];
  for (let cursor = after; found.length < most; ) {
    const wanted = most - found.length;
    context.budget.spend(wanted);
    const page = await timeline.load({ flowId, after: cursor, first: wanted, bodies });
    found.push(...page.filter((event) => event.type !== 'STEP_PROGRESS' || event.shown));
    if (page.length < wanted) break;
    cursor = page.at(-1)?.number ?? cursor;
  }
  return found;
}
