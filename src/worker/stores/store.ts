/** Where a worker keeps what it remembers of its steps. */
import type { StepRecord } from '../step-record.js';

export interface Versioned {
  readonly record: StepRecord;
  /** From 1; one more with each write. */
  readonly version: number;
}

export interface RecordStore {
  /**
   * It keeps each record for ever, over restarts: that it has none proves that this step has not
   * begun.
   */
  readonly complete: boolean;
  /**
   * Called once before the first command. Rejects with what to do when the store cannot be used.
   */
  open?(): Promise<void>;
  read(key: string): Promise<Versioned | null>;
  /**
   * Stores it if the stored version is `expected` (0 = there is none), as one atomic step; false =
   * it is another one.
   */
  write(key: string, record: StepRecord, expected: number): Promise<boolean>;
}
