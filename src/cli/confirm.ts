/** A question to the person at the terminal. */
import { createInterface } from 'node:readline/promises';

/** Nobody can answer in a pipe. */
export const isInteractive = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`\n${question} [y/N] `).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}
