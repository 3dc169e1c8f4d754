/** Figures of the monitoring checklist as they are shown. */
import { duration } from './format.js';

/** Minutes and what they are called. */
export const WINDOWS = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [360, '6 hours'],
  [1440, '1 day'],
  [10_080, '7 days'],
] as const;

export function windowOf(text: string | undefined): number {
  const minutes = Number(text);
  return WINDOWS.find(([one]) => one === minutes)?.[0] ?? 60;
}

/** In the unit of its target: `97.5 %`, `0.12`, `84 ms`. */
export function shownValue(target: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (target.endsWith('%')) return `${Number((value * 100).toFixed(2))} %`;
  if (target.endsWith('ms')) return duration(value);
  return String(Number(value.toFixed(2)));
}
