/** The preview of undoFlow. */
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { NO_PAYLOADS } from '../../engine/ports.js';
import { undoPlan } from '../../saga/undo-plan.js';
import type { RequestContext } from '../context.js';
import { goodText } from '../input/texts.js';
import { selectedAt } from './selected.js';
import { UndoPlanView } from './views/undo-plan.js';

@Resolver()
export class UndoPlanQueries {
  @Query(() => UndoPlanView, {
    nullable: true,
    description: 'What undoFlow would send for this flow now; null when there is no such flow.',
  })
  async undoPlan(
    @Ctx() { shell, budget, signal }: RequestContext,
    @Arg('flowId', () => ID, { description: 'The flow.' }) flowId: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<UndoPlanView | null> {
    const id = goodText(flowId, 'flowId');
    const wanted = selectedAt(info, ['steps']).has('payload');
    const payloads = { ...NO_PAYLOADS, stepInput: wanted, stepOutput: wanted };
    const take = (bytes: number): Promise<void> => budget.take(bytes);
    const flow = (await shell.engine.read.flows([id], { payloads, take, signal })).get(id);
    return flow === undefined ? null : new UndoPlanView(undoPlan(flow));
  }
}
