/** Of each load the ratio of each figure. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Entry {
  readonly date: string;
  readonly commit: string;
  readonly ratios: Ratios;
}

export function compare(
  ratios: Ratios,
  baseline: Entry | undefined,
  print: (line: string) => void,
): string[];
