/**
 * Compares schema/schema.graphql with the one of the last release
 * (testing/fixtures/schema-released.graphql): ends with 1 when a client that was written for that
 * one may break. With --release the schema of now becomes the one that is compared with: a part of
 * releasing.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql';

const NOW = 'schema/schema.graphql';
const RELEASED = 'testing/fixtures/schema-released.graphql';
const print = (text) => process.stdout.write(`${text}\n`);

if (process.argv.includes('--help')) {
  print(`node testing/schema-changes.mjs [--release]

Compares ${NOW} with ${RELEASED}: breaking changes end it with 1, dangerous ones are listed. --release makes the schema of now the released one.`);
} else if (process.argv.includes('--release')) {
  copyFileSync(NOW, RELEASED);
  print(`${RELEASED} is the schema of now`);
} else {
  const [released, now] = [RELEASED, NOW].map((file) => buildSchema(readFileSync(file, 'utf8')));
  for (const { type, description } of findDangerousChanges(released, now))
    print(`dangerous: ${type}: ${description}`);
  const breaking = findBreakingChanges(released, now);
  for (const { type, description } of breaking) print(`breaking: ${type}: ${description}`);
  if (breaking.length > 0) {
    print(
      'A client of the last release may break. Add instead of changing: keep the old field with @deprecated, give new arguments a default. In a major release: node testing/schema-changes.mjs --release',
    );
    process.exitCode = 1;
  }
}
