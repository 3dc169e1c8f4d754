/** What users other than the owner could reach below a folder. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Path and mode of everything below, the folder itself included, that others may read, write or
 * enter.
 */
export function openToOthers(folder: string): string[] {
  const all = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return all.flatMap((path) => {
    const found = lstatSync(join(folder, path));
    if (found.isSymbolicLink()) return [];
    return (found.mode & 0o077) === 0 ? [] : `${path} ${(found.mode & 0o777).toString(8)}`;
  });
}
