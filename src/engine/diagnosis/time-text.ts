/** Times and durations for people. */
import type { Instant } from '../../saga/flow.js';

export function instant(at: Instant): string {
  return new Date(at).toISOString();
}

/** `850 ms`, `14 s`, `3 min`, `2 h`, `5 d`: one unit is enough to act on. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 1000) return `${Math.round(whole)} ms`;
  if (whole < 120_000) return `${Math.round(whole / 1000)} s`;
  if (whole < 7_200_000) return `${Math.round(whole / 60_000)} min`;
  return whole < 172_800_000
    ? `${Math.round(whole / 3_600_000)} h`
    : `${Math.round(whole / 86_400_000)} d`;
}
