/** Outbox rows in and out. */
import type { OutboxRow } from '../engine/ports.js';
import { column, type Part, wrap } from './parts.js';
import type { Parameter } from './sql.js';

export interface Lease {
  readonly owner: string;
  readonly ms: number;
}

const UNTIL = "statement_timestamp() + $2s::float8 * interval '1 ms'";

/** Rows to publish, owned by `lease.owner` from now on; without a lease they are anybody's, and may still be withdrawn. */
export function outboxPart(rows: readonly OutboxRow[], lease: Lease | null): Part {
  const text = (value: string | Uint8Array | null): string | null => (typeof value === 'string' ? value : null);
  const columns = [
    column(
      'flow_id',
      'text',
      rows.map(({ flowId }) => flowId),
    ),
    column(
      'number',
      'bigint',
      rows.map(({ number }) => number),
    ),
    column(
      'topic',
      'text',
      rows.map(({ topic }) => topic),
    ),
    column(
      'key',
      'text',
      rows.map(({ key }) => text(key)),
    ),
    column(
      'value',
      'text',
      rows.map(({ value }) => text(value)),
    ),
    column(
      'headers',
      'text',
      rows.map(({ headers }) => JSON.stringify(headers)),
      (place) => `${place}::json`,
    ),
    column(
      'attempt_id',
      'text',
      rows.map(({ attemptId }) => attemptId),
    ),
    ...(rows.some(hasBytes) ? bytesColumns(rows) : []),
  ];
  const owned: Record<string, string> = lease === null ? { leased_until: "'-infinity'" } : { leased_to: '$1s', leased_until: UNTIL };
  const scalars: Parameter[] = lease === null ? [] : [lease.owner, lease.ms];
  return wrap.insert('orchestration_outbox', columns, rows.length, owned, scalars);
}

function hasBytes({ key, value }: OutboxRow): boolean {
  return key instanceof Uint8Array || value instanceof Uint8Array;
}

function bytesColumns(rows: readonly OutboxRow[]): ReturnType<typeof column>[] {
  return [
    column(
      'key_bytes',
      'bytea',
      rows.map(({ key }) => hexOf(key)),
    ),
    column(
      'value_bytes',
      'bytea',
      rows.map(({ value }) => hexOf(value)),
    ),
  ];
}

/** PostgreSQL's text form of a bytea. */
export function hexOf(bytes: string | Uint8Array | null): string | null {
  return bytes instanceof Uint8Array ? `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}` : null;
}

export interface OutboxRead {
  readonly flow_id: string;
  readonly number: string;
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: string;
  readonly attempt_id: string | null;
  readonly key_bytes: Uint8Array | null;
  readonly value_bytes: Uint8Array | null;
}

export function outboxRowOf(row: OutboxRead): OutboxRow {
  return {
    flowId: row.flow_id,
    number: Number(row.number),
    topic: row.topic,
    key: row.key ?? row.key_bytes,
    value: row.value ?? row.value_bytes,
    headers: JSON.parse(row.headers),
    attemptId: row.attempt_id,
  };
}
