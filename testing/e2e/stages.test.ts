/** `npm run stages` measures what the gateway does: its flows end as flows of the gateway do. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStageBench, STAGES, type StageBench } from '../bench/stage-costs.js';
import { newDatabase, type TestDatabase, testBrokers, unique } from './kit/surroundings.js';

const stack = new AsyncDisposableStack();
const name = `stages-${unique()}`;
let database: TestDatabase;
let bench: StageBench;

beforeAll(async () => {
  database = stack.use(await newDatabase());
  const brokers = testBrokers().split(',');
  bench = stack.use(await openStageBench({ databaseUrl: database.url, brokers, name }));
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

test('the flows that are measured complete, and each stage took time', async () => {
  const { ms, flows, batches } = await bench.measure(5, 0);
  expect({ flows, batches }).toEqual({ flows: 5, batches: 3 });
  expect(STAGES.filter((stage) => !(ms[stage] > 0))).toEqual([]);
  const [counted] = await database.query(
    `SELECT count(*)::int AS flows, count(*) FILTER (WHERE status = 'COMPLETED')::int AS completed FROM orchestration_run`,
  );
  expect(counted).toEqual({ flows: 5, completed: 5 });
}, 120_000);
