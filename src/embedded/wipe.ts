/**
 * `--fresh`: removes the data of the embedded database and broker, and nothing else in the folder;
 * never while a gateway uses them.
 */
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../observability/log.js';
import { claim, clearLeftovers } from './postgres-folder.js';

/** Throws an Error that names the process when the data are in use; nothing is removed then. */
export async function wipe(dataFolder: string, log: Log): Promise<void> {
  const [postgres, broker] = [join(dataFolder, 'postgres'), join(dataFolder, 'broker')];
  const leaves: (() => Promise<void>)[] = [];
  try {
    // The data of a database may be outside, where the link points (postgres-folder.ts).
    for (const place of [broker, postgres, join(postgres, 'elsewhere')]) {
      const real = await realpath(place).catch(() => null);
      if (real === null) continue;
      leaves.push(await claim(real));
      if (place !== broker) await clearLeftovers(join(real, 'data'), log);
      if (place.endsWith('elsewhere')) await rm(real, { recursive: true, force: true });
    }
    for (const place of [postgres, broker]) await rm(place, { recursive: true, force: true });
  } finally {
    for (const leave of leaves) await leave();
  }
}
