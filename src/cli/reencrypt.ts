/**
 * `reencrypt`: payloads are rewritten with the current key of PAYLOAD_ENCRYPTION, in small batches,
 * with progress.
 */
import { type Command } from 'commander';
import type { BackstepClient } from '../client/index.js';
import { EXIT, print, printJson } from './output.js';
import type { Act } from './program.js';

/** Flows of one request: so often progress moves. */
const PAGE = 200;

export function addReencrypt(program: Command, act: Act): void {
  program
    .command('reencrypt')
    .description('rewrite payloads with the current key: after a new key, or after switching')
    .requiredOption('-r, --reason <text>', 'why; stored in the audit')
    .addHelpText('after', '\nExample:\n  backstep reencrypt --reason "the key k2 replaces k1"')
    .action(
      act((client, { json }, { reason }: { readonly reason: string }) => all(client, reason, json)),
    );
}

async function all(client: BackstepClient, reason: string, json: boolean): Promise<number> {
  const sums = { examined: 0, rewritten: 0 };
  for await (const { examined, rewritten } of client.reencryptPayloads({ reason, first: PAGE })) {
    sums.examined += examined;
    sums.rewritten += rewritten;
    if (!json && process.stdout.isTTY === true) print(lineOf(sums));
  }
  if (json) printJson(sums, 0);
  else print(`${lineOf(sums)}; done`);
  return EXIT.OK;
}

function lineOf({ examined, rewritten }: { examined: number; rewritten: number }): string {
  return `${examined} flows and records checked, ${rewritten} rows rewritten`;
}
