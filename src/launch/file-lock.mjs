/** One process at a time: a lock in a file, which counts for nothing once the process that took it has ended. Plain, without dependencies. */
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

const LOOK_EVERY_MS = 200;
/** A lock without a name in it is just being made; older, its maker has died over it. */
const NAMELESS_MS = 5_000;

/** Runs the work while no other process holds this lock; waits for one that does, and reports that once. */
export async function alone(lock, waiting, work) {
  for (let reported = false; !take(lock); ) {
    const holder = holderOf(lock);
    if (holder === null) continue;
    if (!holder.lives) {
      putAside(lock, holder.text);
      continue;
    }
    if (!reported) waiting(holder.pid);
    reported = true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, `${process.pid} ${bornAt(process.pid)}`);
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Null: it is gone by now. */
function holderOf(lock) {
  try {
    const text = readFileSync(lock, 'utf8');
    const [pid = '', born = ''] = text.split(' ');
    if (pid === '')
      return { text, pid: 0, lives: Date.now() - statSync(lock).mtimeMs < NAMELESS_MS };
    return { text, pid: Number(pid), lives: lives(Number(pid)) && bornAt(Number(pid)) === born };
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Two may find the same dead holder: whoever comes second must not throw away the first one's new lock. */
function putAside(lock, dead) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') === dead) rmSync(aside, { force: true });
    else renameSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A number is given to another process again, in a container soon; the time of birth is not. Empty where it is not known. */
function bornAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
