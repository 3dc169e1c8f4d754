/**
 * The workers' model world: a bank. Every step of every flow moves one amount between two accounts
 * of its own choosing, and its UNDO moves it back; money is never made. Two kinds of workers, as
 * the contract of rules.md#worker-contract allows them: `looks` the operation looks at the state: a
 * transfer that is there already, or gone already, is a success; `remembers` the worker remembers
 * idempotency keys, and refuses a DO whose UNDO it has seen. What it decides goes to an append-only
 * file before it answers: a killed worker comes back as it was.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fractionOf } from '../kit/seeded-random.mjs';

export const ACCOUNTS = 50;
export const OPENING = 1000;

/** What this step of this flow moves: [from, to, amount]. */
export function transferOf(flowId, stepName) {
  const from = Math.floor(fractionOf(flowId, stepName, 'from') * ACCOUNTS);
  const to =
    (from + 1 + Math.floor(fractionOf(flowId, stepName, 'to') * (ACCOUNTS - 1))) % ACCOUNTS;
  return [from, to, 1 + Math.floor(fractionOf(flowId, stepName, 'amount') * 20)];
}

export class Bank {
  constructor(file) {
    this.file = file;
    this.balances = Array.from({ length: ACCOUNTS }, () => OPENING);
    /** Transfers in place: `flowId stepName`. */
    this.inPlace = new Set();
    /** Those whose UNDO was seen. */
    this.undone = new Set();
    if (existsSync(file))
      for (const line of readFileSync(file, 'utf8').split('\n'))
        if (line.endsWith('.')) this.apply(JSON.parse(line.slice(0, -1)));
  }

  holds({ flowId, stepName }) {
    return this.inPlace.has(`${flowId} ${stepName}`);
  }

  /** True = done (or it was); false = refused, and nothing of it is in place. */
  do(flowId, stepName, remembers) {
    const key = `${flowId} ${stepName}`;
    if (remembers && this.undone.has(key)) return false;
    if (!this.inPlace.has(key)) this.write({ flowId, stepName, action: 'DO' });
    return true;
  }

  undo(flowId, stepName) {
    this.write({ flowId, stepName, action: 'UNDO' });
  }

  write(entry) {
    // The mark at the end distinguishes a whole line from one that a kill cut short.
    appendFileSync(this.file, `${JSON.stringify(entry)}.\n`);
    this.apply(entry);
  }

  apply({ flowId, stepName, action }) {
    const key = `${flowId} ${stepName}`;
    const [from, to, amount] = transferOf(flowId, stepName);
    const there = this.inPlace.has(key);
    if (action === 'DO') {
      if (there) return;
      this.inPlace.add(key);
    } else {
      this.undone.add(key);
      if (!there) return;
      this.inPlace.delete(key);
    }
    const sign = action === 'DO' ? 1 : -1;
    this.balances[from] -= sign * amount;
    this.balances[to] += sign * amount;
  }
}
