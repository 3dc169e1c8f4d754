/** One action on many flows, page by page, with progress. */
import type { Command } from 'commander';
import type { BackstepClient, BulkCounts, BulkInput } from '../client/index.js';
import { confirm, isInteractive } from './confirm.js';
import { type FilterFlags, filterOf, withFilter } from './filter.js';
import { complain, EXIT, paint, print, printJson } from './output.js';
import type { Act } from './program.js';

interface Flags extends FilterFlags {
  readonly reason: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}
type Run = (client: BackstepClient, input: BulkInput) => Promise<BulkCounts>;
type Totals = Pick<BulkCounts, 'matched' | 'done' | 'refused' | 'refusals'>;

/** Flows per request; progress is shown after each. */
const PAGE = 100;
const EXAMPLE =
  '\nExample:\n  backstep retry-flows --status FAILED --since 2h --reason "the mail server is back" --dry-run';

export function addBulk(program: Command, act: Act): void {
  const onFlows = (name: string, description: string, run: Run): Command =>
    withFilter(program.command(name).description(description))
      .requiredOption('-r, --reason <text>', 'why; kept with the actor on every flow')
      .option('--dry-run', 'only count what would be done')
      .option('-y, --yes', 'skip the confirmation')
      .addHelpText('after', EXAMPLE)
      .action(
        act(async (client, { json }, flags: Flags) => {
          const { yes, dryRun } = flags;
          if (dryRun !== true && yes !== true && !json && isInteractive()) {
            const foreseen = await all(client, run, { ...flags, dryRun: true }, json);
            show(foreseen, true, json);
            if (foreseen.done === 0 || !(await confirm(`Do it to ${foreseen.done} flows?`)))
              return EXIT.REFUSED;
          }
          return show(await all(client, run, flags, json), dryRun === true, json);
        }),
      );
  onFlows('retry-flows', 'retry what is out of retries in every matching flow', (client, input) =>
    client.retryFlows(input),
  );
  onFlows(
    'undo-flows',
    'undo every matching flow; COMPLETED ones only with --status',
    (client, input) => client.undoFlows(input),
  );
  onFlows('cancel-flows', 'cancel every matching flow, and undo what was done', (client, input) =>
    client.cancelFlows(input),
  );
}

async function all(
  client: BackstepClient,
  run: Run,
  { reason, dryRun = false, ...flags }: Flags,
  json: boolean,
): Promise<Totals> {
  const totals: { -readonly [K in keyof Totals]: Totals[K] } = {
    ...{ matched: 0, done: 0, refused: 0, refusals: [] },
  };
  let after: string | null = null;
  for (let more = true; more; ) {
    const filter = filterOf(flags);
    const input = { orchestrationName: flags.orchestration, filter, reason, dryRun, first: PAGE };
    const counts: BulkCounts = await run(client, { ...input, after });
    totals.matched += counts.matched;
    totals.done += counts.done;
    totals.refused += counts.refused;
    totals.refusals = merged([...totals.refusals, ...counts.refusals]);
    after = counts.endCursor ?? null;
    more = counts.hasNextPage && counts.matched > 0;
    if (!json && more) complain(paint('gray', lineOf(totals, dryRun)));
  }
  return totals;
}

/** The same reason on several pages is one. */
function merged(refusals: Totals['refusals']): Totals['refusals'] {
  const byReason = Map.groupBy(refusals, ({ code, message }) => `${code} ${message}`);
  return [...byReason.values()].flatMap((same) => {
    const count = same.reduce((sum, one) => sum + one.count, 0);
    return same.slice(0, 1).map((first) => ({ ...first, count }));
  });
}

function lineOf({ matched, done, refused }: Totals, dryRun: boolean): string {
  const would = dryRun ? 'would be ' : '';
  return `${matched} flows looked at, ${done} ${would}done, ${refused} ${would}refused`;
}

function show(totals: Totals, dryRun: boolean, json: boolean): number {
  if (json) printJson(totals);
  else {
    print(lineOf(totals, dryRun));
    for (const { code, message, count, flowIds } of totals.refusals) {
      const others = count > flowIds.length ? ', …' : '';
      print(`  ${count}  ${code}  ${message}  (${flowIds.join(', ')}${others})`);
    }
  }
  return totals.refused > 0 ? EXIT.REFUSED : EXIT.OK;
}
