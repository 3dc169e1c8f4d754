/**
 * What the workers did to the world: per flow and step, in place or not. After UNDONE it must be as
 * before (I5).
 */

export interface Account {
  readonly flowId: string;
  readonly stepName: string;
  /** 1 = in place. */
  balance: number;
  /** An UNDO was observations: whoever remembers keys refuses every DO from now on. */
  undoSeen: boolean;
  /** Attempts that were answered with a failure. */
  readonly refused: Set<string>;
  /** Of the command that put it in place. */
  output: string | null;
}

export class Ledger {
  /** What was ever answered: `attemptId ok`, `attemptId failed`; both, when nobody can read it. */
  readonly answers = new Set<string>();
  private readonly accounts = new Map<string, Account>();

  of(flowId: string, stepName: string): Account {
    const key = `${flowId}/${stepName}`;
    const known = this.accounts.get(key);
    if (known !== undefined) return known;
    const account: Account = {
      flowId,
      stepName,
      balance: 0,
      undoSeen: false,
      refused: new Set(),
      output: null,
    };
    this.accounts.set(key, account);
    return account;
  }
}
