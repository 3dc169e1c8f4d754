/** Records in Redis, as hashes with a version and a text. */
import type { StepRecord } from '../step-record.js';
import type { RecordStore } from './store.js';

/**
 * A client of the package `redis` (`sendCommand`) or `ioredis` (`call`).
 */
export type RedisClient =
  | { sendCommand(command: string[]): Promise<unknown> }
  | { call(command: string, ...values: string[]): Promise<unknown> };

interface RedisStoreOptions {
  /** Default `backstep:step:`. */
  readonly prefix?: string | undefined;
  /**
   * Records are forgotten this long after the last change, ms; longer than a flow may take and may
   * still be undone. Default: never.
   */
  readonly keepForMs?: number | undefined;
}

/** Compares and stores in one step. */
const WRITE = `
local held = redis.call('HGET', KEYS[1], 'version')
if (held or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'record', ARGV[2])
if ARGV[3] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`;

/**
 * Redis must be configured to lose nothing that it acknowledged (`appendfsync always`, no
 * eviction); what it loses is handled again.
 */
export function redisStore(
  client: RedisClient,
  { prefix = 'backstep:step:', keepForMs }: RedisStoreOptions = {},
): RecordStore {
  const send = (...command: [string, ...string[]]): Promise<unknown> =>
    'call' in client ? client.call(...command) : client.sendCommand(command);
  return {
    // Redis may evict or lose keys by its configuration: a missing one proves nothing.
    complete: false,
    async open() {
      await send('PING');
    },
    async read(key) {
      const held = (await send('HMGET', prefix + key, 'version', 'record')) as (string | null)[];
      const [version, record] = held;
      if (!version || !record) return null;
      return { record: JSON.parse(record) as StepRecord, version: Number(version) };
    },
    async write(key, record, expected) {
      const values = [String(expected), JSON.stringify(record), String(keepForMs ?? 0)];
      return (await send('EVAL', WRITE, '1', prefix + key, ...values)) === 1;
    },
  };
}
