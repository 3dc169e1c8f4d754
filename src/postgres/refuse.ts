/** Keeps what nobody could use, and stops flows that broke a law; neither holds up its neighbours. */
import type { ParkedFlow, QuarantineEntry } from '../engine/ports.js';
import { prepared } from './connection.js';
import { hexOf, type Lease, outboxPart } from './outbox-row.js';
import { column, type Part, statementOf, wrap } from './parts.js';
import { instantOf, type Sql } from './sql.js';

export async function refuse(
  sql: Sql,
  quarantine: readonly QuarantineEntry[],
  parked: readonly ParkedFlow[],
  lease: Lease | null,
): Promise<void> {
  const copies = outboxPart(
    quarantine.map(({ copy }) => copy),
    lease,
  );
  // A topic that was made anew counts its offsets anew: an older copy of the same number may still be on its way.
  const parts = [
    insertQuarantine(quarantine),
    { ...copies, text: `${copies.text} ON CONFLICT (flow_id, number) DO NOTHING` },
    park(parked),
  ];
  const used = parts.filter(({ rows }) => rows > 0);
  if (used.length === 0) return;
  const { text, parameters } = statementOf(used, []);
  await sql.rows<unknown>(prepared(text), parameters);
}

function insertQuarantine(entries: readonly QuarantineEntry[]): Part {
  const columns = [
    column(
      'topic',
      'text',
      entries.map(({ position }) => position.topic),
    ),
    column(
      'partition',
      'int',
      entries.map(({ position }) => position.partition),
    ),
    column(
      'record_offset',
      'bigint',
      entries.map(({ position }) => position.offset),
    ),
    column(
      'record_at',
      'float8',
      entries.map(({ position }) => position.timestamp),
      instantOf,
    ),
    column(
      'code',
      'text',
      entries.map(({ code }) => code),
    ),
    column(
      'message',
      'text',
      entries.map(({ message }) => message),
    ),
    column(
      'flow_id',
      'text',
      entries.map(({ flowId }) => flowId),
    ),
    column(
      'step_name',
      'text',
      entries.map(({ stepName }) => stepName),
    ),
    column(
      'key',
      'bytea',
      entries.map(({ key }) => hexOf(key)),
    ),
    column(
      'value',
      'bytea',
      entries.map(({ value }) => hexOf(value)),
    ),
  ];
  return wrap.insert('orchestration_quarantine', columns, entries.length);
}

/** A parked flow is looked at by nobody until a person has. */
function park(flows: readonly ParkedFlow[]): Part {
  const columns = [
    column(
      'flow_id',
      'text',
      flows.map(({ flowId }) => flowId),
    ),
    column(
      'parked',
      'text',
      flows.map(({ reason }) => reason),
    ),
  ];
  const part = wrap.update('orchestration_run', ['flow_id'], columns, flows.length);
  return { ...part, text: part.text.replace(' SET ', ' SET wake_at = NULL, ') };
}
