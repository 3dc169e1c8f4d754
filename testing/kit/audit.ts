/** Audit rows as a test needs them. */
import { type AuditRow, NO_OBJECT } from '../../src/engine/ports.js';

export function auditRow(more: Partial<AuditRow> = {}): AuditRow {
  return {
    at: null,
    actor: 'ann',
    proven: true,
    origin: '192.0.2.7',
    requestId: 'r-1',
    action: 'pauseFlow',
    ...NO_OBJECT,
    reason: 'a test',
    before: null,
    after: null,
    outcome: 'DONE',
    code: null,
    ...more,
  };
}
