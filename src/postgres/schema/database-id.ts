/**
 * What distinguishes one database of flows from another, without a table of its own and with no more rights than a gateway has anyway: when its
 * schema was made, and the numbers PostgreSQL gave the database and a table. The same after a restart and on a
 * physical standby; another one in a copy made by pg_dump or CREATE DATABASE … TEMPLATE. A copy of the data folder keeps it.
 */
import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { freshOf, sqlOf } from '../connection/sql.js';

const SOURCE = `SELECT concat_ws('/', (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()), to_regclass('orchestration_run')::oid,
  (SELECT extract(epoch FROM min(m.executed_at)) FROM mikro_orm_migrations m)) AS source`;

export async function databaseIdOf(em: EntityManager): Promise<string> {
  const [row] = await sqlOf(freshOf(em)).rows<{ source: string }>(SOURCE, []);
  return createHash('sha256')
    .update(row?.source ?? '')
    .digest('hex')
    .slice(0, 16);
}
