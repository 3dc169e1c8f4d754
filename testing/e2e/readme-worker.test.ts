/**
 * The worker of the README, run as it stands on a real Kafka, completes the flow that the README
 * starts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { at, blocksOf } from '../first-run/kit/readme.js';
import { Started } from '../first-run/kit/started.js';
import { ROOT } from './kit/child.js';
import { startGateway } from './kit/gateway.js';
import { newDatabase, testBrokers, unique } from './kit/surroundings.js';

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync(), 90_000);

test('ten lines are a worker', async () => {
  const [worker = ''] = blocksOf('Write a worker with Kafka', 'js');
  expect(worker.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const database = stack.use(await newDatabase());
  const gateway = stack.use(await startGateway({ database, group: `readme-${unique()}` }));
  const [start = ''] = blocksOf('Start a flow', 'bash');
  const output = execFileSync('sh', ['-ec', at(start, gateway.address)], { encoding: 'utf8' });
  const [, flowId = ''] = /"flowId":"([^"]+)"/.exec(output) ?? [];
  // Below the clone: there kafkajs is found, as in a folder where it is installed.
  const folder = join(ROOT, '.cache', `readme-worker-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  stack.defer(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'worker.mjs'), worker);
  const env = { KAFKA_BROKERS: String(testBrokers()) };
  const running = new Started('node', ['worker.mjs'], { cwd: folder, env });
  stack.defer(() => running.end());
  const flow = await gateway.client.ended(flowId);
  expect(flow.status).toBe('COMPLETED');
  const query = 'query ($flowId: ID!) { details(flowId: $flowId) { output } }';
  const { details } = await gateway.client.graphql<{ details: unknown }>(query, { flowId });
  expect(details).toEqual({ output: { greeting: 'hello Ada' } });
}, 120_000);
