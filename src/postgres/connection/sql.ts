/**
 * Raw SQL with bound parameters, on the connection of a MikroORM transaction.
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
 * An array as text, `{a,NULL,"b c",1}`: for what is not run for every message, and for types that
 * binary-arrays.ts does not have.
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
