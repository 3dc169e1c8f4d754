/** Did you mean …? */
import type { Sql } from '../connection/sql.js';

/** Beyond so many names nobody looks for the nearest. */
const MOST_NAMES = 5_000;
/** More of a name is not compared: names end at 100 characters. */
const LONGEST = 100;

export async function nearestNames(sql: Sql, name: string, most: number): Promise<string[]> {
  const rows = await sql.rows<{ name: string }>(
    'SELECT n.name FROM orchestration_name n ORDER BY n.name LIMIT $1::int',
    [MOST_NAMES],
  );
  return nearest(
    rows.map((row) => row.name),
    name,
    most,
  );
}

/** Best first; names that are as different as they are long are no suggestion. Case counts for little. */
export function nearest(names: readonly string[], name: string, most: number): string[] {
  const wanted = name.slice(0, LONGEST).toLowerCase();
  const far = Math.max(2, Math.floor(wanted.length / 2));
  return names
    .filter((known) => Math.abs(known.length - wanted.length) <= far)
    .map((known) => ({ known, away: distance(known.toLowerCase(), wanted) }))
    .filter(
      ({ known, away }) => away <= Math.max(2, Math.floor(Math.max(known.length, name.length) / 3)),
    )
    .sort((a, b) => a.away - b.away || (a.known < b.known ? -1 : 1))
    .slice(0, most)
    .map(({ known }) => known);
}

/** Levenshtein, one row at a time. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
