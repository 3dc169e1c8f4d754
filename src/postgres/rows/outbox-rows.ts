/** Outbox messages to rows and back. */
import { type OutboxRow, wholeValue } from '../../engine/ports.js';
import { type ColumnSpec, columnsOf, type Part, wrap } from '../connection/set-based-sql.js';
import { asJson } from './payload-columns.js';

/** The instance that rows belong to, and for how long, ms. */
export interface Lease {
  readonly owner: string;
  readonly ms: number;
}

/** Rows to publish, leased to `lease.owner`; without a lease any instance may take them, and they can still be withdrawn. */
export function outboxPart(rows: readonly OutboxRow[], lease: Lease | null): Part {
  const specs = [
    ...ROW,
    ...(rows.some(hasBytes) ? BYTES : []),
    ...(rows.some(refersToFlow) ? REFERENCE : []),
  ];
  const columns = columnsOf(specs, rows);
  const owned =
    lease === null
      ? { more: { leased_until: "'-infinity'" } }
      : { more: { leased_to: '$1s', leased_until: UNTIL }, scalars: [lease.owner, lease.ms] };
  return wrap.insert('orchestration_outbox', columns, rows.length, owned);
}

const UNTIL = "statement_timestamp() + $2s::float8 * interval '1 ms'";

const ROW: readonly ColumnSpec<OutboxRow>[] = [
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['number', 'bigint', ({ number }) => number],
  ['topic', 'text', ({ topic }) => topic],
  ['key', 'text', ({ key }) => textOf(key)],
  ['value', 'text', ({ value }) => textOf(value)],
  ['headers', 'text', ({ headers }) => JSON.stringify(headers), asJson],
  ['attempt_id', 'text', ({ attemptId }) => attemptId],
];

/** Columns that only quarantined records have. */
const BYTES: readonly ColumnSpec<OutboxRow>[] = [
  ['key_bytes', 'bytea', ({ key }) => hexOf(key)],
  ['value_bytes', 'bytea', ({ value }) => hexOf(value)],
];

/** The message with its payload instead of a reference to it. */
export function whole(row: OutboxRow): OutboxRow {
  const { startPayload, ...others } = row;
  return startPayload === undefined ? row : { ...others, value: wholeValue(row) };
}

/** A column that only commands with the start payload of their flow have. */
const REFERENCE: readonly ColumnSpec<OutboxRow>[] = [
  ['payload_of_flow', 'int', (row) => (refersToFlow(row) ? 1 : null), (place) => `${place} = 1`],
];

function refersToFlow({ startPayload }: OutboxRow): boolean {
  return startPayload !== undefined;
}

function hasBytes({ key, value }: OutboxRow): boolean {
  return key instanceof Uint8Array || value instanceof Uint8Array;
}

function textOf(value: string | Uint8Array | null): string | null {
  return typeof value === 'string' ? value : null;
}

/** PostgreSQL's text form of a bytea. */
export function hexOf(bytes: string | Uint8Array | null): string | null {
  return bytes instanceof Uint8Array
    ? `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
    : null;
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
  readonly payload_of_flow: boolean | null;
}

/** `startPayload`: that of the flow, for rows that refer to it. */
export function outboxRowOf(row: OutboxRead, startPayload: string | undefined): OutboxRow {
  const refers = row.payload_of_flow === true;
  if (refers && startPayload === undefined)
    throw new Error(
      `message ${row.number} of ${row.flow_id} refers to a payload that does not exist`,
    );
  return {
    flowId: row.flow_id,
    number: Number(row.number),
    topic: row.topic,
    key: row.key ?? row.key_bytes,
    value: row.value ?? row.value_bytes,
    ...(refers && startPayload !== undefined && { startPayload }),
    headers: JSON.parse(row.headers),
    attemptId: row.attempt_id,
  };
}
