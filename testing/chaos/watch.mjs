/** How many flows are open, read from the database itself every 100 ms. */
import pg from 'pg';
import { wait } from './rig.mjs';

const OPEN = `SELECT count(*)::int AS open, coalesce(sum(last_event_number), 0)::text AS events
  FROM orchestration_run WHERE status IN ('IN_PROGRESS', 'UNDOING')`;
const OUTBOX = 'SELECT count(*)::int AS rows FROM orchestration_outbox';

export class Watch {
  open = 0;
  outbox = 0;
  /** Another one when any open flow has gone on. */
  mark = null;
  stopped = false;

  constructor(database) {
    this.database = database;
    this.polling = this.poll();
  }

  async poll() {
    let client = null;
    while (!this.stopped) {
      try {
        client ??= await this.connect();
        const { open, events } = (await client.query(OPEN)).rows[0];
        this.open = open;
        this.mark = `${open} ${events}`;
        this.outbox = (await client.query(OUTBOX)).rows[0].rows;
      } catch {
        client?.end().catch(() => undefined);
        client = null;
      }
      await wait(100);
    }
    await client?.end().catch(() => undefined);
  }

  async connect() {
    const client = new pg.Client({
      connectionString: this.database.url,
      connectionTimeoutMillis: 2000,
      query_timeout: 10_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async stop() {
    this.stopped = true;
    await this.polling;
  }
}
