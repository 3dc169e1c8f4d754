/**
 * Every test runs: each folder with tests belongs to a ring, and testing/README.md lists the rings
 * there are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { RINGS } from '../rings.mjs';

const files = readdirSync('testing', { recursive: true, encoding: 'utf8' });

/** Needs other languages: `npm run workers`. */
const OF_A_COMMAND = ['testing/workers'];

test('every folder with tests is in a ring', () => {
  const folders = new Set(
    files.filter((file) => file.endsWith('.test.ts')).map((file) => `testing/${dirname(file)}`),
  );
  const covered = [...OF_A_COMMAND, ...RINGS.flatMap((ring) => ring.folders ?? [])];
  const missing = [...folders].filter(
    (folder) => !covered.some((one) => folder === one || folder.startsWith(`${one}/`)),
  );
  expect(missing).toEqual([]);
});

test('testing/README.md lists every ring, and no other', () => {
  const rows = [
    ...readFileSync('testing/README.md', 'utf8').matchAll(/^\| ([a-z0-9][\w-]*) +\|/gm),
  ];
  expect(rows.map(([, name]) => name).slice(1)).toEqual(RINGS.map(({ name }) => name));
});
