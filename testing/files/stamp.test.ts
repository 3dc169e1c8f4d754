import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { stampOf } from '../../src/files/stamp.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-stamp-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a stamp differs when a file comes, grows, is replaced, changes its mode or goes, and else does not', () => {
  const [path, other] = [join(folder, 'one'), join(folder, 'other')];
  const seen = [stampOf(null, path)];
  const next = (change: () => void): void => {
    change();
    expect(stampOf(null, path)).toBe(stampOf(null, path));
    seen.push(stampOf(null, path));
  };
  next(() => writeFileSync(path, 'a', { mode: 0o600 }));
  next(() => writeFileSync(path, 'ab'));
  next(() => {
    writeFileSync(other, 'cd', { mode: 0o600 });
    renameSync(other, path);
  });
  next(() => chmodSync(path, 0o644));
  expect(new Set(seen).size).toBe(5);
  rmSync(path);
  expect(stampOf(null, path)).toBe(seen[0]);
});
