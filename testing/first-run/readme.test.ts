/** What the README shows a newcomer to type, run as it stands against `npm start`. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, blocksOf } from './kit/readme.js';
import { Started } from './kit/started.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-readme-'));
chmodSync(folder, 0o755);
const readme = readFileSync('README.md', 'utf8');
let gateway: Started;
let address = '';
beforeAll(async () => {
  gateway = new Started('npm', ['start'], { env: { DATA_FOLDER: folder, PORT: '0' } });
  [, address = ''] = await gateway.prints(/GraphQL +(http\S+)\/graphql/);
  await gateway.prints(/Ctrl-C stops it/);
}, 120_000);
afterAll(async () => {
  await gateway.end();
  rmSync(folder, { recursive: true, force: true });
});

test('the first screen shows what the terminal shows, but for the times', () => {
  const shown = /```\n(2\. The same.*?)```/s.exec(readme)?.[1] ?? '';
  const rows = (text: string): string[] =>
    text.split('\n').map((row) => row.replace(/[\d.]+ s/g, ''));
  const printed = rows(gateway.output).map((row) => row.trim());
  const missing = rows(shown).filter((row) => row.trim() !== '…' && !printed.includes(row.trim()));
  expect(missing).toEqual([]);
});

test('a flow is started in ten lines', () => {
  const [block = ''] = blocksOf('Start a flow', 'bash');
  expect(block.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const output = execFileSync('sh', ['-ec', at(block, address)], { encoding: 'utf8' });
  expect(output).toContain('"problems":[]');
  expect(output).toMatch(/"orchestrationName":"greeting","status":"IN_PROGRESS"}\{"content":\[\{/);
});

test('every command it names is one', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
  const named = [...readme.matchAll(/npm (?:run )?(start|test|run [\w-]+|[\w-]+)(?=[` \n])/g)];
  const names = new Set(named.map(([, name = '']) => name.replace('run ', '')));
  expect([...names].filter((name) => !(name in scripts))).toEqual([]);
  expect(names.size).toBeGreaterThan(4);
});
