/**
 * What Node.js reports about the process goes through the log, so that each line of the output can
 * be read by the program that reads the others.
 */
import type { Logs } from '../observability/log.js';

/** Warnings of one name after the first are debug lines: some come with each timeout. */
export function logProcessEvents(logs: Logs): void {
  const log = logs('main');
  const seen = new Set<string>();
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    // kafkajs computes some timeouts as negative numbers, which is harmless.
    const isNew = warning.name !== 'TimeoutNegativeWarning' && !seen.has(warning.name);
    seen.add(warning.name);
    log[isNew ? 'warn' : 'debug']({ err: warning }, 'Node.js reports a warning');
  });
  const ends = (error: unknown): void => {
    log.error({ err: error }, 'an error that nothing handles ends the process');
    process.exit(1);
  };
  process.on('uncaughtException', ends);
  process.on('unhandledRejection', ends);
}
