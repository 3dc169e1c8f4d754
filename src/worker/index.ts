/**
 * Layer 6, the worker kit (`backstep/worker`). Knows: the messages of the wire, Kafka, the typed
 * client. Refuses to know: the inside of the gateway. In: handlers for DO and UNDO. Out: answers to
 * commands. This file: its exports.
 */
export type { Command } from './command.js';
export { FinalError, RetryableError, UnknownOutcomeError } from './errors.js';
export type { StepRecord } from './step-record.js';
export { memoryStore } from './stores/memory.js';
export { type PostgresClient, postgresStore } from './stores/postgres.js';
export { type RedisClient, redisStore } from './stores/redis.js';
export type { RecordStore, Versioned } from './stores/store.js';
export type { WorkerLog } from './telemetry.js';
export {
  type Handlers,
  type StepOptions,
  type StepTypes,
  type Work,
  type Worker,
  type WorkerOptions,
  worker,
} from './worker.js';
