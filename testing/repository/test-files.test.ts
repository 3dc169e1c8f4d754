/** Test files share a process (testing/jest): what one leaves behind does not reach the next. */
import { mock } from 'node:test';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

const load = (path: string, search = ''): Promise<unknown> =>
  import(`${pathToFileURL(path).href}${search}`);

interface Environment {
  teardown(): Promise<void>;
}
const { default: Environment } = (await load('testing/jest/environment.mjs')) as {
  readonly default: new () => Environment;
};

test('the variables of the environment are as before after a test file', async () => {
  const { PATH } = process.env;
  const environment = new Environment();
  process.env.PATH = '/nowhere';
  process.env.LEFT_BEHIND = 'yes';
  await environment.teardown();
  expect(process.env.PATH).toBe(PATH);
  expect(process.env.LEFT_BEHIND).toBeUndefined();
});

test('mocks, the console and exit are as before after a test file', async () => {
  const { console, setTimeout } = globalThis;
  const { exit } = process;
  const environment = new Environment();
  mock.method(globalThis, 'setTimeout', () => undefined);
  globalThis.console = { ...console };
  process.exit = () => undefined as never;
  await environment.teardown();
  expect(globalThis.setTimeout).toBe(setTimeout);
  expect(globalThis.console).toBe(console);
  expect(process.exit).toBe(exit);
});

test('each test file has modules of testing of its own, and shares those of src', async () => {
  const clock = (file: string) => load('testing/kit/frozen-clock.ts', `?file=${file}`);
  expect(await clock('a')).toBe(await clock('a'));
  expect(await clock('a')).not.toBe(await clock('b'));
  expect(await load('src/timing/pause.ts')).toBe(await import('../../src/timing/pause.js'));
});
