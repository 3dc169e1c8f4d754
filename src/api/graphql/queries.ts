/** Questions. */
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import type { Page, RegistrationRow } from '../../engine/ports.js';
import type { Flow } from '../../saga/flow.js';
import { availableActions } from '../actions.js';
import type { RequestContext } from '../context.js';
import { filterOf, goodText, pageSize } from '../input.js';
import { BadInput } from '../problems.js';
import { RegistrationStatusEnum } from './enums.js';
import { FlowFilterInput, PAGE } from './inputs.js';
import {
  AvailableActionView,
  FlowConnection,
  FlowEventView,
  FlowView,
  OrchestrationConnection,
  OrchestrationView,
  StepDefinitionView,
} from './types.js';

const nullable = { nullable: true } as const;
const FIRST = { ...nullable, defaultValue: 20, description: PAGE.first } as const;
const AFTER = { ...nullable, description: PAGE.after } as const;

function pageOf<T, V>(
  page: Page<T>,
  view: (item: T) => V,
): { edges: { cursor: string; node: V }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } {
  const edges = page.items.map(({ cursor, item }) => ({ cursor, node: view(item) }));
  return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
}

export function flowPage(page: Page<Flow>): FlowConnection {
  return { ...pageOf(page, (flow) => new FlowView(flow)), totalCount: null };
}

export function registrationPage(page: Page<RegistrationRow>): OrchestrationConnection {
  return pageOf(page, (row) => new OrchestrationView(row));
}

@Resolver(() => FlowView)
export class FlowQueries {
  @Query(() => FlowConnection, { description: 'Flows, newest first.' })
  async history(
    @Ctx() { shell }: RequestContext,
    @Arg('orchestrationName', () => String, nullable) orchestrationName: string | null,
    @Arg('filter', () => FlowFilterInput, { ...nullable, validate: false }) filter: FlowFilterInput | null,
    @Arg('first', () => Int, FIRST) first: number | null,
    @Arg('after', () => String, AFTER) after: string | null,
  ): Promise<FlowConnection> {
    return flowPage(await shell.engine.read.history(filterOf(orchestrationName, filter), pageSize(first), after ?? null));
  }

  @Query(() => FlowView, { ...nullable, description: 'One flow with its steps; null when there is none.' })
  async details(@Ctx() { shell }: RequestContext, @Arg('flowId', () => ID) flowId: string): Promise<FlowView | null> {
    const id = goodText(flowId, 'flowId', 200);
    const flow = (await shell.engine.read.flows([id])).get(id);
    return flow === undefined ? null : new FlowView(flow);
  }

  @FieldResolver(() => [FlowEventView], { description: 'What happened, in order.' })
  async timeline(
    @Root() { flow }: FlowView,
    @Ctx() { shell }: RequestContext,
    @Arg('first', () => Int, { ...nullable, defaultValue: 100, description: 'How many, 1 to 1000.' }) first: number | null,
    @Arg('after', () => Int, { ...nullable, defaultValue: 0, description: 'Only events with a higher number.' }) after: number | null,
  ): Promise<FlowEventView[]> {
    if ((after ?? 0) < 0) throw new BadInput('after must be 0 or more');
    const events = await shell.engine.read.timeline(flow.flowId, after ?? 0, pageSize(first ?? 100, 'first', 1000));
    return (events ?? [])
      .filter((event) => event.type !== 'STEP_PROGRESS' || event.shown)
      .map((event) => new FlowEventView(flow.flowId, event));
  }

  @FieldResolver(() => [AvailableActionView], { description: 'What an operator may do now.' })
  availableActions(@Root() { flow }: FlowView): AvailableActionView[] {
    return availableActions(flow);
  }
}

@Resolver(() => OrchestrationView)
export class OrchestrationQueries {
  @Query(() => OrchestrationConnection, { description: 'Registered orchestrations, by name.' })
  async orchestrations(
    @Ctx() { shell }: RequestContext,
    @Arg('nameContains', () => String, nullable) nameContains: string | null,
    @Arg('first', () => Int, FIRST) first: number | null,
    @Arg('after', () => String, AFTER) after: string | null,
  ): Promise<OrchestrationConnection> {
    const contains = nameContains === null || nameContains === undefined ? null : goodText(nameContains, 'nameContains', 200);
    return registrationPage(await shell.engine.read.orchestrations(contains, pageSize(first), after ?? null));
  }

  @Query(() => OrchestrationView, { ...nullable, description: 'One orchestration; the newest version unless one is asked for.' })
  async orchestration(
    @Ctx() { shell }: RequestContext,
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int, nullable) version: number | null,
  ): Promise<OrchestrationView | null> {
    const row = await shell.engine.orchestration(goodText(name, 'name', 200), version ?? null);
    return row === null ? null : new OrchestrationView(row);
  }

  @FieldResolver(() => RegistrationStatusEnum)
  status(@Root() { row }: OrchestrationView, @Ctx() { shell }: RequestContext): Promise<string> {
    return shell.engine.registrationStatus(row);
  }

  @FieldResolver(() => [StepDefinitionView], { description: 'By seq.' })
  async steps(@Root() { row }: OrchestrationView, @Ctx() { shell }: RequestContext): Promise<StepDefinitionView[]> {
    const { name, steps } = row.orchestration;
    const workers = await shell.engine.read.workersOf([name]);
    return steps.map((step) => new StepDefinitionView(step, shell.stepTopics(name, step.name), workers.get(`${name}/${step.name}`) ?? []));
  }

  @FieldResolver(() => FlowConnection, { description: 'Its flows, newest first.' })
  async history(
    @Root() { row }: OrchestrationView,
    @Ctx() { shell }: RequestContext,
    @Arg('filter', () => FlowFilterInput, { ...nullable, validate: false }) filter: FlowFilterInput | null,
    @Arg('first', () => Int, FIRST) first: number | null,
    @Arg('after', () => String, AFTER) after: string | null,
  ): Promise<FlowConnection> {
    return flowPage(await shell.engine.read.history(filterOf(row.orchestration.name, filter), pageSize(first), after ?? null));
  }
}
