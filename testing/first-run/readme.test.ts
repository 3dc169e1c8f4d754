/** What the README shows a newcomer to type, run as it stands against `npm start`. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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

/** Starts the flow of the README; its id. */
function startFlow(): string {
  const [block = ''] = blocksOf('Start a flow', 'bash');
  const output = execFileSync('sh', ['-ec', at(block, address)], { encoding: 'utf8' });
  return /"flowId":"([^"]+)","orchestrationName":"greeting","status":"IN_PROGRESS"}/.exec(
    output,
  )?.[1] as string;
}

async function ended(flowId: string): Promise<unknown> {
  for (;;) {
    const answer = await fetch(`${address}/api/orchestrations/details/${flowId}`);
    const { status, output } = (await answer.json()) as { status: string; output: unknown };
    if (status !== 'IN_PROGRESS') return { status, output };
    await pause(50);
  }
}

/** What a worker that was ended had is for the next one. */
async function noWorkers(): Promise<void> {
  for (let isThere = true; isThere; await pause(50))
    isThere = !(await (await fetch(`${address}/metrics`)).text()).includes('worker_sessions 0');
}

describe('a worker of the README completes the flow of the README', () => {
  // Below the clone: there `backstep/client` is found, as in a folder where it is installed.
  const place = resolve('.cache', `readme-workers-${process.pid}`);
  beforeAll(() => void mkdirSync(place, { recursive: true }));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  const DONE = { status: 'COMPLETED', output: { greeting: 'hello Ada' } };

  test.each([
    ['js', 'node', 'worker.mjs', 10],
    ['python', 'python3', 'worker.py', 10],
  ])(
    'in %s',
    async (language, program, file, most) => {
      const [worker = ''] = blocksOf('Write a worker', language);
      expect(worker.trimEnd().split('\n').length).toBeLessThanOrEqual(most);
      writeFileSync(join(place, file), at(worker, address));
      const flowId = startFlow();
      const running = new Started(program, [file], { cwd: place });
      try {
        expect(await Promise.race([ended(flowId), running.ended])).toEqual(DONE);
      } finally {
        await running.end();
      }
      await noWorkers();
    },
    120_000,
  );

  test('by curl', async () => {
    const flowId = startFlow();
    const [block = ''] = blocksOf('Write a worker', 'sh');
    const output = execFileSync('sh', ['-ec', at(block, address)], { encoding: 'utf8' });
    expect(output).toBe('{"accepted":true,"leaseUntil":null,"problems":[]}');
    expect(await ended(flowId)).toEqual(DONE);
  }, 120_000);
});

test('every command it names is one', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
  const named = [...readme.matchAll(/npm (?:run )?(start|test|run [\w-]+|[\w-]+)(?=[` \n])/g)];
  const names = new Set(named.map(([, name = '']) => name.replace('run ', '')));
  expect([...names].filter((name) => !(name in scripts))).toEqual([]);
  expect(names.size).toBeGreaterThan(4);
});
