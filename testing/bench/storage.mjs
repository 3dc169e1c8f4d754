/** What a database holds, table by table, and how much of its log was written. */

const TABLES = `SELECT c.oid::regclass::text AS name, pg_total_relation_size(c.oid)::float8 AS bytes,
  pg_indexes_size(c.oid)::float8 AS indexes FROM pg_class c
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`;

const WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS n";

export async function walOf(database) {
  const { rows } = await database.query(WAL);
  return rows[0].n;
}

/** After VACUUM: what is free in a table is counted, as it stays on the disk. */
export async function storageOf(database) {
  const wal = await walOf(database);
  await database.query('VACUUM');
  const { rows } = await database.query(TABLES);
  const tables = {};
  for (const row of rows) {
    const { rows: found } = await database.query(`SELECT count(*)::float8 AS n FROM ${row.name}`);
    tables[row.name] = { ...row, rows: found[0].n };
  }
  return { tables, wal, walAfterVacuum: await walOf(database) };
}

/** Of the tables that `mine` chooses: what one flow of `count` added. */
export function addedPerFlow(before, after, { count, mine }) {
  const names = Object.keys(after.tables).filter(mine);
  const sum = (one, field) =>
    names.reduce((total, name) => total + (one.tables[name]?.[field] ?? 0), 0);
  const each = (field) => (sum(after, field) - sum(before, field)) / count;
  const wal = (after.wal - before.walAfterVacuum) / count;
  return { rows: each('rows'), bytes: each('bytes'), indexes: each('indexes'), wal };
}

/** Flows by their status; of the orchestrations whose names begin so. */
export async function statusesOf(database, prefix) {
  const { rows } = await database.query(
    'SELECT status, count(*)::int AS n FROM orchestration_run WHERE starts_with(orchestration_name, $1) GROUP BY 1',
    [prefix],
  );
  return new Map(rows.map(({ status, n }) => [status, n]));
}
