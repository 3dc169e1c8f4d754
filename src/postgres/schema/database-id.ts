/**
 * An id of the database, which needs no table and no more rights than a gateway has: it is derived
 * from when the schema was created and from the OIDs of the database and a table. It is the same
 * after a restart and on a physical standby, and different in a copy made by pg_dump or CREATE
 * DATABASE … TEMPLATE. A copy of the data folder has the same id.
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
