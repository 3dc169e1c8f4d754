/**
 * The process's own globals as those of a test file. What a file changes in them is put back after
 * it: variables of the environment, mocks and timers of node:test, the console.
 */
import { mock } from 'node:test';

export default class Environment {
  global = globalThis;
  fakeTimers = null;
  fakeTimersModern = null;
  /** jest replaces console and exit for each file. */
  #before = { console: globalThis.console, exit: process.exit, env: { ...process.env } };

  async setup() {}

  async teardown() {
    mock.reset();
    const { console, exit, env } = this.#before;
    globalThis.console = console;
    process.exit = exit;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
  }

  /** None of its own: jest runs nothing in one. */
  getVmContext() {
    return null;
  }
}
