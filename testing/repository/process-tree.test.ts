/**
 * Ctrl-C during `npm test`: what it started ends, and what that started, wherever it put itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

interface Family {
  endFamilies(pids: readonly number[]): Promise<void>;
  endedSeconds(): number;
}
const { endFamilies, endedSeconds } = (await import(
  pathToFileURL('testing/process-tree.mjs').href
)) as Family;

/** Prints the id of a child of its own in a group of its own, and both stay. */
const PARENT = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
process.stdout.write(String(child.pid)); setInterval(() => {}, 1000);`;

/** A process that has ended and was not waited for is listed as a zombie. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function firstWord(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it has no output');
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString();
}

test('a process ends with all its descendants', async () => {
  const parent = spawn(process.execPath, ['-e', PARENT], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const grandchild = Number(await firstWord(parent));
  const gone = once(parent, 'exit');
  expect(lives(grandchild)).toBe(true);
  await endFamilies([parent.pid ?? 0]);
  await gone;
  expect(lives(grandchild)).toBe(false);
});

test('one that has ended already is no trouble', async () => {
  const child = spawn(process.execPath, ['-e', ''], { detached: true });
  await once(child, 'exit');
  await expect(endFamilies([child.pid ?? 0])).resolves.toBeUndefined();
});

test('the CPU time of what has ended is counted, that of its own children too', async () => {
  const busy = 'while (process.cpuUsage().user < 200_000);';
  const parent = `require('node:child_process').spawnSync(process.execPath, ['-e', '${busy}']);`;
  const before = endedSeconds();
  await once(spawn(process.execPath, ['-e', parent]), 'exit');
  expect(endedSeconds() - before).toBeGreaterThanOrEqual(0.19);
});
