/**
 * Figures as the console and the command line show them. Knows: numbers and their units. Refuses to
 * know: what they measure. In: a number. Out: text for people.
 */
import { DAY_MS } from '../timing/duration.js';

/** `820 ms`, `3.2 s`, `4 min 5 s`, `2 h 7 min`, `3 d 4 h`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  if (ms < DAY_MS) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / 3_600_000)} h`;
}

/** A figure of `slo` in the unit of its target: `97.5 %`, `0.12`, `84 ms`; without one `–`. */
export function inUnitOf(target: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (target.endsWith('%')) return `${Number((value * 100).toFixed(2))} %`;
  if (target.endsWith('ms')) return duration(value);
  return String(Number(value.toFixed(2)));
}
