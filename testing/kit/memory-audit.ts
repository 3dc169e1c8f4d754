/** The audit in memory: rows in the order in which they were stored. */
import {
  type AuditEntry,
  type AuditPageRequest,
  type AuditRow,
  BadCursor,
  type Page,
} from '../../src/engine/ports.js';
import { fitsAny } from '../../src/names/patterns.js';
import type { MemoryTables } from './memory-tables.js';

export function addAudit(tables: MemoryTables, now: number, rows: readonly AuditRow[]): void {
  tables.audit.push(...rows.map((row) => ({ ...row, at: row.at ?? now })));
}

export function auditPage(
  { audit }: MemoryTables,
  { filter, first, after }: AuditPageRequest,
): Page<AuditEntry> {
  if (after !== null && !/^\d{15} \d{9}$/.test(after))
    throw new BadCursor('the cursor is not one of this list');
  const { from = 0, to = Number.POSITIVE_INFINITY, within, ...equal } = filter;
  const found = audit
    .map((item, index) => ({ item, place: place(item, index) }))
    .filter(({ item }) => item.at >= from && item.at < to)
    .filter(({ item }) => within === undefined || fitsAny(item.orchestrationName ?? '', within))
    .filter(({ item }) =>
      Object.entries(equal).every(
        ([name, value]) => value === undefined || item[name as keyof AuditEntry] === value,
      ),
    )
    .filter((one) => after === null || one.place < after)
    .sort((a, b) => (a.place < b.place ? 1 : -1));
  return {
    items: found.slice(0, first).map((one) => ({ cursor: one.place, item: one.item })),
    hasNextPage: found.length > first,
  };
}

function place({ at }: AuditEntry, index: number): string {
  return `${String(at).padStart(15, '0')} ${String(index).padStart(9, '0')}`;
}
