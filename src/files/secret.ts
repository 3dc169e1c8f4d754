/** Who may read a file of secrets. */
import { statSync } from 'node:fs';

interface Owned {
  readonly mode: number;
  readonly uid: number;
}

/**
 * As PostgreSQL has it for its keys: the owner alone, mode 600. A file of root may be readable for
 * the group of the user that this process runs as (mode 640): Kubernetes mounts secrets like that.
 */
export function isForOthers({ mode, uid }: Owned, self: number): boolean {
  return (mode & (uid === 0 && self !== 0 ? 0o037 : 0o077)) !== 0;
}

/** What is wrong, and what to do; null = nothing. Throws when there is no such file. */
export function problemOfSecret(path: string): string | null {
  const found = statSync(path);
  // Windows has no such modes.
  const self = process.getuid?.();
  if (self === undefined || !isForOthers(found, self)) return null;
  return `others may read it (mode ${(found.mode & 0o777).toString(8)}); run: chmod 600 ${path}`;
}
