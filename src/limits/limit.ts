/** One limit. */
export interface Limit {
  readonly value: number;
  /** What is counted, with its unit. */
  readonly bounds: string;
  /** The code of the problem, error or close frame beyond it; or what happens instead. */
  readonly code: string;
  /** The setting that changes it; null = it is fixed. */
  readonly setting: string | null;
}

export const limit = (
  value: number,
  bounds: string,
  code: string,
  setting: string | null = null,
): Limit => ({
  value,
  bounds,
  code,
  setting,
});
