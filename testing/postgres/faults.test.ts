import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Fault } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { faultOf } from '../../src/postgres/connection/faults.js';
import { openPostgres } from '../../src/postgres/database.js';
import {
  change,
  changeRecord,
  firstStepDone,
  lockOne,
  register,
  start,
  startInput,
} from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { testTopics } from '../kit/topics.js';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no fault',
    (error: unknown) => (error instanceof Fault ? error.code : String(error)),
  );

describe('when the database is in trouble', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    await register(database.open().store);
  });
  afterAll(() => database?.close());

  const killAll = (but = 'nobody'): Promise<unknown> =>
    database.sql(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query <> $1`,
      [but],
    );

  /**
   * The server has ended every process, yet the pool may not have read so from a socket it hands
   * out next. The engine tries again whatever met a fault, and so do these tests.
   */
  const afterFaults = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Fault) || tries === 5) throw error;
      }
    }
  };

  test('a server that is not there is a fault in every call', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' ? address?.port : 0;
    const options = {
      poolSize: 2,
      instanceId: 'x',
      leaseMs: 1,
      statementTimeoutMs: 1_000,
      stepTopics: testTopics,
      log: silent('postgres'),
    };
    const { store, readModel, migrate, close } = openPostgres({
      ...options,
      url: `postgres://nobody@127.0.0.1:${port}/nothing`,
    });
    const calls = [
      migrate(),
      store.ping(),
      store.road(async () => 1),
      store.due(1),
      readModel.flows(['a']),
      store.onRemoteCommit(() => undefined),
    ];
    for (const answer of await Promise.all(calls.map(code))) expect(answer).toBe('DATABASE_AWAY');
    await store.outboxSent([{ flowId: 'a', number: 1 }]);
    await close();
  });

  test('a schema that was not applied is a fault of its own', async () => {
    const empty = await testDatabase({ empty: true });
    try {
      expect(await code(empty.open().store.due(1))).toBe('DATABASE_SCHEMA');
    } finally {
      await empty.close();
    }
  });

  test('a connection that breaks within a transaction is a fault, nothing is recorded, and the next one works', async () => {
    const { store, readModel } = database.open();
    const broken = store.road(async (tx) => {
      await tx.lock([], []);
      await killAll();
      await tx.lock([], []);
    });
    expect(await code(broken)).toBe('DATABASE_AWAY');
    await afterFaults(() => start(store, [startInput('after')]));
    expect((await afterFaults(() => readModel.flows(['after']))).size).toBe(1);
  });

  test('acked rows are kept when the transaction that was to delete them breaks', async () => {
    // Not by the timer: only the next commit deletes them.
    const { store } = database.open({ sentWaitsMs: 600_000 });
    await start(store, [startInput('acked')]);
    await store.outboxSent([{ flowId: 'acked', number: 2 }]);
    const broken = store.road(async (tx) => {
      const flow = await lockOne(tx, 'acked');
      await tx.record([firstStepDone(flow)], true);
      await killAll();
    });
    expect(await code(broken)).toBe('DATABASE_AWAY');
    expect(
      await database.sql(`SELECT number FROM orchestration_outbox WHERE flow_id = 'acked'`),
    ).toHaveLength(1);
    await afterFaults(() => start(store, [startInput('another')]));
    expect(
      await database.sql(`SELECT number FROM orchestration_outbox WHERE flow_id = 'acked'`),
    ).toHaveLength(0);
  });

  test('a statement that takes too long is a fault; one that waits for a lock of others is another', async () => {
    const { store } = database.open({ statementTimeoutMs: 300 });
    await start(database.open().store, [startInput('held')]);
    const held = database.open().store.road(async (tx) => {
      await lockOne(tx, 'held');
      return code(store.road((other) => other.lock(['held'], [])));
    });
    expect(await held).toBe('DATABASE_BUSY');
    await database.sql(`CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'`);
    await database.sql(`CREATE TRIGGER sleeps BEFORE UPDATE ON orchestration_inbox FOR EACH ROW
      WHEN (NEW.topic = 'slow') EXECUTE FUNCTION sleeps()`);
    await store.resetInbox('slow', 0, 1n);
    expect(await code(store.resetInbox('slow', 0, 2n))).toBe('DATABASE_SLOW');
  });

  test('a dry pool is waited for: who comes next gets the connection when it is given back', async () => {
    const { store } = database.open({ poolSize: 1 });
    const waiting = await store.road(async () => [store.ping(), store.ping(), store.due(1)]);
    await expect(Promise.all(waiting)).resolves.toHaveLength(3);
  });

  test('work that cannot be recorded is no fault: another try would not help', async () => {
    const { store } = database.open();
    await start(store, [startInput('twice')]);
    const again = change(store, 'twice', (flow) => ({
      ...changeRecord(flow, {}, [{ type: 'FLOW_RELEASED' }]),
      before: null,
    }));
    expect(await code(again)).toMatch(/duplicate key/);
  });

  test('a flow whose rows contradict each other stands still, and the others go on', async () => {
    const { store } = database.open();
    await start(store, [startInput('whole'), startInput('halved')]);
    await database.sql(`DELETE FROM orchestration_step_run WHERE flow_id = 'halved' AND seq = 2`);
    const { flows, parked } = await store.road((tx) => tx.lock(['whole', 'halved'], []));
    expect([...flows.keys()]).toEqual(['whole']);
    expect(parked.get('halved')).toContain('createClient');
  });

  test('a listener whose connection breaks is notified that it may have missed something, and is connected again', async () => {
    const { store } = database.open({ instanceId: 'listener' });
    const other = database.open({ instanceId: 'other' });
    let wake: () => void = () => undefined;
    let missed = false;
    const notified: string[] = [];
    const leave = await store.onRemoteCommit((commits) => {
      if (commits === null) missed = true;
      else notified.push(...commits.map(({ flowId }) => flowId));
      wake();
    });
    const until = (fits: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        wake = () => fits() && resolve();
        wake();
      });
    await database.sql(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN backstep'`,
    );
    await until(() => missed);
    await start(other.store, [startInput('notified-again')]);
    await until(() => notified.includes('notified-again'));
    await leave();
  });
});

test.each([
  ['53100', 'could not extend file', 'DATABASE_FULL'],
  ['53300', 'too many clients', 'DATABASE_BUSY'],
  ['40P01', 'deadlock detected', 'DATABASE_BUSY'],
  ['53200', 'out of memory', 'DATABASE_MEMORY'],
  ['57P01', 'terminating connection', 'DATABASE_AWAY'],
  ['25006', 'read-only transaction', 'DATABASE_AWAY'],
  ['28P01', 'password authentication failed', 'DATABASE_REFUSED'],
  ['57P03', 'the database system is starting up', 'DATABASE_STARTING'],
  ['3D000', 'database does not exist', 'DATABASE_REFUSED'],
  ['42P01', 'relation does not exist', 'DATABASE_SCHEMA'],
  ['42501', 'permission denied for table', 'DATABASE_RIGHTS'],
  ['ECONNRESET', 'read ECONNRESET', 'DATABASE_AWAY'],
  ['22021', 'invalid byte sequence', undefined],
  ['23505', 'duplicate key', undefined],
  ['42601', 'syntax error', undefined],
])('%s (%s) is %s', (state, message, expected) => {
  expect(faultOf(Object.assign(new Error(message), { code: state }))?.code).toBe(expected);
  expect(
    faultOf(new Error('wrapped', { cause: Object.assign(new Error(message), { code: state }) }))
      ?.code,
  ).toBe(expected);
});
