/** Times and numbers as they are shown. */

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
