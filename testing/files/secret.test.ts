import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { isForOthers, problemOfSecret } from '../../src/files/secret.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROOT = 0;
const NODE = 1000;

test.each([
  ['of its own, mode 600', 0o600, NODE, NODE, false],
  ['of its own, readable for its group', 0o640, NODE, NODE, true],
  ['of its own, readable for all', 0o604, NODE, NODE, true],
  ['of root, readable for its group, as Kubernetes mounts it', 0o440, ROOT, NODE, false],
  ['of root, writable for its group', 0o660, ROOT, NODE, true],
  ['of root, readable for all', 0o444, ROOT, NODE, true],
  ['of root, readable for its group, read by root', 0o640, ROOT, ROOT, true],
  ['of another user, readable for its group', 0o640, 1001, NODE, true],
])('a file %s', (_, ...[mode, uid, self, isOpen]) => {
  expect(isForOthers({ mode: 0o100_000 | mode, uid }, self)).toBe(isOpen);
});

test('the problem has the mode and the command that fixes it', () => {
  const path = join(folder, 'tokens.json');
  writeFileSync(path, '{}', { mode: 0o600 });
  expect(problemOfSecret(path)).toBeNull();
  chmodSync(path, 0o644);
  expect(problemOfSecret(path)).toBe(`others may read it (mode 644); run: chmod 600 ${path}`);
  expect(() => problemOfSecret(join(folder, 'none'))).toThrow(/ENOENT/);
});
