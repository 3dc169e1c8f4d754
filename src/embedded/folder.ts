/** A folder belongs to one living process at a time. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Answers how to give it back. Throws when another process uses it. */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner.pid');
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (pid > 0 && pid !== process.pid && lives(pid)) {
    throw new Error(`the folder ${folder} is in use by process ${pid}; stop that one, or choose another folder with DATA_FOLDER`);
  }
  await writeFile(path, String(process.pid));
  return () => rm(path, { force: true });
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
