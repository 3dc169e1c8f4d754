/**
 * A registered version with what is stored for its name. Read for every batch of starts: one
 * statement; the version itself comes from the cache.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Policy, RegistrationRow, Standing } from '../../engine/ports.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { textArray } from '../connection/binary-arrays.js';
import { prepared } from '../connection/connection.js';
import { millis, millisOf, type Parameter, type Sql, sqlOf } from '../connection/sql.js';
import type { Definitions, VersionRef } from './definition-cache.js';

interface RegistrationRead extends VersionRef {
  readonly paused: boolean;
  readonly archived: boolean;
  readonly initiator: string | null;
  readonly created_at: number;
  readonly policies: string | null;
  readonly standing: string | null;
}

const COLUMNS = `n.name, o.version, n.paused, n.archived, o.initiator, ${millisOf('o.created_at')} AS created_at, n.policies::text AS policies, n.standing::text AS standing`;
/** The newest version of each name `n`. */
export const SELECT_CURRENT = `SELECT ${COLUMNS} FROM orchestration_name n JOIN orchestration o ON o.name = n.name AND o.version = n.current_version`;

const ONE = prepared(`
SELECT ${COLUMNS} FROM orchestration_name n JOIN orchestration o ON o.name = n.name AND o.version = coalesce($2::int, n.current_version)
WHERE n.name = $1`);

export async function registrations(
  sql: Sql,
  select: string,
  parameters: readonly Parameter[],
  definitions: (refs: readonly VersionRef[]) => Promise<(ref: VersionRef) => Orchestration>,
): Promise<RegistrationRow[]> {
  const rows = await sql.rows<RegistrationRead>(select, parameters);
  const definitionOf = await definitions(rows);
  return rows.map((row) => {
    const { paused, archived, initiator } = row;
    const by: Partial<Standing> = row.standing === null ? {} : JSON.parse(row.standing);
    return {
      orchestration: definitionOf(row),
      initiator,
      paused,
      archived,
      pausedBy: paused ? (by.pausedBy ?? null) : null,
      archivedBy: archived ? (by.archivedBy ?? null) : null,
      createdAt: millis(row.created_at),
      policies: row.policies === null ? [] : (JSON.parse(row.policies) as Policy[]),
    };
  });
}

const NAMED = prepared(`${SELECT_CURRENT} WHERE n.name = ANY ($1::text[])`);

/** The newest version of each of these names. */
export async function currentRegistrations(
  { sql, em }: { readonly sql: Sql; readonly em: EntityManager },
  definitions: Definitions,
  names: readonly string[],
): Promise<ReadonlyMap<string, RegistrationRow>> {
  const rows = await registrations(sql, NAMED, [textArray(names)], (refs) =>
    definitions.of(em, refs),
  );
  return new Map(rows.map((row) => [row.orchestration.name, row]));
}

/** One version (null = newest), or null. */
export async function registrationOf(
  em: EntityManager,
  definitions: Definitions,
  name: string,
  version: number | null,
): Promise<RegistrationRow | null> {
  const [row] = await registrations(sqlOf(em), ONE, [name, version], (refs) =>
    definitions.of(em, refs),
  );
  return row ?? null;
}
