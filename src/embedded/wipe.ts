/** `--fresh`: the data of our own database and broker go, and nothing else in the folder; never under a living gateway. */
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../observability/log.js';
import { claim, clearLeftovers } from './postgres-folder.js';

/** Throws an Error that names the process when the data are in use; then nothing is wiped. */
export async function wipe(dataFolder: string, log: Log): Promise<void> {
  const [postgres, broker] = [join(dataFolder, 'postgres'), join(dataFolder, 'broker')];
  const leaves: (() => Promise<void>)[] = [];
  try {
    // A database that could not live in the folder lives where its link points (postgres-folder.ts).
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
