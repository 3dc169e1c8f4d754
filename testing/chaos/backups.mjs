/**
 * Backups of PostgreSQL while it serves: the files alone, or the files and an archive of the log,
 * from which any later moment can be restored.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { wait } from './rig.mjs';

const ARCHIVED_WITHIN_MS = 60_000;

export async function query(url, text, values = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Where segments of the log are kept, and the settings with which the server brings them there. */
export async function archiveIn(folder) {
  const { RUNS_AS } = await import('../../dist/embedded/postgres-binaries.js');
  const place = join(folder, 'archive');
  mkdirSync(place);
  chmodSync(folder, 0o755);
  if (RUNS_AS !== null) chownSync(place, RUNS_AS, RUNS_AS);
  const settings = {
    archive_mode: 'on',
    archive_command: `test ! -f ${place}/%f && cp %p ${place}/%f`,
  };
  return { place, settings, segments: () => readdirSync(place).length };
}

/**
 * As PostgreSQL's manual describes it, and as pg_basebackup does it: the files are copied while it
 * serves, between two calls. The log of that time comes from the archive, or is copied last.
 */
export async function backup({ url, folder }, into, archive = null) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SELECT pg_backup_start('drill', true)");
  cpSync(join(folder, 'data'), into, {
    recursive: true,
    filter: (path) => !path.endsWith('postmaster.pid') && !path.includes('/pg_wal/'),
  });
  const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop($1)', [
    archive !== null,
  ]);
  await client.end();
  if (archive === null)
    cpSync(join(folder, 'data', 'pg_wal'), join(into, 'pg_wal'), { recursive: true });
  else mkdirSync(join(into, 'pg_wal'), { recursive: true });
  writeFileSync(join(into, 'backup_label'), rows[0].labelfile);
}

/** The files must belong to whom the server runs as. The lost data stay beside them. */
export function restore({ folder }, from) {
  const data = join(folder, 'data');
  renameSync(data, `${data}.lost`);
  cpSync(from, data, { recursive: true });
  execFileSync('chmod', ['700', data]);
  execFileSync('chown', ['-R', `--reference=${data}.lost`, data]);
}

/** Everything that was committed until this moment, and nothing that came later. */
export function restoreTo(database, { from, archive, moment }) {
  restore(database, from);
  const data = join(database.folder, 'data');
  const settings = {
    restore_command: `cp ${archive.place}/%f %p`,
    recovery_target_time: moment,
    recovery_target_action: 'promote',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(data, 'postgresql.auto.conf'), lines.join(''));
  writeFileSync(join(data, 'recovery.signal'), '');
  execFileSync('chown', [`--reference=${data}.lost`, join(data, 'recovery.signal')]);
}

/** Until the log of everything that is committed now is in the archive. */
export async function archiveAll({ url }) {
  const [{ last }] = await query(url, 'SELECT pg_walfile_name(pg_switch_wal()) AS last');
  const until = performance.now() + ARCHIVED_WITHIN_MS;
  for (;;) {
    const [{ archived }] = await query(
      url,
      'SELECT last_archived_wal AS archived FROM pg_stat_archiver',
    );
    if (archived >= last) return;
    if (performance.now() > until)
      throw new Error(`${last} is not in the archive after ${ARCHIVED_WITHIN_MS / 1000} s`);
    await wait(100);
  }
}
