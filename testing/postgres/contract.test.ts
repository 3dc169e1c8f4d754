import { randomBytes } from 'node:crypto';
import type { PostgresOptions } from '../../src/postgres/database.js';
import { type StoreRig, storeContract } from '../contracts/store.js';
import { testDatabase } from '../kit/postgres.js';

const KEY = { id: 'one', key: randomBytes(32) };

async function rigOf(options: Partial<PostgresOptions>): Promise<StoreRig> {
  const database = await testDatabase();
  return {
    gateway: (instanceId) => database.open({ instanceId, ...options }),
    age: database.age,
    pauseOrchestration: async (name) => {
      await database.sql('UPDATE orchestration_name SET paused = true WHERE name = $1', [name]);
    },
    quarantined: async (topic) => {
      const { readModel } = database.open(options);
      const all = await readModel.quarantine({ state: null, flowId: null }, 1000, null);
      return all.items
        .map(({ item }) => item)
        .filter((record) => record.topic === topic)
        .map(({ code, offset, value }) => ({ code, offset, value }))
        .reverse();
    },
    settle: async (topic, sinceMs) => {
      const text = `UPDATE orchestration_quarantine SET state = 'REPLAYED', received_at = now() - $2::float8 * interval '1 ms' WHERE topic = $1`;
      await database.sql(text, [topic, sinceMs]);
    },
    rows: async (flowId) => {
      const tables = ['run', 'step_run', 'timeline', 'outbox'].map(
        (table) => `SELECT flow_id FROM orchestration_${table} WHERE flow_id = $1`,
      );
      return (await database.sql(tables.join(' UNION ALL '), [flowId])).length;
    },
    waiting: async (flowId) => {
      const [row] = await database.sql(
        'SELECT count(*)::int AS count FROM orchestration_outbox WHERE flow_id = $1',
        [flowId],
      );
      return Number(row?.count);
    },
    close: database.close,
  };
}

storeContract('the store on PostgreSQL', () => rigOf({}));
// A gateway with keys keeps the same promises.
storeContract('the store on PostgreSQL with sealed payloads', () =>
  rigOf({ payloadKeys: { keys: [KEY], current: KEY } }),
);
