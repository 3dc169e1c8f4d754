/** Folders and files of data: for their owner only. */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RUNS_AS } from './postgres-binaries.js';

/** Mode of a file: its owner reads and writes it, nobody else. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
/** Root's folders above the database: PostgreSQL's own user passes through, nobody lists them. */
export const PASSAGE = RUNS_AS === null ? PRIVATE_FOLDER : 0o711;

/**
 * Makes the folder, and those above it that are missing. One that an older version made gets the
 * mode, too.
 */
export async function makeFolder(path: string, mode = PRIVATE_FOLDER): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: PASSAGE });
  await mkdir(path, { recursive: true, mode });
  await chmod(path, mode);
}
