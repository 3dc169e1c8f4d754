/** `slo`: whether the targets of the monitoring checklist are met. */
import { type Command, InvalidArgumentError } from 'commander';
import type { BackstepClient, SloSummary } from '../client/index.js';
import { inUnitOf } from '../figures/figures.js';
import { printTable } from './lists.js';
import { EXIT, print, printJson } from './output.js';
import type { Act } from './program.js';

interface Flags {
  readonly window: number;
}

export function addSlo(program: Command, act: Act): void {
  program
    .command('slo [orchestration]')
    .description('the six lines of the monitoring checklist; exit code 3 when a target is missed')
    .option('-w, --window <minutes>', 'how far it looks back, 1 to 10080', readMinutes, 60)
    .addHelpText('after', '\nExample:\n  backstep slo tenantCreation --window 1440')
    .action(
      act((client, { json }, { window }: Flags, name: string | undefined) =>
        printSlo(client, { orchestrationName: name, windowMinutes: window }, json),
      ),
    );
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 10_080) return minutes;
  throw new InvalidArgumentError('It must be a whole number of minutes, 1 to 10080.');
}

async function printSlo(
  client: BackstepClient,
  window: { readonly orchestrationName: string | undefined; readonly windowMinutes: number },
  json: boolean,
): Promise<number> {
  const slo = await client.slo(window);
  const missed = slo.lines.some(({ met }) => met === false);
  if (json) printJson(slo, 0);
  else {
    print(`${slo.flows} flows started in the last ${slo.windowMinutes} minutes.`);
    printTable(['LINE', 'TARGET', 'VALUE', ''], slo.lines.map(rowOf));
  }
  return missed ? EXIT.NOT_COMPLETED : EXIT.OK;
}

function rowOf({ name, target, value, met }: SloSummary['lines'][number]): string[] {
  const mark = met ? 'met' : 'MISSED';
  return [name, target, inUnitOf(target, value), met == null ? 'nothing counted' : mark];
}
