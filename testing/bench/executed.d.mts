export interface Command {
  readonly flowId: string;
  readonly stepName: string;
  readonly action: 'DO' | 'UNDO';
  readonly attemptId: string;
}

export interface Checked {
  readonly flows: number;
  readonly missing: number;
  readonly wrong: number;
  readonly examples: readonly unknown[];
  readonly redelivered: number;
}

export class Executed {
  constructor(steps: readonly string[]);
  add(command: Command): void;
  take(expected: { readonly fail: boolean; readonly count: number }): Checked;
}
