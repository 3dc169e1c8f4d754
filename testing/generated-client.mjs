/**
 * `npm run codegen`: writes the types and documents of the client and of the console from
 * schema/schema.graphql and their *.graphql files. With --check it only compares, and fails when
 * they differ.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generate, loadContext } from '@graphql-codegen/cli';

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run codegen [-- --check]

Writes src/client/generated and src/console/generated from schema/schema.graphql and the *.graphql files beside them; --check only
compares, and ends with 1 when they differ.
`);
  process.exit(0);
}
const context = await loadContext('codegen.yml');
context.updateConfig({ silent: true, errorsOnly: true });
const files = await generate(context, false);
// The preset also writes a lookup of documents by their text: nothing uses it, and it would double
// the client's size.
const written = files.filter(({ filename }) => filename.endsWith('graphql.ts'));
if (written.length !== 2)
  throw new Error(`the generator wrote ${written.length} graphql.ts, and not 2`);
for (const { filename, content } of written) {
  const stored = existsSync(filename) ? readFileSync(filename, 'utf8') : null;
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(filename), { recursive: true });
    writeFileSync(filename, content);
  } else if (stored !== content) {
    process.stderr.write(`${filename} does not fit the schema. Run: npm run codegen\n`);
    process.exitCode = 1;
  }
}
