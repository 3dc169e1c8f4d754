/** The question why a flow does not go on. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { goodText } from '../input/texts.js';
import { DiagnosisView } from './views/diagnosis.js';

/** Rows of the request's budget: statements over the newest flows, and requests to Kafka. */
const COSTS = 1000;

@Resolver()
export class DiagnosisQueries {
  @Query(() => DiagnosisView, {
    nullable: true,
    description:
      'Why a flow does not go on, or that it does: the database, Kafka and the clock joined into one verdict. Null when there is no such flow. Takes a few seconds at most, also when Kafka is away.',
  })
  async diagnose(
    @Ctx() { shell, budget }: RequestContext,
    @Arg('flowId', () => ID, { description: 'The flow.' }) flowId: string,
  ): Promise<DiagnosisView | null> {
    budget.spend(COSTS);
    const diagnosis = await shell.engine.diagnose(goodText(flowId, 'flowId'));
    return diagnosis && new DiagnosisView(diagnosis);
  }
}
