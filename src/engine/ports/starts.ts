import type { Payload } from '../../saga/flow.js';
import type { StartInput } from '../../saga/input.js';

/** What makes two starts the same one, and the payload by which they are compared. */
export interface StartKey extends Pick<StartInput, 'flowId' | 'idempotencyKey' | 'payload'> {
  readonly orchestration: { readonly name: string };
}

/** The flow that a repeated start has found. */
export interface ExistingStart {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly idempotencyKey: string | null;
  /**
   * undefined: it was not read, because it is much longer than the payload of any start it was
   * found for.
   */
  readonly payload: Payload | undefined;
}
