/** docs/protocol.md and the code have the same names. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { ACTION_NAMES } from '../../src/api/actions.js';
import { EVENT_TYPES } from '../../src/api/event-sentences.js';
import { REFUSALS } from '../../src/saga/refusal.js';

const page = readFileSync('docs/protocol.md', 'utf8');
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('protocol.ts'))
  .map((name) => readFileSync(`src/${name}`, 'utf8'))
  .join('\n');

/** First cells of the table below this heading. */
function listed(heading: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map((match) => match[1] ?? '');
}

test('every event type is listed, and no other', () => {
  expect(listed('Events of a flow').sort()).toEqual([...EVENT_TYPES].sort());
});

test('every refusal is listed, and no other', () => {
  expect(listed('Refusals').sort()).toEqual(Object.keys(REFUSALS).sort());
});

test('every action is listed', () => {
  for (const name of ACTION_NAMES) expect(page).toContain(`\`${name}\``);
});

test.each(['Problems', 'Errors', 'Quarantine'])(
  'every code under %s is made somewhere in the code',
  (heading) => {
    const never = listed(heading).filter((code) => !sources.includes(`'${code}'`));
    expect(never).toEqual([]);
  },
);

test('every code the code makes is listed', () => {
  const made =
    /(?:\bcode: |\b(?:bad|poison|broken|cause|problem)\(\s*|sendProblem\([^;]*?, \[\], |new Fault\()'([A-Z][A-Z0-9_]+)'/g;
  const codes = new Set([...sources.matchAll(made)].map((match) => match[1] ?? ''));
  // Faults keep their code for the log; callers see UNAVAILABLE.
  const inside = /^(DATABASE|BROKER|TOPIC_NOT|KAFKA|KEYS)/;
  const known = new Set(['Problems', 'Errors', 'Quarantine', 'Refusals'].flatMap(listed));
  // What the worker kit reports.
  const workers = readFileSync('docs/workers.md', 'utf8');
  for (const [, code = ''] of workers.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)) known.add(code);
  const changes = (code: string): boolean =>
    (page.split('Changes of a re-registration')[1]?.split('\n\n')[0] ?? '').includes(`\`${code}\``);
  expect(
    [...codes].filter((code) => !known.has(code) && !inside.test(code) && !changes(code)),
  ).toEqual([]);
});

test('docs/operator-actions.md has every mutation that an operator may use', () => {
  const page = readFileSync('docs/operator-actions.md', 'utf8');
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const others = ['execute', 'executeMany', 'registerOrchestration', 'reply'];
  const actions = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter(
    (name) => !others.includes(name),
  );
  expect(actions.length).toBeGreaterThan(10);
  expect(actions.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
