/** When a flow began and when it ended, ms. */
export type Span = readonly [began: number, ended: number];

export interface Overtaking {
  readonly waitedMs: number;
  readonly passedBy: number;
}

export function overtaking(spans: readonly Span[]): Overtaking;
