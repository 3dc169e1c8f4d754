/** What may follow `npm start --` or `npx backstep`. */
import { expect, test } from '@jest/globals';
import { BadConfig } from '../../src/config/config.js';
import { commandOf, helpText, readFlags } from '../../src/config/flags.js';
import { SETTINGS } from '../../src/config/settings.js';

test('known flags are read', () => {
  expect([...readFlags([])]).toEqual([]);
  expect([...readFlags(['--fresh'])]).toEqual(['--fresh']);
});

test('a flag that is none is refused, with the one that was meant', () => {
  expect(() => readFlags(['--frehs'])).toThrow('there is no flag --frehs; did you mean --fresh?');
  expect(() => readFlags(['--port', '4000'])).toThrow(BadConfig);
  expect(() => readFlags(['4000'])).toThrow(
    'there is no flag 4000; known are --fresh, --migrate, --build-only, --help, --version',
  );
});

test('the help names every flag and every setting', () => {
  for (const name of [
    '--fresh',
    '--migrate',
    '--build-only',
    '--help',
    '--version',
    ...Object.values(SETTINGS).map((one) => one.name),
  ]) {
    expect(helpText('npm start --')).toContain(name);
  }
});

test('the help names the command it was called by', () => {
  const clone = helpText(commandOf('/somewhere/dist/bundle/main.js'));
  expect(clone).toContain('npm start [-- flags]\n');
  expect(clone).not.toContain('npx');
  const installed = helpText(commandOf('/somewhere/node_modules/.bin/backstep'));
  expect(installed).toContain('npx backstep [flags]\n');
  expect(installed).not.toContain('npm start');
});
