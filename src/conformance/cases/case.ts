/** One case of the suite, and what came of it. */
import type { Bench } from '../bench.js';

export interface Verdict {
  /** `warned`: allowed, but worth knowing; `skipped`: it could not be tried. */
  readonly status: 'passed' | 'failed' | 'warned' | 'skipped';
  /** What was seen, as a sentence. */
  readonly found: string;
}

export interface Case {
  /** For `--only` and JUnit. */
  readonly name: string;
  /** What a worker does that passes. */
  readonly title: string;
  /** What a worker that fails would cost. */
  readonly meaning: string;
  /** How to mend a worker that fails. */
  readonly remedy: string;
  /** When it fails there is no worker, and no other case is run. */
  readonly isFirst?: true;
  run(bench: Bench): Promise<Verdict>;
}

export interface Result extends Verdict {
  readonly case: Case;
  readonly ms: number;
}

export const passed = (found: string): Verdict => ({ status: 'passed', found });
export const failed = (found: string): Verdict => ({ status: 'failed', found });
export const warned = (found: string): Verdict => ({ status: 'warned', found });
export const skipped = (found: string): Verdict => ({ status: 'skipped', found });
