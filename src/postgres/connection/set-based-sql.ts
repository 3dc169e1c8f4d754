/**
 * Builds set-based SQL: each part reads its rows from arrays by `unnest`, and the parts of a
 * transaction become one statement.
 */
import { binaryArray, textArray } from './binary-arrays.js';
import { arrayOf, type Parameter } from './sql.js';

export interface Column {
  readonly name: string;
  readonly type: 'text' | 'int' | 'bigint' | 'float8' | 'bytea';
  readonly array: string | Uint8Array;
  /**
   * The value to write: an expression over `u`, the unnested row, and in an update `t`, the
   * existing row.
   */
  readonly value: string;
}

export interface Part {
  readonly rows: number;
  /** The statement; `$$` stands for the unnested arrays. */
  readonly text: string;
  readonly columns: readonly Column[];
  /** Scalars after the arrays; `$1s`, `$2s` … in the text. */
  readonly scalars: readonly Parameter[];
}

/**
 * [column, type of the array, value of a row, and the SQL expression to write, made from the column
 * of the unnested row].
 */
export type ColumnSpec<R> = readonly [
  name: string,
  type: Column['type'],
  value: (row: R) => string | number | bigint | null,
  as?: (place: string) => string,
];

export function columnsOf<R>(specs: readonly ColumnSpec<R>[], rows: readonly R[]): Column[] {
  return specs.map(([name, type, value, as = (place) => place]) => ({
    name,
    type,
    array:
      type === 'bytea' ? arrayOf(rows.map(value)) : binaryArray(type, rows.map(value) as never),
    value: as(`u.${name}`),
  }));
}

interface InsertOptions {
  readonly more?: { readonly [column: string]: string };
  readonly scalars?: readonly Parameter[];
}

export const wrap = {
  /** `more`: columns that are the same expression in every row. */
  insert(
    table: string,
    columns: readonly Column[],
    rows: number,
    { more = {}, scalars = [] }: InsertOptions = {},
  ): Part {
    const names = [...columns.map(({ name }) => name), ...Object.keys(more)].join(', ');
    const values = [...columns.map(({ value }) => value), ...Object.values(more)].join(', ');
    return {
      rows,
      columns,
      scalars,
      text: `INSERT INTO ${table} (${names}) SELECT ${values} FROM $$`,
    };
  },
  update(table: string, keys: readonly string[], columns: readonly Column[], rows: number): Part {
    const set = columns
      .filter(({ name }) => !keys.includes(name))
      .map((one) => `${one.name} = ${one.value}`);
    return {
      rows,
      columns,
      scalars: [],
      text: `UPDATE ${table} t SET ${set.join(', ')} FROM $$ WHERE ${sameKeys(keys)}`,
    };
  },
  remove(table: string, columns: readonly Column[], rows: number): Part {
    return {
      rows,
      columns,
      scalars: [],
      text: `DELETE FROM ${table} t USING $$ WHERE ${sameKeys(columns.map(({ name }) => name))}`,
    };
  },
};

function sameKeys(keys: readonly string[]): string {
  return keys.map((key) => `t.${key} = u.${key}`).join(' AND ');
}

/**
 * One statement of data-modifying CTEs. They share one snapshot, so that no two parts may change
 * the same row.
 */
export function statementOf(
  parts: readonly Part[],
  notifications: readonly string[],
): { readonly text: string; readonly parameters: Parameter[] } {
  const parameters: Parameter[] = [];
  const bind = (value: Parameter): string => `$${parameters.push(value)}`;
  const texts = parts.map((part, index) => {
    const arrays = part.columns.map(({ array, type }) => `${bind(array)}::${type}[]`);
    const unnested = `unnest(${arrays.join(', ')}) AS u (${part.columns.map(({ name }) => name).join(', ')})`;
    const scalars = part.scalars.map(bind);
    const text = part.text
      .replace('$$', () => unnested)
      .replace(/\$(\d)s/g, (_, digit: string) => scalars[Number(digit) - 1] ?? 'NULL');
    return `p${index} AS (${text})`;
  });
  const last =
    notifications.length === 0
      ? 'SELECT 1'
      : `SELECT pg_notify('backstep', text) FROM unnest(${bind(textArray(notifications))}::text[]) AS text`;
  return { text: `WITH ${texts.join(',\n')}\n${last}`, parameters };
}
