/** Where psql is on this machine; null = it is not installed. */
import { readdirSync } from 'node:fs';

export function findPsql(): string | null {
  const debian = '/usr/lib/postgresql';
  const folders = (process.env.PATH ?? '').split(':');
  try {
    folders.push(...readdirSync(debian).map((version) => `${debian}/${version}/bin`));
  } catch {}
  for (const folder of folders) {
    try {
      if (readdirSync(folder).includes('psql')) return `${folder}/psql`;
    } catch {}
  }
  return null;
}
