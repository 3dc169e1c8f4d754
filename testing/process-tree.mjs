/**
 * A process and everything it started, directly or not: found by parent in /proc; where there is
 * none, by process group.
 */
import { readdirSync, readFileSync } from 'node:fs';

const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 50;

/** Null: gone, or ended and not yet reaped by its parent. */
function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { pid, parent: Number(fields[1]), born: fields[19] };
  } catch {
    return null;
  }
}

function everything() {
  try {
    return readdirSync('/proc').flatMap((entry) =>
      /^\d+$/.test(entry) ? (statusOf(Number(entry)) ?? []) : [],
    );
  } catch {
    return [];
  }
}

/** These and all they started, each with its birth: a number is given to another process again. */
export function familiesOf(pids) {
  const table = everything();
  const family = new Set(pids);
  for (let before = -1; before !== family.size; ) {
    before = family.size;
    for (const row of table) if (family.has(row.parent)) family.add(row.pid);
  }
  return table.filter(({ pid }) => family.has(pid));
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Whether this very process still runs. */
export const stillRuns = ({ pid, born }) => statusOf(pid)?.born === born;

/** Ends these and all they started: by a signal, then by force. Each must lead a process group. */
export async function endFamilies(pids) {
  const family = familiesOf(pids);
  const left = () => family.filter(stillRuns);
  for (const pid of pids) send(-pid, 'SIGTERM');
  for (const { pid } of left()) send(pid, 'SIGTERM');
  const until = performance.now() + PATIENCE_MS;
  while (left().length > 0 && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  for (const { pid } of left()) send(pid, 'SIGKILL');
}

/** Linux counts in hundredths of a second. */
const TICKS = 100;

/** CPU seconds of all that this process started and that has ended; 0 where there is no /proc. */
export function endedSeconds() {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS;
  } catch {
    return 0;
  }
}
