/**
 * Raw SQL with bound parameters, on the connection of a MikroORM transaction. Arrays are bound in
 * PostgreSQL's own text form.
 */
import type { EntityManager, Kysely } from '@mikro-orm/postgresql';

export type Parameter = string | number | boolean | null | Uint8Array;
/** Runs one SQL text with bound parameters and returns its rows; the caller knows their type. */
export interface Sql {
  rows<R>(text: string, parameters: readonly Parameter[]): Promise<R[]>;
}

/**
 * A new EntityManager. Without context resolution: MikroORM would otherwise take the transaction of
 * a caller, perhaps on another database.
 */
export function freshOf(em: EntityManager): EntityManager {
  return em.fork({ disableContextResolution: true });
}

type Compiled = Parameters<Kysely<unknown>['executeQuery']>[0];

/** SQL in the transaction of `em`; outside of one, on any connection of the pool. */
export function sqlOf(em: EntityManager): Sql {
  const kysely = em.getTransactionContext<Kysely<unknown>>() ?? em.getKysely();
  return {
    async rows<R>(text: string, parameters: readonly Parameter[]): Promise<R[]> {
      const compiled = {
        sql: text,
        parameters,
        query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
        queryId: { queryId: 'backstep' },
      } as unknown as Compiled;
      return (await kysely.executeQuery(compiled)).rows as R[];
    },
  };
}

/**
 * An array as text, `{a,NULL,"b c",1}`. About twice as fast as the driver, which supports arrays of
 * any type.
 */
export function arrayOf(values: readonly (string | number | bigint | null)[]): string {
  let text = '{';
  for (const value of values) {
    if (text.length > 1) text += ',';
    if (value === null) text += 'NULL';
    else if (typeof value === 'string')
      text += `"${NEEDS_ESCAPE.test(value) ? value.replace(ESCAPED, '\\$&') : value}"`;
    else text += String(value);
  }
  return `${text}}`;
}
const NEEDS_ESCAPE = /["\\]/;
const ESCAPED = /["\\]/g;

/**
 * OID of text. The layout is that of array_send: dimensions, has nulls, element type; length, lower
 * bound; each element after its length.
 */
const TEXT_OID = 25;
const HEAD_BYTES = 20;

/**
 * A text[]. JSON in PostgreSQL's text form of an array is full of escaped quotes, which cost time
 * on both sides; such a column is sent in the binary form.
 */
export function textsOf(values: readonly (string | null)[]): string | Uint8Array {
  if (!values.some((value) => value !== null && NEEDS_ESCAPE.test(value))) return arrayOf(values);
  const lengths = values.map((value) => (value === null ? -1 : Buffer.byteLength(value)));
  const bytes = Buffer.allocUnsafe(
    lengths.reduce((sum, length) => sum + 4 + Math.max(0, length), HEAD_BYTES),
  );
  let at = 0;
  for (const head of [1, 1, TEXT_OID, values.length, 1]) at = bytes.writeInt32BE(head, at);
  values.forEach((value, index) => {
    at = bytes.writeInt32BE(lengths[index] ?? -1, at);
    if (value !== null) at += bytes.write(value, at);
  });
  return bytes;
}

/**
 * A timestamptz column in milliseconds since the epoch. Exact after `millis`, because only
 * `instantOf` writes these columns.
 */
export function millisOf(column: string): string {
  return `date_part('epoch', ${column}) * 1000`;
}

/** A timestamptz from milliseconds (a float8 expression; null stays null). */
export function instantOf(expression: string): string {
  return `to_timestamp(${expression} / 1000.0::float8)`;
}

/** Rounds a result of `millisOf` to the exact value. */
export function millis(value: number): number;
export function millis(value: number | null): number | null;
export function millis(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
