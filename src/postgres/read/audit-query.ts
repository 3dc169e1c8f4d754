/** The audit, newest first: one statement, by the primary key or the index of what is given. */
import {
  type AuditEntry,
  type AuditFilter,
  type AuditPageRequest,
  BadCursor,
  type Page,
} from '../../engine/ports.js';
import { instantOf, type Sql } from '../connection/sql.js';
import { AUDIT_COLUMNS, type AuditRead, auditEntryOf } from '../rows/audit-rows.js';
import { readCursor } from './cursor.js';
import { Bindings, nameWithin } from './flow-filter.js';
import { pageOf } from './pages.js';
import { isRowId } from './quarantine-query.js';

export async function readAudit(
  sql: Sql,
  { filter, first, after }: AuditPageRequest,
): Promise<Page<AuditEntry>> {
  const bindings = new Bindings();
  const { bind, parameters } = bindings;
  const conditions = [...conditionsOf(filter, bindings), ...placeOf(after, bindings)];
  const rows = await sql.rows<AuditRead>(
    `SELECT ${AUDIT_COLUMNS} FROM orchestration_audit a WHERE ${conditions.join(' AND ') || 'true'}
     ORDER BY a.at DESC, a.id DESC LIMIT ${bind(first + 1)}::int`,
    parameters,
  );
  const { items, hasNextPage } = pageOf(rows, first, ({ at, id }) => [Math.round(at), id]);
  return {
    items: items.map(({ cursor, item }) => ({ cursor, item: auditEntryOf(item) })),
    hasNextPage,
  };
}

function conditionsOf(filter: AuditFilter, { bind }: Bindings): string[] {
  const { actor, action, orchestrationName, flowId, outcome, from, to } = filter;
  const equal = (column: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`a.${column} = ${bind(value)}`];
  const conditions = [
    ...equal('actor', actor),
    ...equal('action', action),
    ...equal('orchestration_name', orchestrationName),
    ...equal('flow_id', flowId),
  ];
  if (filter.within !== undefined)
    conditions.push(nameWithin('a.orchestration_name', bind, filter.within));
  // As literals, so that the partial indexes are used.
  if (action !== undefined && action !== 'execute') conditions.push("a.action <> 'execute'");
  if (outcome !== undefined)
    conditions.push(`a.outcome = '${outcome === 'DONE' ? 'DONE' : 'REFUSED'}'`);
  if (from !== undefined) conditions.push(`a.at >= ${instantOf(`${bind(from)}::float8`)}`);
  if (to !== undefined) conditions.push(`a.at < ${instantOf(`${bind(to)}::float8`)}`);
  return conditions;
}

function placeOf(after: string | null, { bind }: Bindings): string[] {
  if (after === null) return [];
  const [at, id] = readCursor<readonly [number, string]>(after, ['number', 'string']);
  if (!isRowId(id)) throw new BadCursor('the cursor is not one of this list');
  return [`(a.at, a.id) < (${instantOf(`${bind(at)}::float8`)}, ${bind(id)}::bigint)`];
}
