/**
 * One copy of a large payload in the tables, once every gateway that serves can read that
 * (docs/decisions/0008-one-copy-of-a-payload.md).
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NO_PAYLOADS, type Store, wholeValue } from '../../src/engine/ports.js';
import { MIGRATIONS } from '../../src/postgres/schema/migration-files.js';
import { lockOne, register } from '../contracts/store-builders.js';
import { answer, begin, largePayload, WIDE_STEPS, wide } from '../contracts/store-start-payload.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const NEW = 'migration-start-payloads.sql';
let database: TestDatabase;
let earlier: string;
beforeAll(async () => {
  database = await testDatabase();
  earlier = mkdtempSync(join(tmpdir(), 'backstep-earlier-'));
  for (const file of readdirSync(MIGRATIONS))
    if (file < NEW) copyFileSync(fileURLToPath(new URL(file, MIGRATIONS)), join(earlier, file));
});
afterAll(async () => {
  rmSync(earlier, { recursive: true, force: true });
  await database?.close();
});

/** Bytes of the flow's payload in its rows, and how many rows refer to it. */
async function storedOf(flowId: string): Promise<{ bytes: number; references: number }> {
  const [row] = await database.sql(
    `SELECT (octet_length(r.input::text)
        + (SELECT coalesce(sum(octet_length(s.input::text)), 0) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id)
        + (SELECT coalesce(sum(octet_length(o.value)), 0) FROM orchestration_outbox o WHERE o.flow_id = r.flow_id))::int AS bytes,
      ((SELECT count(*) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id AND s.input_of_flow)
        + (SELECT count(*) FROM orchestration_outbox o WHERE o.flow_id = r.flow_id AND o.payload_of_flow))::int AS "references"
     FROM orchestration_run r WHERE r.flow_id = $1`,
    [flowId],
  );
  return row as { bytes: number; references: number };
}

const payload = largePayload(100_000);
const size = Buffer.byteLength(payload);
/** What a command has besides its payload. */
const COMMAND_BYTES = 1_000;

test('steps and messages of a wide flow refer to the one copy of its payload', async () => {
  const { store } = database.open();
  const { outbox } = await begin(store, 'once', await register(store, wide('once')), payload);
  const { bytes, references } = await storedOf('once');
  expect(bytes).toBeLessThan(size + WIDE_STEPS * COMMAND_BYTES);
  expect(references).toBe(2 * WIDE_STEPS);
  // In memory, too: all rows hold the same text.
  expect(outbox.every(({ startPayload }) => startPayload === payload)).toBe(true);
  await answer(store, 'once', 's1', { outcome: 'failure', errorMessage: 'again' });
  expect(await storedOf('once')).toMatchObject({ references: 2 * WIDE_STEPS + 1 });
});

test('while an older gateway serves, each has its own copy; afterwards they refer to one', async () => {
  const old = database.open({ instanceId: 'old', migrations: [pathToFileURL(`${earlier}/`)] });
  const stop = await old.store.onRemoteCommit(() => undefined);
  const between = database.open({ instanceId: 'between' }).store;
  const recipe = await register(between, wide('twice'));
  await begin(between, 'copied', recipe, payload);
  expect(await storedOf('copied')).toMatchObject({ references: 0 });
  expect((await storedOf('copied')).bytes).toBeGreaterThan(size * (2 * WIDE_STEPS + 1));
  await stop();
  const later = database.open({ instanceId: 'later' }).store;
  // A flow of the older version goes on as it is.
  await answer(later, 'copied', 's1', { outcome: 'failure', errorMessage: 'again' });
  expect(await storedOf('copied')).toMatchObject({ references: 1 });
  const flow = await later.road((tx) => lockOne(tx, 'copied'));
  expect(flow.steps.every(({ input }) => input === payload)).toBe(true);
  await database.age(10_001);
  const carried = await payloadsTaken(later, 'copied');
  expect(carried.map((one) => one === payload)).toEqual(Array(WIDE_STEPS + 1).fill(true));
});

async function payloadsTaken(store: Store, flowId: string): Promise<string[]> {
  const rows = (await store.outboxTake(100)).filter((row) => row.flowId === flowId);
  return rows.map((row) => JSON.stringify(JSON.parse(String(wholeValue(row))).payload));
}

test('a reader pays for it as often as it is shown', async () => {
  const { store, readModel } = database.open({ instanceId: 'shown' });
  await begin(store, 'shown', await register(store, wide('shown')), payload);
  const read = async (wanted: object) => {
    let bytes = 0;
    const take = async (more: number): Promise<void> => {
      bytes += more;
    };
    const payloads = { ...NO_PAYLOADS, ...wanted };
    const flow = (await readModel.flows(['shown'], { payloads, take })).get('shown');
    const whole = flow?.steps.filter(({ input }) => input === payload).length;
    return { whole, bytes };
  };
  expect([
    await read({ flowInput: true, stepInput: true }),
    await read({ stepInput: true }),
    (await read({ flowInput: true })).bytes,
    await read({}),
  ]).toEqual([
    { whole: WIDE_STEPS, bytes: size * (WIDE_STEPS + 1) },
    { whole: WIDE_STEPS, bytes: size * WIDE_STEPS },
    size,
    { whole: 0, bytes: 0 },
  ]);
});

test('the SQL for going back to an older version gives each row its own copy', async () => {
  const { store } = database.open({ instanceId: 'back' });
  const recipe = await register(store, wide('back'));
  await begin(store, 'back', recipe, payload);
  const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const sql = /```sql\n( *UPDATE orchestration_step_run[^`]+)```/.exec(page)?.[1] ?? '';
  for (const statement of sql.split(';').filter((one) => one.trim() !== ''))
    await database.sql(statement);
  expect(await storedOf('back')).toMatchObject({ references: 0 });
  await database.age(10_001);
  const carried = await payloadsTaken(store, 'back');
  expect(carried.map((one) => one === payload)).toEqual(Array(WIDE_STEPS).fill(true));
  const flow = await store.road((tx) => lockOne(tx, 'back'));
  expect(flow.steps.every(({ input }) => input === payload)).toBe(true);
});

test('a message whose flow is gone is an error, never a message without its payload', async () => {
  const { store } = database.open({ instanceId: 'reader' });
  await begin(store, 'gone', await register(store, wide('gone')), payload);
  await database.sql("DELETE FROM orchestration_run WHERE flow_id = 'gone'");
  await database.age(10_001);
  await expect(store.outboxTake(100)).rejects.toThrow('refers to a payload that does not exist');
  await database.sql("DELETE FROM orchestration_outbox WHERE flow_id = 'gone'");
});
