/** `history`, `orchestrations` and `details`: what is stored. */
import { type Command, InvalidArgumentError } from 'commander';
import type { BackstepClient, FlowDetails, HistoryFlow } from '../client/index.js';
import { duration } from '../figures/figures.js';
import { printable } from '../observability/printable.js';
import { type FilterFlags, filterOf, withFilter } from './filter.js';
import { EXIT, paint, paintStatus, print, printJson, table } from './output.js';
import type { Act } from './program.js';

interface HistoryFlags extends FilterFlags {
  readonly limit: number;
}

export function addLists(program: Command, act: Act): void {
  addHistory(program, act);
  addOrchestrations(program, act);
  addDetails(program, act);
}

function addHistory(program: Command, act: Act): void {
  withFilter(program.command('history').description('flows, newest first'))
    .option('-n, --limit <count>', 'how many', readLimit, 20)
    .addHelpText('after', '\nExample:\n  backstep history --status FAILED UNDOING --since 2h')
    .action(act((client, { json }, flags: HistoryFlags) => printHistory(client, flags, json)));
}

async function printHistory(
  client: BackstepClient,
  flags: HistoryFlags,
  json: boolean,
): Promise<number> {
  const rows: string[][] = [];
  const { orchestration: orchestrationName, limit } = flags;
  const pageSize = Math.min(limit, 100);
  let count = 0;
  const page = { orchestrationName, filter: filterOf(flags), pageSize };
  for await (const flow of client.history(page)) {
    if (json) printJson(flow, 0);
    else rows.push(historyRow(flow));
    count += 1;
    if (count === limit) break;
  }
  if (json) return EXIT.OK;
  if (count === 0) print('No flow matches.');
  else printTable(['FLOW', 'ORCHESTRATION', 'STATUS', 'STARTED', 'TOOK', 'REASON'], rows);
  return EXIT.OK;
}

function historyRow(flow: HistoryFlow): string[] {
  const took = flow.durationMs == null ? '' : duration(flow.durationMs);
  const { flowId, orchestrationName, status, startedAt, failureReason } = flow;
  return [flowId, orchestrationName, status, startedAt, took, failureReason ?? ''];
}

function addOrchestrations(program: Command, act: Act): void {
  program
    .command('orchestrations')
    .description('registered orchestrations by name')
    .argument('[name]', 'a part of the name')
    .action(
      act(async (client, { json }, _flags: object, nameContains?: string) => {
        const rows: string[][] = [];
        for await (const one of client.orchestrations({ nameContains })) {
          if (json) printJson(one, 0);
          const active = one.paused ? 'paused' : '';
          const state = one.archived ? 'archived' : active;
          const steps = one.steps.map(({ name }) => name).join(' → ');
          rows.push([one.name, `v${one.version}`, one.type, one.status, state, steps]);
        }
        if (json) return EXIT.OK;
        if (rows.length === 0) print('Nothing is registered.');
        else printTable(['NAME', 'VERSION', 'TYPE', 'STATUS', '', 'STEPS'], rows);
        return EXIT.OK;
      }),
    );
}

function addDetails(program: Command, act: Act): void {
  program
    .command('details')
    .description('one flow: its steps, errors and what an operator may do now')
    .argument('<flowId>')
    .action(
      act(async (client, { json }, _flags: object, flowId: string) => {
        const flow = await client.details(flowId);
        if (json) printJson(flow);
        else if (flow !== null) showDetails(flow);
        else print(`There is no flow ${printable(flowId)}.`);
        return flow === null ? EXIT.REFUSED : EXIT.OK;
      }),
    );
}

export function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('it must be a whole number from 1 to 10000.');
  return limit;
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const [first = '', ...rest] = table([head, ...rows]);
  print(paint('bold', first));
  for (const line of rest) print(line);
}

function showDetails(flow: FlowDetails): void {
  print(`${paint('bold', flow.orchestrationName)} ${flow.flowId}  ${paintStatus(flow.status)}`);
  const facts: [string, string | null | undefined][] = [
    ['version', String(flow.orchestrationVersion)],
    ['started', flow.startedAt],
    ['ended', flow.endedAt],
    ['took', flow.durationMs == null ? null : duration(flow.durationMs)],
    ['deadline', flow.deadline],
    ['paused', flow.paused ? (flow.pauseReason ?? 'yes') : null],
    ['reason', flow.failureReason],
    ['initiator', flow.initiator],
    ['key', flow.idempotencyKey],
    ['input', JSON.stringify(flow.input)],
    ['output', JSON.stringify(flow.output)],
  ];
  for (const [name, value] of facts)
    if (value && value !== 'null') print(`  ${name.padEnd(10)} ${printable(value)}`);
  const rows = flow.steps.map((step) => [
    `  ${step.stepName}`,
    step.status,
    `${step.retryCount}/${step.maxRetries} retries`,
    step.nextAttemptAt ? `next at ${step.nextAttemptAt}` : '',
    step.errorMessage ?? '',
  ]);
  print('');
  for (const line of table(rows)) print(line);
  const allowed = flow.availableActions.filter((action) => action.allowed);
  if (allowed.length === 0) return;
  print('\nAllowed now:');
  for (const { name, stepName } of allowed) print(`  ${name}${stepName ? ` ${stepName}` : ''}`);
}
