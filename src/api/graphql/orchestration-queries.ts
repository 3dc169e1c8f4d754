/** Queries of orchestrations. */

import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Int, Query, Resolver, Root } from 'type-graphql';
import { registrationStatus } from '../../engine/registry/registration-status.js';
import { withPolicies } from '../../saga/policies.js';
import type { RequestContext } from '../context.js';
import { filterOf } from '../input/filter.js';
import { goodNumber, goodText } from '../input/texts.js';
import { FlowPageArguments, nullable, PageArguments, UNCHECKED } from './arguments.js';
import { RegistrationStatusEnum } from './enums.js';
import { flowPageOf, pageSize } from './queries.js';
import { connectionOf, FlowConnection, OrchestrationConnection } from './views/connections.js';
import { OrchestrationView, StepDefinitionView, type Workers } from './views/orchestration.js';

/** Read when first needed, once for all these names. */
export function workersOf(
  names: readonly string[],
  { shell }: RequestContext,
): () => Promise<Workers> {
  let read: Promise<Workers> | null = null;
  return () => {
    read ??= shell.engine.read.workersOf(names);
    return read;
  };
}

@Resolver(() => OrchestrationView)
export class OrchestrationQueries {
  @Query(() => OrchestrationConnection, {
    description: 'Registered orchestrations in their newest version, by name.',
  })
  async orchestrations(
    @Ctx() context: RequestContext,
    @Arg('nameContains', () => String, {
      ...nullable,
      description: 'Only names with this in them, in any case.',
    })
    nameContains: string | null,
    @Args(() => PageArguments, UNCHECKED) { first, after }: PageArguments,
  ): Promise<OrchestrationConnection> {
    const contains =
      typeof nameContains === 'string' ? goodText(nameContains, 'nameContains') : null;
    const page = await context.shell.engine.read.orchestrations(
      contains,
      pageSize(first, context),
      after ?? null,
    );
    const names = page.items.map(({ item }) => item.orchestration.name);
    const workers = workersOf(names, context);
    return connectionOf(page, (row) => new OrchestrationView(row, workers));
  }

  @Query(() => OrchestrationView, {
    ...nullable,
    description: 'One orchestration; null when there is no such name or version.',
  })
  async orchestration(
    @Ctx() context: RequestContext,
    @Arg('name', () => String, { description: 'Its name.' }) name: string,
    @Arg('version', () => Int, { ...nullable, description: 'From 1; the newest when left out.' })
    version: number | null,
  ): Promise<OrchestrationView | null> {
    const wanted =
      typeof version === 'number'
        ? goodNumber(version, 'version', 1, Number.MAX_SAFE_INTEGER)
        : null;
    const row = await context.shell.engine.orchestration(goodText(name, 'name'), wanted);
    return row === null
      ? null
      : new OrchestrationView(row, workersOf([row.orchestration.name], context));
  }

  /** The workers were read for the whole page. */
  @FieldResolver(() => RegistrationStatusEnum, {
    description: 'Whether every step has a registered worker.',
  })
  async status(@Root() { row, workers }: OrchestrationView): Promise<string> {
    const { name } = row.orchestration;
    const known = await workers();
    return registrationStatus(row.orchestration, (step) => known.has(`${name}/${step}`));
  }

  @FieldResolver(() => [StepDefinitionView], {
    description: 'By seq, with retries and timeouts as a flow that starts now gets them.',
  })
  async steps(
    @Root() { row, workers }: OrchestrationView,
    @Ctx() { shell }: RequestContext,
  ): Promise<StepDefinitionView[]> {
    const { name, steps } = withPolicies(row.orchestration, row.policies);
    const known = await workers();
    return steps.map(
      (step) =>
        new StepDefinitionView(
          step,
          shell.stepTopics(name, step.name),
          known.get(`${name}/${step.name}`) ?? [],
        ),
    );
  }

  @FieldResolver(() => FlowConnection, { description: 'Its flows of all versions, newest first.' })
  async history(
    @Root() { row }: OrchestrationView,
    @Ctx() context: RequestContext,
    @Args(() => FlowPageArguments, UNCHECKED) page: FlowPageArguments,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowConnection> {
    const { name } = row.orchestration;
    return flowPageOf(name, filterOf(null, page.filter), page, { context, info });
  }
}
