/** Retries and timeouts that an operator sets in place of the document's. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Policed } from '../client/index.js';
import { EXIT, print, printJson } from './output.js';
import { readPayload } from './payload.js';
import type { Act } from './program.js';

interface Flags {
  readonly reason: string;
  readonly maxRetries?: number;
  readonly undoMaxRetries?: number;
  readonly timeoutMs?: number;
  readonly undoTimeoutMs?: number;
  readonly backoff?: unknown;
}

type Names = [orchestrationName: string, stepName?: string];

export function addPolicy(program: Command, act: Act): void {
  program
    .command('policy')
    .description('set retries and timeouts over a document, for flows that start from now on')
    .argument('<orchestration>')
    .argument('[step]', 'one step; all steps when it is left out')
    .option('--max-retries <count>', 'DO retries', whole)
    .option('--undo-max-retries <count>', 'UNDO retries per round', whole)
    .option('--timeout-ms <ms>', 'how long an attempt of DO may take', whole)
    .option('--undo-timeout-ms <ms>', 'how long an attempt of UNDO may take', whole)
    .option('--backoff <json>', 'initial, factor, max, jitter as in a document', readPayload)
    .requiredOption('-r, --reason <text>', 'why; kept with the policy')
    .addHelpText('after', '\nWithout any value the policy is removed: the document holds again.')
    .action(
      act(async (client, { json }, flags: Flags, ...[orchestrationName, stepName]: Names) =>
        show(await client.setPolicy({ orchestrationName, stepName, ...flags }), json),
      ),
    );
}

function whole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function show(orchestration: Policed, json: boolean): number {
  const { name, version, policies } = orchestration;
  if (json) printJson(orchestration);
  else {
    print(`${name} v${version}  ${policies.length === 0 ? 'no policies' : 'policies:'}`);
    for (const { stepName, actor, reason, at: _, ...values } of policies)
      print(`  ${stepName ?? 'all steps'}  ${textOf(values)}  (${actor}: ${reason})`);
  }
  return EXIT.OK;
}

function textOf(values: object): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === null ? [] : `${name} ${JSON.stringify(value)}`))
    .join(', ');
}
