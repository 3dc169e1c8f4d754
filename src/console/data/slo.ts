/** The windows that the page of objectives offers. */

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
