/** What waits for a program that has ended fails at once, with how it ended. */
import { expect, test } from '@jest/globals';
import { Child } from './kit/child.js';
import { until } from './kit/until.js';

const program = (text: string): Child => {
  const child = new Child('the gateway', [process.execPath, '-e', text], {});
  child.isNeeded();
  return child;
};
const never = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));

test('a program that ended by itself is named with its exit code and its last lines', async () => {
  await using _ = program("console.error('no table flow'); process.exit(3)");
  const waiting = until('/readyz answers', never);
  await expect(waiting).rejects.toThrow(/\/readyz answers.*the gateway has ended, with 3/);
  await expect(until('the same', () => false)).rejects.toThrow(/no table flow/);
  // What is there although it has ended is no reason to fail.
  expect(await until('its output is there', () => 'there')).toBe('there');
});

test('one that the test ended is not missed, and what is not there is waited for', async () => {
  await using child = program('setInterval(() => undefined, 1000)');
  child.send('SIGKILL');
  await child.end();
  await expect(until('it', never, 300)).rejects.toThrow('waited 300 ms in vain: it');
});
