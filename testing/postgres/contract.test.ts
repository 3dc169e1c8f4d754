import { storeContract } from '../contracts/store.js';
import { testDatabase } from '../kit/postgres.js';

storeContract('the store on PostgreSQL', async () => {
  const database = await testDatabase();
  return {
    gateway: (instanceId) => database.open({ instanceId }),
    age: database.age,
    pauseOrchestration: async (name) => {
      await database.sql('UPDATE orchestration_name SET paused = true WHERE name = $1', [name]);
    },
    quarantined: async (topic) => {
      const rows = await database.sql(
        'SELECT code, record_offset, value FROM orchestration_quarantine WHERE topic = $1',
        [topic],
      );
      return rows.map(({ code, record_offset, value }) => ({
        code: String(code),
        offset: BigInt(String(record_offset)),
        value: value instanceof Uint8Array ? value : null,
      }));
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
});
