/** The flag `--migrate`: brings the schema up to date and starts nothing. */
import { BadConfig, type Config } from '../config/config.js';
import type { Logs } from '../observability/log.js';
import { wireOf } from './adapters.js';
import { openDatabase } from './database.js';
import type { Opened } from './opened.js';
import { patiently } from './waiting.js';

/** A database that is away is waited for; whoever started this bounds the time. */
export async function migrateOnly(config: Config, opened: Opened, logs: Logs): Promise<void> {
  const { databaseUrl } = config;
  if (databaseUrl === null)
    throw new BadConfig([
      '--migrate needs DATABASE_URL; the own PostgreSQL is migrated at the start',
    ]);
  const { stepTopics } = wireOf(config, undefined);
  const postgres = openDatabase(config, databaseUrl, stepTopics, logs);
  opened.add('the database', () => postgres.close());
  const log = logs('main');
  const waiting = { log, signal: opened.signal, waits: () => undefined };
  const { applied } = await patiently(() => postgres.migrate(), waiting);
  log.info({ applied: applied.length }, 'nothing is left to migrate');
}
