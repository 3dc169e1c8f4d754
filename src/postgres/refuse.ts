/** Keeps what nobody could use, and stops flows that broke a law; neither holds up its neighbours. */
import type { ParkedFlow, QuarantineEntry } from '../engine/ports.js';
import { prepared } from './connection.js';
import { hexOf, type Lease, outboxPart } from './outbox-row.js';
import { type ColumnSpec, columnsOf, type Part, statementOf, wrap } from './parts.js';
import { instantOf } from './sql.js';
import type { TransactionSql } from './transaction.js';

export function refuse(
  sql: TransactionSql,
  quarantine: readonly QuarantineEntry[],
  parked: readonly ParkedFlow[],
  lease: Lease | null,
): void {
  const rows = quarantine.map(({ copy }) => copy);
  const copies = outboxPart(rows, lease);
  const parts = [
    wrap.insert('orchestration_quarantine', columnsOf(QUARANTINE, quarantine), quarantine.length),
    // A topic that was made anew counts its offsets anew: an older copy of the same number may still be on its way.
    { ...copies, text: `${copies.text} ON CONFLICT (flow_id, number) DO NOTHING` },
    park(parked),
  ].filter((part) => part.rows > 0);
  if (parts.length === 0) return;
  const { text, parameters } = statementOf(parts, []);
  sql.later(prepared(text), parameters);
}

const QUARANTINE: readonly ColumnSpec<QuarantineEntry>[] = [
  ['topic', 'text', ({ position }) => position.topic],
  ['partition', 'int', ({ position }) => position.partition],
  ['record_offset', 'bigint', ({ position }) => position.offset],
  ['record_at', 'float8', ({ position }) => position.timestamp, instantOf],
  ['code', 'text', ({ code }) => code],
  ['message', 'text', ({ message }) => message],
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['step_name', 'text', ({ stepName }) => stepName],
  ['key', 'bytea', ({ key }) => hexOf(key)],
  ['value', 'bytea', ({ value }) => hexOf(value)],
];

const PARKED: readonly ColumnSpec<ParkedFlow>[] = [
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['parked', 'text', ({ reason }) => reason],
];

/** A parked flow is looked at by nobody until a person has. */
function park(flows: readonly ParkedFlow[]): Part {
  const part = wrap.update('orchestration_run', ['flow_id'], columnsOf(PARKED, flows), flows.length);
  return { ...part, text: part.text.replace(' SET ', ' SET wake_at = NULL, ') };
}
