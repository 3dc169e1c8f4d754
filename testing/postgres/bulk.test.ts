/**
 * After an outage: five hundred failed flows, one command, each on the road by itself; what is
 * refused is counted by reason.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { BulkRequest, BulkResult } from '../../src/engine/service.js';
import { silent } from '../../src/observability/log.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import {
  change,
  changeRecord,
  orchestration,
  register,
  start,
  startInput,
} from '../contracts/store-builders.js';
import { brokerTaking } from '../engine/builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const NAME = 'billing';
const FAILED = 500;
const PARKED = 7;
const RUNNING = 5;

let database: TestDatabase;
let engines: readonly Engine[];
const failed = Array.from({ length: FAILED }, (_, index) => `failed-${index}`);
const parked = Array.from({ length: PARKED }, (_, index) => `parked-${index}`);
const running = Array.from({ length: RUNNING }, (_, index) => `running-${index}`);

function engineOn(instanceId: string): Engine {
  const { store, readModel: read } = database.open({ instanceId });
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const decode = createDecoder({ payloadLimit: 1000 });
  return createEngine({
    ...{ store, read, wire, decode, broker: brokerTaking(), logs: silent, leaseMs: 10_000 },
  });
}

beforeAll(async () => {
  database = await testDatabase();
  const { store } = database.open({ instanceId: 'before' });
  const recipe = orchestration(NAME);
  await register(store, recipe);
  const all = [...failed, ...parked, ...running];
  for (let at = 0; at < all.length; at += 100)
    await start(
      store,
      all.slice(at, at + 100).map((flowId) => startInput(flowId, { recipe })),
    );
  const undoFailed = {
    status: 'UNDO_FAIL',
    undoExhausted: true,
    round: 1,
    undoAttempt: 1,
  } as const;
  for (const flowId of [...failed, ...parked])
    await change(store, flowId, (flow) =>
      changeRecord(
        flow,
        {
          flow: {
            status: 'FAILED',
            halted: true,
            endedAt: flow.now,
            failureReason: 'mail is away',
          },
          steps: { createRealm: { ...undoFailed, open: null } },
        },
        [{ type: 'FLOW_FAILED', failureReason: 'mail is away' }],
      ),
    );
  await store.road((tx) =>
    tx.refuse(
      [],
      parked.map((flowId) => ({ flowId, reason: 'it does not settle' })),
      [],
    ),
  );
  engines = [engineOn('one'), engineOn('two')];
  for (const engine of engines) await engine.start();
}, 120_000);
afterAll(async () => {
  for (const engine of engines ?? []) await engine.stop(1_000);
  await database?.close();
});

const request = (changes: Partial<BulkRequest> = {}): BulkRequest => ({
  verb: 'RETRY',
  filter: { orchestrationName: NAME },
  dryRun: false,
  first: 1_000,
  after: null,
  actor: 'ann',
  reason: 'mail is back',
  ...changes,
});

const run = (changes: Partial<BulkRequest> = {}, engine = engines[0]): Promise<BulkResult> => {
  if (engine === undefined) throw new Error('no engine was started');
  return engine.bulk(request(changes));
};

/** How many flows have so many events of this type by this actor. */
async function timelines(type: string): Promise<number> {
  const [row] = await database.sql(
    `SELECT count(*)::int AS count FROM orchestration_timeline t, json_array_elements(t.events) AS event
     WHERE event->>'type' = $1 AND event->>'actor' = 'ann' AND event->>'reason' = 'mail is back'`,
    [type],
  );
  return Number(row?.count);
}

test('a dry run counts what would be done and why not, and does nothing', async () => {
  const { matched, done, refused, refusals } = await run({ dryRun: true });
  expect([matched, done, refused]).toEqual([FAILED + PARKED + RUNNING, FAILED + PARKED, RUNNING]);
  expect(refusals).toEqual([
    {
      ...{ code: 'NOT_ALLOWED', message: 'nothing of it is out of retries', count: RUNNING },
      flowIds: expect.arrayContaining([expect.stringMatching(/^running-/)]),
    },
  ]);
  expect(await timelines('STEP_RETRIED')).toBe(0);
});

test('pages go on where the call before ended, whatever became of its flows', async () => {
  let [after, pages, matched]: [string | null, number, number] = [null, 0, 0];
  for (let more = true; more; pages++) {
    const page: BulkResult = await run({ dryRun: true, first: 150, after });
    matched += page.matched;
    after = page.endCursor;
    more = page.hasNextPage;
  }
  expect([pages, matched]).toEqual([4, FAILED + PARKED + RUNNING]);
});

test('two operators at one moment on two gateways: each flow is retried once, and the other is refused with the reason', async () => {
  const results = await Promise.all(engines.map((engine) => run({}, engine)));
  const sum = (of: (result: BulkResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  expect(sum(({ done }) => done)).toBe(FAILED);
  expect(await timelines('STEP_RETRIED')).toBe(FAILED);
  expect(await timelines('FLOW_REOPENED')).toBe(FAILED);
  const flows = await database.sql(
    `SELECT status, count(*)::int AS count FROM orchestration_run WHERE parked IS NULL GROUP BY status ORDER BY status`,
  );
  expect(flows).toEqual([
    { status: 'IN_PROGRESS', count: RUNNING },
    { status: 'UNDOING', count: FAILED },
  ]);
  for (const { refusals, matched, done, refused } of results) {
    expect(done + refused).toBe(matched);
    expect(refusals.reduce((total, { count }) => total + count, 0)).toBe(refused);
    expect(refusals.map(({ code }) => code)).toContain('FLOW_PARKED');
  }
}, 60_000);

test('the message of a problem has the count, the reason and some flows', async () => {
  const { problems } = await run({ verb: 'CANCEL', filter: { statuses: ['UNDOING'] }, first: 4 });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({
    code: 'NOT_ALLOWED',
    message: expect.stringMatching(/^4 flows: the flow is undoing already.* \(\S+, \S+, \S+, …\)$/),
  });
});
