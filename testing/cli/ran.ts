/** A command line that was run in this process: what it printed, and its exit code. */
import { mock } from 'node:test';
import { runCommand } from '../../src/cli/program.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function ran(args: readonly string[]): Promise<Ran> {
  const written = { out: '', err: '' };
  const into = (where: 'out' | 'err') => (chunk: unknown) => {
    written[where] += String(chunk);
    return true;
  };
  const out = mock.method(process.stdout, 'write', into('out'));
  const err = mock.method(process.stderr, 'write', into('err'));
  try {
    return { code: await runCommand(args), ...written };
  } finally {
    out.mock.restore();
    err.mock.restore();
  }
}
