/** `--fresh` takes what is ours, and nothing from under a living gateway. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { claim } from '../../src/embedded/postgres-folder.js';
import { wipe } from '../../src/embedded/wipe.js';
import { silent } from '../../src/observability/log.js';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backstep-wipe-'));
  for (const name of ['postgres', 'broker', 'mine']) {
    mkdirSync(at(name));
    writeFileSync(at(name, 'kept'), '');
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the own database and broker go, other files stay', async () => {
  await wipe(folder, silent('embedded'));
  expect(['postgres', 'broker', 'mine'].map((name) => existsSync(at(name)))).toEqual([
    false,
    false,
    true,
  ]);
});

test('nothing goes while a gateway uses one of the two', async () => {
  const leave = await claim(at('postgres'));
  await expect(wipe(folder, silent('embedded'))).rejects.toThrow(
    `in use by process ${process.pid}; stop that one first`,
  );
  expect(existsSync(at('broker', 'kept'))).toBe(true);
  await leave();
  await wipe(folder, silent('embedded'));
  expect(existsSync(at('broker'))).toBe(false);
});

test('a database that lives elsewhere goes with its link', async () => {
  mkdirSync(at('outside'));
  symlinkSync(at('outside'), at('postgres', 'elsewhere'));
  await wipe(folder, silent('embedded'));
  expect(['postgres', 'outside'].map((name) => existsSync(at(name)))).toEqual([false, false]);
});

test('a folder that is not there is as good as wiped', async () => {
  await wipe(at('never'), silent('embedded'));
  expect(existsSync(at('never'))).toBe(false);
});
