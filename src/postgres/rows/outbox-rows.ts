/** Outbox messages to rows and back. */
import { type OutboxRow, wholeValue } from '../../engine/ports.js';
import { type ColumnSpec, columnsOf, type Part, wrap } from '../connection/set-based-sql.js';
import { outboxPlace, sealing } from '../sealing/sealed-columns.js';
import type { Place, Sealer } from '../sealing/sealer.js';
import { asJson } from './payload-columns.js';

/** The instance that rows belong to, and for how long, ms. */
export interface Lease {
  readonly owner: string;
  readonly ms: number;
}

/**
 * Rows to publish, leased to `lease.owner`; without a lease any instance may take them, and they
 * can still be withdrawn.
 */
export function outboxPart(rows: readonly OutboxRow[], lease: Lease | null, sealer: Sealer): Part {
  const plain = [
    ...ROW,
    ...(rows.some(hasBytes) ? BYTES : []),
    ...(rows.some(refersToFlow) ? REFERENCE : []),
  ];
  const specs = sealer.seals
    ? sealing([...plain, SEALED], sealer, ['value'], placeOf).map((spec) =>
        spec[0] === 'key_bytes' || spec[0] === 'value_bytes' ? sealedBytes(spec, sealer) : spec,
      )
    : plain;
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

/** Text is known as sealed by itself, bytes are not. */
const SEALED: ColumnSpec<OutboxRow> = ['sealed', 'int', () => 1, (place) => `${place} = 1`];

function placeOf({ flowId, number }: OutboxRow): Place {
  return outboxPlace(flowId, number);
}

/** The place in the row is a part of where it may be opened: a key is not a value. */
function sealedBytes([name]: ColumnSpec<OutboxRow>, sealer: Sealer): ColumnSpec<OutboxRow> {
  const bytesOf = (row: OutboxRow): string | null => {
    const bytes = name === 'key_bytes' ? row.key : row.value;
    const place = name === 'key_bytes' ? keyPlace(row) : placeOf(row);
    return bytes instanceof Uint8Array ? hexOf(sealer.sealBytes(bytes, place)) : null;
  };
  return [name, 'bytea', bytesOf];
}

function keyPlace(row: Pick<OutboxRow, 'flowId' | 'number'>): Place {
  const { flowId, column } = outboxPlace(row.flowId, row.number);
  return { flowId, column: `${column}.key` };
}

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
  readonly sealed: boolean | null;
}

/** `startPayload`: that of the flow, for rows that refer to it. */
export function outboxRowOf(
  row: OutboxRead,
  startPayload: string | undefined,
  sealer: Sealer,
): OutboxRow {
  const refers = row.payload_of_flow === true;
  if (refers && startPayload === undefined)
    throw new Error(
      `message ${row.number} of ${row.flow_id} refers to a payload that does not exist`,
    );
  return {
    flowId: row.flow_id,
    number: Number(row.number),
    topic: row.topic,
    key: row.key ?? openedKey(row, sealer),
    value: openedValue(row, sealer),
    ...(refers && startPayload !== undefined && { startPayload }),
    headers: JSON.parse(row.headers),
    attemptId: row.attempt_id,
  };
}

function openedValue(row: OutboxRead, sealer: Sealer): string | Uint8Array | null {
  const place = outboxPlace(row.flow_id, Number(row.number));
  if (row.value !== null) return sealer.open(row.value, place);
  return row.sealed === true && row.value_bytes !== null
    ? sealer.openBytes(row.value_bytes, place)
    : row.value_bytes;
}

function openedKey(row: OutboxRead, sealer: Sealer): Uint8Array | null {
  if (row.sealed !== true || row.key_bytes === null) return row.key_bytes;
  return sealer.openBytes(
    row.key_bytes,
    keyPlace({ flowId: row.flow_id, number: Number(row.number) }),
  );
}
