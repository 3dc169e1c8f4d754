import { describe, expect, jest, test } from '@jest/globals';
import { backoff, pause } from '../../src/timing/pause.js';

const AN_HOUR = 3_600_000;

describe('pause', () => {
  test('resolves when the time is over, by the global setTimeout', async () => {
    jest.useFakeTimers();
    const waiting = pause(AN_HOUR);
    jest.advanceTimersByTime(AN_HOUR);
    await waiting;
    jest.useRealTimers();
  });

  test('resolves at once when the signal aborts, and keeps neither timer nor listener', async () => {
    jest.useFakeTimers();
    const stopping = new AbortController();
    const removed = jest.spyOn(stopping.signal, 'removeEventListener');
    const waiting = pause(AN_HOUR, stopping.signal);
    stopping.abort();
    await waiting;
    expect(jest.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
  });

  test('does not wait when the signal has aborted before', async () => {
    await pause(AN_HOUR, AbortSignal.abort());
  });

  test('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    await pause(0, signal);
    expect(removed).toHaveBeenCalledTimes(1);
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
