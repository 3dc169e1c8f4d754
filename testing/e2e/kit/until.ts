/**
 * Waits for a condition that can only be polled, and reports what it waited for when it never
 * holds.
 */
import { setTimeout as pause } from 'node:timers/promises';

const BETWEEN_LOOKS_MS = 100;

/**
 * Answers the first value that is neither undefined, null nor false; throws after `withinMs`, with
 * what the last look threw.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  withinMs = 90_000,
  betweenMs = BETWEEN_LOOKS_MS,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let trouble: unknown = null;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen;
      trouble = null;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain: ${what}`, { cause: trouble });
    await pause(betweenMs);
  }
}
