/** Rows of the audit, in and out. They are only ever added (docs/decisions/0013-append-only.md). */
import type { AuditEntry, AuditRow } from '../../engine/ports.js';
import {
  type ColumnSpec,
  columnsOf,
  type Part,
  statementOf,
  wrap,
} from '../connection/set-based-sql.js';
import { instantOf, millis, millisOf, type Sql } from '../connection/sql.js';
import { asJson } from './payload-columns.js';

const COLUMNS: readonly ColumnSpec<AuditRow>[] = [
  ['at', 'float8', ({ at }) => at, (place) => `coalesce(${instantOf(place)}, ${NOW})`],
  ['actor', 'text', ({ actor }) => actor],
  ['proven', 'int', ({ proven }) => (proven ? 1 : 0), (place) => `${place} = 1`],
  ['origin', 'text', ({ origin }) => origin],
  ['request_id', 'text', ({ requestId }) => requestId],
  ['action', 'text', ({ action }) => action],
  ['orchestration_name', 'text', ({ orchestrationName }) => orchestrationName],
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['step_name', 'text', ({ stepName }) => stepName],
  ['reason', 'text', ({ reason }) => reason],
  ['before', 'text', ({ before }) => before, asJson],
  ['after', 'text', ({ after }) => after, asJson],
  ['outcome', 'text', ({ outcome }) => outcome],
  ['code', 'text', ({ code }) => code],
];

/** Whole milliseconds: a cursor finds its place again. */
const NOW = `date_trunc('milliseconds', clock_timestamp())`;

export function auditPart(rows: readonly AuditRow[]): Part {
  return wrap.insert('orchestration_audit', columnsOf(COLUMNS, rows), rows.length);
}

export async function insertAudit(sql: Sql, rows: readonly AuditRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { text, parameters } = statementOf([auditPart(rows)], []);
  await sql.rows<unknown>(text, parameters);
}

export interface AuditRead {
  readonly at: number;
  readonly id: string;
  readonly actor: string;
  readonly proven: boolean;
  readonly origin: string | null;
  readonly request_id: string | null;
  readonly action: string;
  readonly orchestration_name: string | null;
  readonly flow_id: string | null;
  readonly step_name: string | null;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly outcome: string;
  readonly code: string | null;
}

/** The columns of an AuditRead, of the table called `a`. */
export const AUDIT_COLUMNS = `${millisOf('a.at')} AS at, a.id::text AS id, a.actor, a.proven, a.origin, a.request_id, a.action, a.orchestration_name,
  a.flow_id, a.step_name, a.reason, a.before::text AS before, a.after::text AS after, a.outcome, a.code`;

export function auditEntryOf(row: AuditRead): AuditEntry {
  const { actor, proven, origin, action, reason, before, after, code } = row;
  return {
    at: millis(row.at),
    actor,
    proven,
    origin,
    requestId: row.request_id,
    action,
    orchestrationName: row.orchestration_name,
    flowId: row.flow_id,
    stepName: row.step_name,
    reason,
    before,
    after,
    outcome: row.outcome as AuditEntry['outcome'],
    code,
  };
}
