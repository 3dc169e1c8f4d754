/** Durations as people write them, in registration documents and settings alike. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
export const DAY_MS = 86_400_000;
/** The longest that a document or a setting may name. */
export const YEAR_MS = 365 * DAY_MS;

/** `500ms`, `30s`, `1.5h`, `30d`, or a number of milliseconds; NaN = it is none of them. */
export function millisecondsIn(text: string): number {
  const match = /^\s*(\d{1,15}(?:\.\d{1,15})?)\s*(ms|s|m|h|d)?\s*$/i.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * (UNIT_MS[(match[2] ?? 'ms').toLowerCase()] as number);
}
