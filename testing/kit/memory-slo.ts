/** Counters of the monitoring checklist in memory. */
import type { SloCounts, SloQuery, StuckQuery } from '../../src/engine/ports.js';
import { isWithin } from '../../src/names/patterns.js';
import type { MemoryTables } from './memory-tables.js';

const MINUTE_MS = 60_000;

function sumOf(one: readonly number[], other: readonly number[]): number[] {
  const places = Math.max(one.length, other.length);
  return Array.from({ length: places }, (_, place) => (one[place] ?? 0) + (other[place] ?? 0));
}

export function addSlo({ slo }: MemoryTables, rows: readonly SloCounts[]): void {
  for (const row of rows) {
    const key = `${row.orchestrationName} ${row.minute}`;
    slo.set(key, { ...row, counts: sumOf(slo.get(key)?.counts ?? [], row.counts) });
  }
}

export function sloCounts(
  { slo }: MemoryTables,
  now: number,
  { orchestrationName, within, windowMinutes, parts }: SloQuery,
): number[][] {
  const since = now - windowMinutes * MINUTE_MS;
  const sums = Array.from({ length: parts }, (): number[] => []);
  for (const { orchestrationName: name, minute, counts } of slo.values()) {
    if (minute <= since - MINUTE_MS || (orchestrationName ?? name) !== name) continue;
    if (!isWithin(name, within)) continue;
    const place = Math.floor(((minute - since) * parts) / (windowMinutes * MINUTE_MS));
    const part = Math.min(parts - 1, Math.max(0, place));
    sums[part] = sumOf(sums[part] ?? [], counts);
  }
  return sums;
}

export function stuckSteps(
  { flows }: MemoryTables,
  now: number,
  { orchestrationName, within, olderThanMs, cap }: StuckQuery,
): number {
  const before = now - olderThanMs;
  const stuck = [...flows.values()]
    .filter(({ flow }) => ['IN_PROGRESS', 'UNDOING'].includes(flow.status))
    .filter(({ flow }) => isWithin(flow.orchestration.name, within))
    .filter(
      ({ flow }) => (orchestrationName ?? flow.orchestration.name) === flow.orchestration.name,
    )
    .flatMap(({ flow }) => flow.steps)
    .filter(({ status, startedAt }) => status === 'IN_PROGRESS' && (startedAt ?? now) < before);
  return Math.min(cap, stuck.length);
}
