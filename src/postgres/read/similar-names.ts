/** Registered names that are near an unknown one, for a suggestion. */
import { nearest } from '../../names/nearest.js';
import type { Within } from '../../names/patterns.js';
import type { Sql } from '../connection/sql.js';
import { Bindings, nameWithin } from './flow-filter.js';

/** Names beyond this number are not compared. */
const MOST_NAMES = 5_000;

export async function similarNames(
  sql: Sql,
  { name, most, within }: { readonly name: string; readonly most: number; readonly within: Within },
): Promise<string[]> {
  const { bind, parameters } = new Bindings();
  const where = within === undefined ? '' : `WHERE ${nameWithin('n.name', bind, within)}`;
  const rows = await sql.rows<{ name: string }>(
    `SELECT n.name FROM orchestration_name n ${where} ORDER BY n.name LIMIT ${bind(MOST_NAMES)}::int`,
    parameters,
  );
  const known = rows.map((row) => row.name);
  return nearest(name, known, most);
}
