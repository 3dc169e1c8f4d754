import { mock } from 'node:test';
import { afterEach, describe, expect, test } from '@jest/globals';
import { backoff, pause } from '../../src/timing/pause.js';

const AN_HOUR = 3_600_000;
afterEach(() => mock.reset());

describe('pause', () => {
  test('resolves when the time is over, by the global setTimeout', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const waiting = pause(AN_HOUR);
    mock.timers.tick(AN_HOUR);
    await waiting;
  });

  test('resolves at once when the signal aborts, and keeps neither timer nor listener', async () => {
    const set = mock.method(globalThis, 'setTimeout');
    const cleared = mock.method(globalThis, 'clearTimeout');
    const stopping = new AbortController();
    const removed = mock.method(stopping.signal, 'removeEventListener');
    const waiting = pause(AN_HOUR, stopping.signal);
    stopping.abort();
    await waiting;
    const timer = set.mock.calls.find((call) => call.arguments[1] === AN_HOUR)?.result;
    expect(timer).toBeDefined();
    expect(cleared.mock.calls.map((call) => call.arguments[0])).toContain(timer);
    expect(removed.mock.callCount()).toBe(1);
  });

  test('does not wait when the signal has aborted before', async () => {
    await pause(AN_HOUR, AbortSignal.abort());
  });

  test('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const removed = mock.method(signal, 'removeEventListener');
    await pause(0, signal);
    expect(removed.mock.callCount()).toBe(1);
  });
});

describe('backoff', () => {
  test('doubles after each failure, up to the longest', () => {
    const waits = [0, 1, 2, 3, 4].map((failures) =>
      backoff(failures, { firstMs: 50, longestMs: 300 }),
    );
    expect(waits).toEqual([50, 100, 200, 300, 300]);
  });

  test('stays at the longest however often it fails', () => {
    expect(backoff(5000, { firstMs: 50, longestMs: 2000 })).toBe(2000);
  });
});
