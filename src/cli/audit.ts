/** `audit`: who did what, when and from where. */
import { type Command, Option } from 'commander';
import type { AuditEntry, AuditFilter, AuditOutcome, BackstepClient } from '../client/index.js';
import { readSince } from './filter.js';
import { printTable, readLimit } from './lists.js';
import { EXIT, print, printJson } from './output.js';
import type { Act } from './program.js';

interface Flags {
  readonly by?: string;
  readonly action?: string;
  readonly orchestration?: string;
  readonly flow?: string;
  readonly outcome?: AuditOutcome;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit: number;
}

export function addAudit(program: Command, act: Act): void {
  program
    .command('audit')
    .description('who did what, when and from where, newest first; refused mutations too')
    .option('--by <actor>', 'by this actor')
    .option('--action <name>', 'this mutation, like retryStep or registerOrchestration')
    .option('-o, --orchestration <name>', 'about this orchestration')
    .option('--flow <flowId>', 'about this flow')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(['DONE', 'REFUSED']))
    .option('--since <time>', 'in the last 90s, 15m, 2h or 7d, or from a time on', readSince)
    .option('--until <time>', 'before that time', readSince)
    .option('-n, --limit <count>', 'how many', readLimit, 20)
    .addHelpText('after', '\nExample:\n  backstep audit --outcome REFUSED --since 1d')
    .action(act((client, { json }, flags: Flags) => printAudit(client, flags, json)));
}

async function printAudit(client: BackstepClient, flags: Flags, json: boolean): Promise<number> {
  const rows: string[][] = [];
  let count = 0;
  const page = { filter: filterOf(flags), pageSize: Math.min(flags.limit, 100) };
  for await (const entry of client.audit(page)) {
    if (json) printJson(entry, 0);
    else rows.push(rowOf(entry));
    count += 1;
    if (count === flags.limit) break;
  }
  if (json) return EXIT.OK;
  if (count === 0) print('No row matches.');
  else printTable(['WHEN', 'WHO', 'FROM', 'WHAT', 'ON', 'OUTCOME', 'CHANGED', 'REASON'], rows);
  return EXIT.OK;
}

function filterOf(flags: Flags): AuditFilter {
  const { by: actor, action, orchestration, flow, outcome, since, until } = flags;
  const moments = { from: since?.toISOString(), to: until?.toISOString() };
  return { actor, action, orchestrationName: orchestration, flowId: flow, outcome, ...moments };
}

function rowOf(entry: AuditEntry): string[] {
  const { at, actor, proven, from, action, flowId, stepName, reason, outcome, code } = entry;
  const object = [flowId ?? entry.orchestrationName, stepName].filter(Boolean).join(' ');
  const changed = [entry.before, entry.after].filter((one) => one != null);
  return [
    at,
    proven ? actor : `${actor} (unproven)`,
    from ?? '',
    action,
    object,
    code == null ? outcome : `${outcome} ${code}`,
    changed.map((one) => JSON.stringify(one)).join(' → '),
    reason ?? '',
  ];
}
