/** Quarantined records, newest first, by the primary key or the index of the flow. */
import type { QuarantinedRecord, QuarantineFilter, QuarantineState } from '../../engine/ports.js';
import { millis, millisOf, type Sql } from '../connection/sql.js';
import { recordPlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';
import { Bindings, nameWithin } from './flow-filter.js';

interface QuarantineRead {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly received_at: number;
  readonly code: string;
  readonly message: string;
  readonly flow_id: string | null;
  readonly step_name: string | null;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: string | null;
  readonly state: string;
  readonly settled_at: number | null;
  readonly settled_by: string | null;
  readonly settled_reason: string | null;
  readonly sealed: boolean | null;
}

const COLUMNS = `q.id::text AS id, q.topic, q.partition, q.record_offset::text AS record_offset, ${millisOf('q.received_at')} AS received_at, q.code,
  q.message, q.flow_id, q.step_name, q.key, q.value, q.headers::text AS headers, q.state, ${millisOf('q.settled_at')} AS settled_at, q.settled_by,
  q.settled_reason, q.sealed`;

/** Whether it is the text of a bigserial. */
export function isRowId(id: string): boolean {
  return /^[1-9]\d{0,17}$/.test(id);
}

export async function readQuarantine(
  sql: Sql,
  filter: QuarantineFilter,
  before: string | null,
  { most, sealer }: { readonly most: number; readonly sealer: Sealer },
): Promise<QuarantinedRecord[]> {
  const { bind, parameters } = new Bindings();
  const conditions = ['true'];
  if (before !== null) conditions.push(`q.id < ${bind(before)}::bigint`);
  if (filter.flowId !== null) conditions.push(`q.flow_id = ${bind(filter.flowId)}`);
  if (filter.within !== undefined)
    conditions.push(
      `EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = q.flow_id AND ${nameWithin('r.orchestration_name', bind, filter.within)})`,
    );
  // Written as a literal, so that the partial index of the open ones is used.
  if (filter.state !== null)
    conditions.push(
      filter.state === 'OPEN' ? "q.state = 'OPEN'" : `q.state = ${bind(filter.state)}`,
    );
  const where = conditions.join(' AND ');
  const text = `SELECT ${COLUMNS} FROM orchestration_quarantine q WHERE ${where} ORDER BY q.id DESC LIMIT ${bind(most)}::int`;
  return (await sql.rows<QuarantineRead>(text, parameters)).map((row) => recordOf(row, sealer));
}

export async function readQuarantined(
  sql: Sql,
  id: string,
  sealer: Sealer,
): Promise<QuarantinedRecord | null> {
  const [row] = await sql.rows<QuarantineRead>(
    `SELECT ${COLUMNS} FROM orchestration_quarantine q WHERE q.id = $1::bigint`,
    [id],
  );
  return row === undefined ? null : recordOf(row, sealer);
}

function recordOf(row: QuarantineRead, sealer: Sealer): QuarantinedRecord {
  const { id, topic, partition, code, message } = row;
  const position = { topic, partition, offset: BigInt(row.record_offset) };
  return {
    id,
    topic,
    partition,
    offset: position.offset,
    receivedAt: millis(row.received_at),
    code,
    message,
    flowId: row.flow_id,
    stepName: row.step_name,
    ...bytesOf(row, position, sealer),
    state: row.state as QuarantineState,
    settled:
      row.settled_at === null
        ? null
        : {
            at: millis(row.settled_at),
            actor: row.settled_by ?? '',
            reason: row.settled_reason ?? '',
          },
  };
}

function bytesOf(
  row: QuarantineRead,
  position: Parameters<typeof recordPlace>[0],
  sealer: Sealer,
): Pick<QuarantinedRecord, 'key' | 'value' | 'headers'> {
  const open = (found: Uint8Array | null, name: string): Uint8Array | null =>
    found === null || row.sealed !== true
      ? found
      : sealer.openBytes(found, recordPlace(position, name));
  const headers = row.headers && sealer.open(row.headers, recordPlace(position, 'headers'));
  return {
    key: open(row.key, 'key'),
    value: open(row.value, 'value'),
    headers: headers === null ? {} : JSON.parse(headers),
  };
}
