/** What a limit is. */
export interface Limit {
  readonly value: number;
  /** What is counted, with its unit. */
  readonly bounds: string;
  /** The problem, error or close code that one gets beyond it. */
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
