/**
 * `npm run … -- --help` of every command prints what it does, and does nothing else. npm runs one
 * of them; the others are run as npm would run them, which takes a quarter of the time.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Started } from './kit/started.js';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Run by npm itself. */
const HOOKS = ['prepack'];
/** Other programs, which print a help of their own. */
const THEIRS = ['dev', 'format', 'backstep'];

test('npm passes --help on to the command', async () => {
  const run = new Started('npm', ['run', '--silent', 'check', '--', '--help']);
  expect([await run.ended, run.output]).toEqual([0, expect.stringMatching(/^npm run check/)]);
});

test.each(Object.keys(scripts).filter((name) => !HOOKS.includes(name)))(
  'npm run %s -- --help',
  async (name) => {
    const run = new Started('sh', ['-c', `${scripts[name]} "$@"`, 'sh', '--help']);
    expect([await run.ended, run.output]).toEqual([0, expect.stringMatching(/\S/)]);
    if (!THEIRS.includes(name)) expect(run.output).toMatch(/^npm (run |start|test)/);
    expect(run.output).not.toMatch(/^ +at /m);
  },
);
