/** Limits of workers that use GraphQL or REST. */
import { limit } from './limit.js';

const MIB = 1024 * 1024;

export const WORKER_LIMITS = {
  workerConcurrency: limit(1000, 'commands that one worker has at once', 'BAD_USER_INPUT'),
  workerPolled: limit(100, 'commands that one poll of REST gets', 'FIELD_INVALID'),
  workerPollMs: limit(30_000, 'milliseconds a poll of REST waits for a command', 'FIELD_INVALID'),
  workerSessions: limit(2000, 'workers that are connected, or poll, at once', 'OVERLOADED'),
  workerSessionsPerPrincipal: limit(500, 'the same of one caller', 'OVERLOADED'),
  workerSteps: limit(
    500,
    'steps that are read for workers at once, each group of workers counted by itself',
    'OVERLOADED',
  ),
  workerLeases: limit(20_000, 'commands that all workers together have at once', 'waits'),
  workerLeasesPerPrincipal: limit(5000, 'the same of one caller', 'waits'),
  workerBytes: limit(
    64 * MIB,
    'bytes of commands in memory for workers; beyond it each step is read command by command',
    'waits',
  ),
} as const;
