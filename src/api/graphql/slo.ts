/** The monitoring checklist. */
import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { goodNumber, goodText } from '../input/texts.js';
import { nullable } from './arguments.js';
import { SloView } from './views/slo.js';

/** Seven days; counters are kept a day longer. */
const LONGEST_MINUTES = 10_080;
const MOST_PARTS = 60;
/** Rows of the request's budget for one minute of one orchestration. */
const MINUTES_PER_ROW = 10;

@Resolver()
export class SloQueries {
  @Query(() => SloView, {
    description:
      'Whether the targets of the monitoring checklist are met. Reads counters, not flows: the length of the history does not matter.',
  })
  async slo(
    @Ctx() { shell, signal, budget }: RequestContext,
    @Arg('orchestrationName', () => String, {
      ...nullable,
      description: 'Only of this orchestration; null = of all together.',
    })
    orchestrationName: string | null,
    @Arg('windowMinutes', () => Int, {
      ...nullable,
      defaultValue: 60,
      description: 'How far it looks back, 1 to 10080 minutes.',
    })
    windowMinutes: number | null,
    @Arg('parts', () => Int, {
      ...nullable,
      defaultValue: 12,
      description: 'Into how many equal parts `trend` cuts the window, 1 to 60.',
    })
    parts: number | null,
  ): Promise<SloView> {
    const minutes = goodNumber(windowMinutes ?? 60, 'windowMinutes', 1, LONGEST_MINUTES);
    budget.spend(Math.ceil(minutes / MINUTES_PER_ROW));
    const name =
      typeof orchestrationName === 'string'
        ? goodText(orchestrationName, 'orchestrationName')
        : null;
    const request = {
      orchestrationName: name,
      windowMinutes: minutes,
      parts: goodNumber(parts ?? 12, 'parts', 1, MOST_PARTS),
      signal,
    };
    return SloView.of(await shell.engine.slo(request));
  }
}
