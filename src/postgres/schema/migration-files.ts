/**
 * Reads `migrations/*.sql`, which psql can run as well: which files there are, and which of their
 * statements the gateway runs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

/** The first file; the others follow in the order of their names. */
const FIRST = 'migration-do-undo-topics';
/** The statements after this line are for psql: MikroORM does the same by itself. */
const BOOKKEEPING = '-- ── bookkeeping ──';
/**
 * Lines for psql only, so that it stops at the first error and does all or nothing. MikroORM's
 * transaction does both.
 */
const FOR_PSQL = /^(?:\\.*|BEGIN;|COMMIT;)$/gm;
/**
 * A line that means: the statements of this file do not run in a transaction (CREATE INDEX
 * CONCURRENTLY).
 */
const OUTSIDE = /^-- outside a transaction$/m;
/**
 * A line that means: this file removes something that is not used since the named file, which every
 * running gateway must know.
 */
const CONTRACT = /^-- contract, once every gateway knows (\S+)$/m;
/** The path is the same from src/postgres and from dist/postgres. */
export const MIGRATIONS = new URL('../../../migrations/', import.meta.url);

/** Connections of the pool have a statement_timeout; filling an index may take longer. */
const NO_TIMEOUT = 'SET LOCAL statement_timeout = 0';

/** What migrations run on. */
export interface Runner {
  /**
   * How long a statement may wait for its lock, ms. Meanwhile all later statements on the table
   * wait as well, reads included, so this is the longest delay that a migration causes; then it
   * pauses and tries again.
   */
  readonly patienceMs: number;
  /** Runs one statement on a connection that is in no transaction. */
  runOutside(statement: string): Promise<unknown>;
}

export interface NamedMigration {
  readonly name: string;
  /**
   * Name of the migration that every running gateway must know before this one is applied; null =
   * none.
   */
  readonly needs: string | null;
  readonly class: new (...args: ConstructorParameters<typeof Migration>) => Migration;
}

/** In the order in which they are applied. */
export function migrationsIn(folders: readonly URL[], runner: Runner): NamedMigration[] {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .map((file) => ({ name: file.slice(0, -'.sql'.length), url: new URL(file, folder) })),
  );
  const order = ({ name }: { readonly name: string }): string => (name === FIRST ? '' : name);
  return files
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ name, url }) => {
      const body = bodyOf(url);
      return { name, needs: CONTRACT.exec(body)?.[1] ?? null, class: migrationOf(body, runner) };
    });
}

function bodyOf(url: URL): string {
  const text = readFileSync(url, 'utf8').replace(FOR_PSQL, '');
  const end = text.indexOf(BOOKKEEPING);
  return end === -1 ? text : text.slice(0, end);
}

function migrationOf(body: string, runner: Runner): NamedMigration['class'] {
  const isOutside = OUTSIDE.test(body);
  return class extends Migration {
    override isTransactional(): boolean {
      return !isOutside;
    }

    override async up(): Promise<void> {
      if (isOutside) for (const statement of statementsOf(body)) await runner.runOutside(statement);
      else
        for (const statement of [`SET LOCAL lock_timeout = ${runner.patienceMs}`, NO_TIMEOUT, body])
          this.addSql(statement);
    }
  };
}

/** A statement ends where a line ends with a semicolon. */
function statementsOf(body: string): string[] {
  return body
    .replace(/^--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
