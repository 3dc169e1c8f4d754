import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { drawStates } from './pictures.js';

const COMMITTED = new URL('../../docs/states.md', import.meta.url);

test('docs/states.md shows what the code does (UPDATE_PICTURES=1 draws it anew)', () => {
  const drawn = drawStates();
  if (process.env.UPDATE_PICTURES === '1') writeFileSync(COMMITTED, drawn);
  expect(readFileSync(COMMITTED, 'utf8')).toBe(drawn);
});
