/** What may follow `npm start --`. */
import { expect, test } from '@jest/globals';
import { BadConfig, SETTINGS } from '../../src/config/config.js';
import { helpText, readFlags } from '../../src/config/flags.js';

test('known flags are read', () => {
  expect([...readFlags([])]).toEqual([]);
  expect([...readFlags(['--fresh'])]).toEqual(['--fresh']);
});

test('a flag that is none is refused, with the one that was meant', () => {
  expect(() => readFlags(['--frehs'])).toThrow('there is no flag --frehs; did you mean --fresh?');
  expect(() => readFlags(['--port', '4000'])).toThrow(BadConfig);
  expect(() => readFlags(['4000'])).toThrow(
    'there is no flag 4000; known are --fresh, --build-only, --help, --version',
  );
});

test('the help names every flag and every setting', () => {
  for (const name of [
    '--fresh',
    '--build-only',
    '--help',
    '--version',
    ...Object.values(SETTINGS).map((one) => one.name),
  ]) {
    expect(helpText()).toContain(name);
  }
});
