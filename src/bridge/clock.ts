/** Time as the bridge has it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Calls `work` after so long; the result cancels it. */
  after(ms: number, work: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
