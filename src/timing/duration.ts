/** Durations as they are written in registration documents and settings. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
export const DAY_MS = 86_400_000;
/** The longest duration of a document or a setting. */
export const YEAR_MS = 365 * DAY_MS;

/** `500ms`, `30s`, `1.5h`, `30d`, or a number of milliseconds; NaN = it is none of them. */
export function millisecondsIn(text: string): number {
  const match = /^\s*(\d{1,15}(?:\.\d{1,15})?)\s*(ms|s|m|h|d)?\s*$/i.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * (UNIT_MS[(match[2] ?? 'ms').toLowerCase()] as number);
}
