/** Raw SQL on the connection of a MikroORM transaction, parameters bound. Arrays are bound as text in PostgreSQL's own form. */
import type { EntityManager, Kysely } from '@mikro-orm/postgresql';

export type Parameter = string | number | boolean | null | Uint8Array;
/** Runs one SQL text with bound parameters and returns its rows; the caller knows their type. */
export interface Sql {
  rows<R>(text: string, parameters: readonly Parameter[]): Promise<R[]>;
}

/** An EntityManager for one piece of work. Never that of a transaction which a caller happens to be in, on another database. */
export function freshOf(em: EntityManager): EntityManager {
  return em.fork({ disableContextResolution: true });
}

type Compiled = Parameters<Kysely<unknown>['executeQuery']>[0];

/** Of the transaction `em` is in; outside one, of any connection of the pool. */
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

/** `{a,NULL,"b c",1}`; about twice as fast as the driver's way, which allows for arrays of anything. */
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

/** OID of text; the layout is array_send's: dimensions, whether there are nulls, element type; length, lower bound; each element with its length. */
const TEXT_OID = 25;
const HEAD_BYTES = 20;

/**
 * A text[]. JSON is half quotes and backslashes once it is escaped, and has to be unescaped over there: a column of it goes in PostgreSQL's
 * binary form, byte for byte.
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

/** Milliseconds of a timestamptz column, as a number. Only ever written by `instantOf`, so that it comes back as it went in. */
export function millisOf(column: string): string {
  return `date_part('epoch', ${column}) * 1000`;
}

/** A timestamptz of milliseconds (a float8 expression; null stays null). */
export function instantOf(expression: string): string {
  return `to_timestamp(${expression} / 1000.0::float8)`;
}

/** What `millisOf` gave: exact again. */
export function millis(value: number): number;
export function millis(value: number | null): number | null;
export function millis(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
