/**
 * Stores records that cannot be used in quarantine, and parks flows that broke a law of the saga;
 * the rest of the batch goes on.
 */
import type { ParkedFlow, QuarantineEntry, Replay } from '../../engine/ports.js';
import { prepared } from '../connection/connection.js';
import {
  type ColumnSpec,
  columnsOf,
  type Part,
  statementOf,
  wrap,
} from '../connection/set-based-sql.js';
import { instantOf, type Sql } from '../connection/sql.js';
import type { TransactionSql } from '../connection/transaction.js';
import { isRowId } from '../read/quarantine-query.js';
import { hexOf, type Lease, outboxPart } from '../rows/outbox-rows.js';
import { asJson } from '../rows/payload-columns.js';
import { recordPlace, sealing } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';

interface Refused {
  readonly quarantine: readonly QuarantineEntry[];
  readonly parked: readonly ParkedFlow[];
  readonly replayed: readonly Replay[];
  readonly lease: Lease | null;
  readonly sealer: Sealer;
}

export function refuse(
  sql: TransactionSql,
  { quarantine, parked, replayed, lease, sealer }: Refused,
): void {
  const rows = quarantine.flatMap(({ copy, notice }) =>
    notice === null ? [copy] : [copy, notice],
  );
  const copies = outboxPart(rows, lease, sealer);
  const parts = [
    wrap.insert(
      'orchestration_quarantine',
      columnsOf(quarantineColumns(sealer), quarantine),
      quarantine.length,
    ),
    // Offsets of a topic that was created again start at 0 again: an older copy with the same
    // offset may still be in the outbox.
    { ...copies, text: `${copies.text} ON CONFLICT (flow_id, number) DO NOTHING` },
    park(parked),
    settle(replayed),
  ].filter((part) => part.rows > 0);
  if (parts.length === 0) return;
  const { text, parameters } = statementOf(parts, []);
  sql.later(prepared(text), parameters);
}

/** The rows were locked by `admit`, when they were open. */
function settle(replayed: readonly Replay[]): Part {
  const part = wrap.update(
    'orchestration_quarantine',
    ['id'],
    columnsOf(REPLAYED, replayed),
    replayed.length,
  );
  return {
    ...part,
    text: part.text.replace(' SET ', " SET state = 'REPLAYED', settled_at = now(), "),
  };
}

const REPLAYED: readonly ColumnSpec<Replay>[] = [
  ['id', 'bigint', ({ id }) => BigInt(id)],
  ['settled_by', 'text', ({ actor }) => actor],
  ['settled_reason', 'text', ({ reason }) => reason],
];

const SETTLE = `
UPDATE orchestration_quarantine SET state = $4, settled_at = now(), settled_by = $2, settled_reason = $3
WHERE id = $1::bigint AND state = 'OPEN' RETURNING id`;

/** False: it is not open, or there is none. */
export async function settleAlone(
  sql: Sql,
  { id, actor, reason }: Replay,
  as: 'REPLAYED' | 'DISCARDED',
): Promise<boolean> {
  return isRowId(id) && (await sql.rows<unknown>(SETTLE, [id, actor, reason, as])).length > 0;
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
  ['headers', 'text', ({ headers }) => textsOfHeaders(headers), asJson],
];

/** Bytes do not show whether they are sealed: that is stored beside them. */
function quarantineColumns(sealer: Sealer): readonly ColumnSpec<QuarantineEntry>[] {
  if (!sealer.seals) return QUARANTINE;
  const sealed =
    (name: 'key' | 'value') =>
    (entry: QuarantineEntry): string | null => {
      const bytes = entry[name];
      return bytes === null
        ? null
        : hexOf(sealer.sealBytes(bytes, recordPlace(entry.position, name)));
    };
  const specs = sealing(QUARANTINE, sealer, ['headers'], ({ position }, name) =>
    recordPlace(position, name),
  ).map(
    (spec): ColumnSpec<QuarantineEntry> =>
      spec[0] === 'key' || spec[0] === 'value' ? [spec[0], 'bytea', sealed(spec[0])] : spec,
  );
  return [...specs, ['sealed', 'int', () => 1, (place) => `${place} = 1`]];
}

/** Values as UTF-8 text; other bytes are replaced by U+FFFD. */
function textsOfHeaders(headers: QuarantineEntry['headers']): string | null {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return null;
  return JSON.stringify(
    Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        typeof value === 'string' ? value : Buffer.from(value).toString(),
      ]),
    ),
  );
}

const PARKED: readonly ColumnSpec<ParkedFlow>[] = [
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['parked', 'text', ({ reason }) => reason],
];

/** A parked flow is not processed until a person has repaired it. */
function park(flows: readonly ParkedFlow[]): Part {
  const part = wrap.update(
    'orchestration_run',
    ['flow_id'],
    columnsOf(PARKED, flows),
    flows.length,
  );
  return { ...part, text: part.text.replace(' SET ', ' SET wake_at = NULL, ') };
}
