/** The stores of the Node kit on real servers: one text for all (npm run workers). */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { memoryStore } from '../../src/worker/stores/memory.js';
import { type PostgresClient, postgresStore } from '../../src/worker/stores/postgres.js';
import { type RedisClient, redisStore } from '../../src/worker/stores/redis.js';
import type { RecordStore } from '../../src/worker/stores/store.js';

const clients = createRequire(join(process.env.WORKER_CLIENTS ?? '/', 'package.json'));
const database = process.env.TEST_DATABASE_URL ?? '';
const redisUrl = process.env.TEST_REDIS_URL ?? '';

const { Pool } = clients('pg') as {
  Pool: new (options: object) => PostgresClient & { end(): Promise<void> };
};
const { createClient } = clients('redis') as {
  createClient(
    options: object,
  ): RedisClient & { connect(): Promise<unknown>; close(): Promise<void> };
};
const { Redis } = clients('ioredis') as {
  Redis: new (url: string) => RedisClient & { quit(): Promise<unknown> };
};

const pool = new Pool({ connectionString: database });
const node = createClient({ url: redisUrl });
await node.connect();
const io = new Redis(redisUrl);
afterAll(async () => {
  await pool.end();
  await node.close();
  await io.quit();
});

const running = { state: 'running', owner: 'a', until: 9_007_199_254_740_991 } as const;
const done = {
  do: { state: 'done', outcome: { kind: 'success', payload: '{"n":1.0}', headers: { a: 'ü' } } },
  undo: { state: 'requested' },
} as const;
const STORES: readonly (readonly [string, () => RecordStore])[] = [
  ['memory', () => memoryStore()],
  ['PostgreSQL', () => postgresStore(pool)],
  ['PostgreSQL, a table in a schema', () => postgresStore(pool, { table: 'public.step_record' })],
  ['Redis, package redis', () => redisStore(node)],
  ['Redis, package ioredis', () => redisStore(io, { prefix: 'io:', keepForMs: 60_000 })],
];

describe.each(STORES)('%s', (_name, open) => {
  test('keeps a record as it was written, with its version', async () => {
    const store = open();
    await store.open?.();
    await store.open?.();
    const key = randomUUID();
    expect(await store.read(key)).toBeNull();
    expect(await store.write(key, { do: running, undo: null }, 0)).toBe(true);
    expect(await store.read(key)).toEqual({ record: { do: running, undo: null }, version: 1 });
    expect(await store.write(key, done, 1)).toBe(true);
    expect(await store.read(key)).toEqual({ record: done, version: 2 });
  });

  test('stores nothing over another version', async () => {
    const store = open();
    await store.open?.();
    const key = randomUUID();
    expect(await store.write(key, done, 1)).toBe(false);
    expect(await store.read(key)).toBeNull();
    await store.write(key, done, 0);
    expect(await store.write(key, { do: null, undo: null }, 0)).toBe(false);
    expect(await store.write(key, { do: null, undo: null }, 2)).toBe(false);
    expect(await store.read(key)).toEqual({ record: done, version: 1 });
  });

  test('lets one of many at once write', async () => {
    const store = open();
    await store.open?.();
    const key = randomUUID();
    for (const version of [0, 1]) {
      const written = await Promise.all(
        Array.from({ length: 40 }, () => store.write(key, done, version)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
    }
  });
});

test('a table name that could be other SQL is refused', () => {
  expect(() => postgresStore(pool, { table: 'a; drop table b' })).toThrow('cannot be used');
});
