/**
 * A lock file for one process at a time; it is ignored when the process that took it has ended.
 * Without dependencies.
 */
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
/**
 * An empty lock file younger than this is being written; an older one was left by a process that
 * ended while writing it.
 */
const NAMELESS_MS = 5_000;

/**
 * Runs the work while no other process holds this lock; waits for one that does, and reports that
 * once.
 */
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

/** Null: the lock does not exist any more. */
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

/**
 * Removes the lock of an ended process. Two processes may do so at once: the second must not remove
 * the new lock of the first.
 */
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

/**
 * Start time of the process, empty when unknown. A pid is reused, in a container soon; pid and
 * start time together are not.
 */
function bornAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
