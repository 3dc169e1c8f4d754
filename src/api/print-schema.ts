/** Writes schema/schema.graphql; with --check only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaText } from './graphql/schema.js';

const path = new URL('../../schema/schema.graphql', import.meta.url);
const text = schemaText();
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('schema/schema.graphql is not what the code says: run `npm run schema` and commit it\n');
  process.exitCode = 1;
}
