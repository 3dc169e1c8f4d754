/**
 * Writes schema/schema.graphql; with --check only compares, and exits 1 with what to do when it
 * differs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printSchema } from './graphql/schema.js';

const MOST_LINES = 40;
const HELP = `npm run schema [-- --check]

Writes schema/schema.graphql as the code prints it; --check only compares, and ends with 1 when it differs.
`;
const path = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
const printed = printSchema();
const stored = existsSync(path) ? readFileSync(path, 'utf8') : '';

/** Lines that only one of the two has; enough to see what changed. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const [inOld, inNow] = [new Set(old), new Set(now)];
  const lines = [
    ...old.filter((line) => !inNow.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !inOld.has(line)).map((line) => `+ ${line}`),
  ];
  const more = lines.length > MOST_LINES ? [`… and ${lines.length - MOST_LINES} more lines`] : [];
  return [...lines.slice(0, MOST_LINES), ...more].join('\n');
}

if (process.argv.includes('--help')) {
  process.stdout.write(HELP);
} else if (!process.argv.includes('--check')) {
  writeFileSync(path, printed);
} else if (stored !== printed) {
  process.stderr.write(
    `schema/schema.graphql differs from the code:\n${difference(stored, printed)}\nIf that is intended: npm run build && node dist/api/print-schema.js, and commit it.\n`,
  );
  process.exitCode = 1;
}
