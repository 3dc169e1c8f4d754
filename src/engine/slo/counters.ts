/**
 * What is counted for the monitoring checklist (docs/slo.md), and where each counter is in a row of
 * counts. Places are stored: new counters are added at the end, none is ever moved.
 */

/** Upper bounds of a response time, ms; the last bucket has no bound. */
export const BUCKETS_MS = [
  1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000,
  30_000, 60_000, 300_000,
] as const;
const BUCKETS = BUCKETS_MS.length + 1;

export const PLACES = {
  flowsStarted: 0,
  flowsCompleted: 1,
  /** Turned around by themselves: out of retries, or past their deadline. */
  flowsTurnedAround: 2,
  stepsDone: 3,
  /** DO out of retries, or not retryable. */
  stepsGivenUp: 4,
  /** DO retries used by steps that are done or given up. */
  retries: 5,
  undoneSteps: 6,
  undoGivenUp: 7,
} as const;
export type Counter = keyof typeof PLACES;

/**
 * `response`: command decided → reply recorded. `worker`: → timestamp of the reply. `engine`: from
 * there until it is recorded.
 */
export const TIMES = { response: 8, worker: 8 + BUCKETS, engine: 8 + 2 * BUCKETS } as const;
export type Time = keyof typeof TIMES;
/** Of a row of counts. */
const LENGTH = 8 + 3 * BUCKETS;

export const noCounts = (): number[] => new Array<number>(LENGTH).fill(0);

export function placeOfTime(time: Time, ms: number): number {
  const bucket = BUCKETS_MS.findIndex((bound) => ms <= bound);
  return TIMES[time] + (bucket === -1 ? BUCKETS - 1 : bucket);
}

export function countOf(counts: readonly number[], counter: Counter): number {
  return counts[PLACES[counter]] ?? 0;
}

/**
 * The time within which this share (0 to 1) of the replies came, ms, by linear interpolation within
 * its bucket; null = none were counted. In the bucket without a bound it is the last bound: a lower
 * limit.
 */
export function percentile(counts: readonly number[], time: Time, share: number): number | null {
  const buckets = counts.slice(TIMES[time], TIMES[time] + BUCKETS);
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let before = 0;
  for (const [index, count] of buckets.entries()) {
    const upTo = before + count;
    if (count > 0 && upTo >= share * all) {
      const from = BUCKETS_MS[index - 1] ?? 0;
      const to = BUCKETS_MS[index] ?? from;
      return from + ((to - from) * (share * all - before)) / count;
    }
    before = upTo;
  }
  return BUCKETS_MS.at(-1) ?? null;
}

/** Adds `counts` to `sum`, place by place. */
export function addTo(sum: number[], counts: readonly number[]): void {
  for (const [place, count] of counts.entries()) sum[place] = (sum[place] ?? 0) + count;
}
