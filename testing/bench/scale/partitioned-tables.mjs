/**
 * The real schema with the tables of flows hash-partitioned by flow_id, as a database that spreads
 * them would have it: which statements PostgreSQL refuses then, and what a flow costs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ROOT } from '../../steps.mjs';

const SCHEMA = join(ROOT, 'migrations', 'migration-do-undo-topics.sql');
const TABLES = ['run', 'step_run', 'timeline', 'outbox'].map((name) => `orchestration_${name}`);

/** Statements of the file; those in `$…$` bodies stay whole. */
function statementsOf(text) {
  const plain = text
    .split('\n')
    .filter((line) => !/^\s*(?:--|\\)/.test(line))
    .map((line) => line.replace(/\s--\s.*$/, ''))
    .join('\n');
  const statements = [];
  let [from, quoted] = [0, null];
  for (const { 0: found, index } of plain.matchAll(/\$\w*\$|;/g)) {
    if (found === ';' && quoted === null) {
      statements.push(plain.slice(from, index).trim());
      from = index + 1;
    } else if (found !== ';') quoted = quoted === found ? null : (quoted ?? found);
  }
  return statements.filter((one) => one !== '' && !/^(?:BEGIN|COMMIT)$/i.test(one));
}

/** The statement and those that make its partitions. */
function partitioned(statement, count) {
  const name = TABLES.find((one) =>
    new RegExp(`^CREATE TABLE IF NOT EXISTS ${one} \\(`).test(statement),
  );
  if (name === undefined) return [statement];
  const [, body, options = ''] = /^([\s\S]*\n\))\s*(WITH \([^()]*\))?$/.exec(statement);
  const parts = Array.from(
    { length: count },
    (_, index) =>
      `CREATE TABLE ${name}_${index} PARTITION OF ${name} FOR VALUES WITH (MODULUS ${count}, REMAINDER ${index}) ${options}`,
  );
  return [`${body} PARTITION BY HASH (flow_id)`, ...parts];
}

/**
 * Makes the schema with so many partitions. What PostgreSQL refuses is left out, a unique index
 * made without being unique; resolves with what was refused.
 */
export async function makePartitioned(databaseUrl, count) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const refused = [];
  try {
    for (const statement of statementsOf(readFileSync(SCHEMA, 'utf8'))) {
      for (const one of partitioned(statement, count)) {
        try {
          await client.query(one);
        } catch ({ message, detail }) {
          refused.push({ statement: one.slice(0, 200), message: `${message}. ${detail ?? ''}` });
          if (/^CREATE UNIQUE/.test(one)) await client.query(one.replace('UNIQUE ', ''));
        }
      }
    }
    return refused;
  } finally {
    await client.end();
  }
}
