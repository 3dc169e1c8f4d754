/**
 * Files that others replace while the gateway runs. Knows: how a change of a file is noticed.
 * Refuses to know: what is in it. In: paths. Out: a text that differs after each change.
 */
import { statSync } from 'node:fs';

/** A missing file is a change, too; so is a change of who may read it. null: there is no file. */
export function stampOf(...paths: readonly (string | null)[]): string {
  const stamps = paths.map((path) => {
    const found = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'none';
    return `${found.ino} ${found.size} ${found.mtimeMs} ${found.mode}`;
  });
  return stamps.join(', ');
}
