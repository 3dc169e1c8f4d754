/** Prints how many effects of a flow are in place by the ledger of broken.mjs. */
import { existsSync, readFileSync } from 'node:fs';

const [, , ledger, flowId] = process.argv;
const lines = existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n') : [];
const count = (sign) => lines.filter((line) => line === `${sign} ${flowId}`).length;
process.stdout.write(`${count('+') - count('-')}\n`);
