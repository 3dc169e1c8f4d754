/**
 * The audit: who did what, when and from where, and what became of it. One row for each mutation,
 * refused ones too.
 */
import type { Within } from '../../names/patterns.js';
import type { Instant } from '../../saga/flow.js';

/** Who wants something, and from where. */
export interface Caller {
  readonly actor: string;
  /** Whether somebody vouched for the actor; false: it is what the caller states about itself. */
  readonly proven: boolean;
  /** Network address, or `topic/partition@offset` of a record; null = neither. */
  readonly origin: string | null;
  /** The same in the answer's header and in the log; null = no request. */
  readonly requestId: string | null;
}

/** What a mutation is about; null = nothing of that kind. */
export interface AuditObject {
  readonly orchestrationName: string | null;
  readonly flowId: string | null;
  readonly stepName: string | null;
}

export const NO_OBJECT: AuditObject = { orchestrationName: null, flowId: null, stepName: null };

export const AUDIT_OUTCOMES = ['DONE', 'REFUSED'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export interface AuditRow extends Caller, AuditObject {
  /** ms by the database's clock; null = when it is stored. */
  readonly at: Instant | null;
  /** The name of the mutation. */
  readonly action: string;
  readonly reason: string | null;
  /**
   * JSON text of what the mutation changed: never a payload. Null = nothing was there, or nothing
   * was changed.
   */
  readonly before: string | null;
  readonly after: string | null;
  readonly outcome: AuditOutcome;
  /** Why it was refused: a code of docs/protocol.md; null when it was done. */
  readonly code: string | null;
}

/** A row as it is read. */
export interface AuditEntry extends AuditRow {
  readonly at: Instant;
}

/** Every part that is given must hold. */
export interface AuditFilter {
  /** Only rows about orchestrations whose names fit one of these patterns; absent = all rows. */
  readonly within?: Within;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly orchestrationName?: string | undefined;
  readonly flowId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** From this moment on, ms. */
  readonly from?: Instant | undefined;
  /** Before this moment, ms. */
  readonly to?: Instant | undefined;
}
