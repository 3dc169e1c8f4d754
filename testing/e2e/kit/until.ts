/**
 * Waits for a condition that can only be polled, and reports what it waited for when it never
 * holds.
 */
import { setTimeout as pause } from 'node:timers/promises';

const BETWEEN_LOOKS_MS = 100;

/** What the test cannot go on without; `lost`: how it ended, null while it is there. */
export interface Needed {
  readonly lost: string | null;
}

/** Of this test file. */
export const needed = new Set<Needed>();

type Look<T> = () => Promise<T | undefined | null | false> | T | undefined | null | false;

/**
 * Answers the first value that is neither undefined, null nor false; throws after `withinMs`, with
 * what the last look threw, and at once when something needed has ended by itself.
 */
export function until<T>(
  what: string,
  look: Look<T>,
  withinMs = 90_000,
  betweenMs = BETWEEN_LOOKS_MS,
): Promise<T> {
  const lookAgain: Look<T> = async () => {
    const lost = [...needed].flatMap((one) => one.lost ?? []);
    const seen = await Promise.resolve(look()).catch((error: unknown) => {
      if (lost.length === 0) throw error;
    });
    if (lost.length > 0 && isNothing(seen)) throw new Lost(`${what} cannot be: ${lost.join('\n')}`);
    return seen as T | undefined | null | false;
  };
  return poll(what, lookAgain, withinMs, betweenMs);
}

class Lost extends Error {}

const isNothing = (seen: unknown): boolean => seen === undefined || seen === null || seen === false;

/** The same, whatever has ended: for the end of a test. */
export async function poll<T>(
  what: string,
  look: Look<T>,
  withinMs: number,
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
      if (error instanceof Lost) throw error;
      trouble = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain: ${what}`, { cause: trouble });
    await pause(betweenMs);
  }
}
