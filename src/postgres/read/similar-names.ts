/** Registered names that are near an unknown one, for a suggestion. */
import { nearest } from '../../names/nearest.js';
import type { Sql } from '../connection/sql.js';

/** Names beyond this number are not compared. */
const MOST_NAMES = 5_000;

export async function similarNames(sql: Sql, name: string, most: number): Promise<string[]> {
  const rows = await sql.rows<{ name: string }>(
    'SELECT n.name FROM orchestration_name n ORDER BY n.name LIMIT $1::int',
    [MOST_NAMES],
  );
  const known = rows.map((row) => row.name);
  return nearest(name, known, most);
}
