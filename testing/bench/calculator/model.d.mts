export interface MeasuredPoint {
  readonly name: string;
  readonly fitted?: readonly string[];
  readonly commands: number;
  readonly payload: number;
  readonly cpu?: Readonly<Record<string, number>>;
  readonly bytes?: Readonly<Record<string, number>>;
}

export interface FigureError {
  readonly figure: string;
  readonly measured: number;
  readonly formula: number;
  /** A share: 0.1 = the formula is a tenth above what was measured. */
  readonly error: number;
  /** The formula was made from it. */
  readonly fitted: boolean;
}

export function errorsOf(point: MeasuredPoint): readonly FigureError[];
export function commandsOf(load: {
  readonly steps: number;
  readonly undone?: number;
  readonly retries?: number;
}): number;
export function needsOf(
  load: Readonly<Record<string, number>>,
): readonly (readonly [what: string, needs: string, because: string])[];
