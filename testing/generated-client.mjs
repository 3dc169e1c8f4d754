/**
 * `npm run codegen`: writes the types and documents of the client (src/client/generated) from schema/schema.graphql and src/client/*.graphql.
 * With --check it only compares, and fails when they differ.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generate, loadContext } from '@graphql-codegen/cli';

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run codegen [-- --check]

Writes src/client/generated from schema/schema.graphql and src/client/*.graphql; --check only compares, and ends with 1 when they differ.
`);
  process.exit(0);
}
const FILE = 'src/client/generated/graphql.ts';
const context = await loadContext('codegen.yml');
context.updateConfig({ silent: true, errorsOnly: true });
const files = await generate(context, false);
// The preset also writes a lookup of documents by their text: nothing uses it, and it would double the client's size.
const { content } = files.find(({ filename }) => filename.endsWith('graphql.ts')) ?? {};
if (content === undefined) throw new Error('the generator wrote no graphql.ts');
const stored = existsSync(FILE) ? readFileSync(FILE, 'utf8') : null;
if (!process.argv.includes('--check')) {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, content);
} else if (stored !== content) {
  process.stderr.write(`${FILE} is not what the schema says. Run: npm run codegen\n`);
  process.exitCode = 1;
}
