/** Times and numbers as they are shown. */

const DAY_MS = 86_400_000;

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

const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** Local time; with the date when it is not today. */
export function moment(text: string | null | undefined, now = Date.now()): string {
  if (!text) return '';
  const at = new Date(text);
  const time = at.toLocaleTimeString(undefined, { ...TIME, hourCycle: 'h23' });
  if (at.toDateString() === new Date(now).toDateString()) return time;
  const date = at.toLocaleDateString(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
  });
  return `${date}, ${time}`;
}

/** JSON for reading. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null';
}

export function plural(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}
