/** Pages of flows of several orchestrations, in as many statements as for one. */
import type { FlowFilter, ReadModel } from '../../engine/ports.js';
import type { Flow } from '../../saga/flow.js';
import type { Sql } from '../connection/sql.js';
import { Bindings } from './flow-filter.js';
import { historyQuery, newestOfEach } from './history-query.js';
import { pageOf, placeOf } from './pages.js';

interface HistoriesRequest {
  readonly names: readonly string[];
  readonly filter: FlowFilter;
  readonly first: number;
  readonly after: string | null;
}

export async function readHistories(
  sql: Sql,
  { names, filter, first, after }: HistoriesRequest,
  read: (flowIds: readonly string[]) => Promise<ReadonlyMap<string, Flow>>,
): ReturnType<ReadModel['histories']> {
  const bindings = new Bindings();
  const found = newestOfEach({ filter, bindings, most: first + 1, after }, names);
  const text = `${found} ORDER BY name, started_at DESC, flow_id DESC`;
  const rows = await sql.rows<{ name: string; flow_id: string }>(text, bindings.parameters);
  const rowsOf = Map.groupBy(rows, ({ name }) => name);
  const ids = [...rowsOf.values()].flatMap((some) => some.slice(0, first));
  const flows = await read(ids.map(({ flow_id }) => flow_id));
  return new Map(
    names.map((name) => {
      const some = rowsOf.get(name) ?? [];
      const items = some.slice(0, first).flatMap(({ flow_id }) => flows.get(flow_id) ?? []);
      return [name, { ...pageOf(items, first, placeOf), hasNextPage: some.length > first }];
    }),
  );
}

export async function readCounts(
  sql: Sql,
  names: readonly string[],
  filter: FlowFilter,
  cap: number,
): ReturnType<ReadModel['counts']> {
  const bindings = new Bindings();
  const found = newestOfEach({ filter, bindings, most: cap + 1, after: null }, names);
  const text = `SELECT name, count(*)::int AS total FROM (${found}) AS counted GROUP BY name`;
  const rows = await sql.rows<{ name: string; total: number }>(text, bindings.parameters);
  const totals = new Map(rows.map(({ name, total }) => [name, total]));
  return new Map(names.map((name) => [name, totals.get(name) ?? 0]));
}

/** Counts up to `cap` + 1, by the index that finds the newest. */
export async function countOf(sql: Sql, filter: FlowFilter, cap: number): Promise<number> {
  const bindings = new Bindings();
  const found = await historyQuery(sql, { filter, bindings, most: cap + 1, after: null });
  const text = `SELECT count(*)::int AS total FROM (${found}) AS counted`;
  const [{ total } = { total: 0 }] = await sql.rows<{ total: number }>(text, bindings.parameters);
  return total;
}
