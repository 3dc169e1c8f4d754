/** A log that hands each line to a test. */
import type { FlowOfLine, Level, Log } from '../../src/observability/log.js';

export interface LogLine {
  readonly level: Level;
  readonly fields: object;
  readonly message: string;
}

export function rememberingLog(keep: (line: LogLine) => void, flow?: FlowOfLine): Log {
  const write =
    (level: Level) =>
    (fields: object, message: string): void =>
      keep({ level, fields: { ...flow, ...fields }, message });
  return {
    debugs: true,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    about: (next) => rememberingLog(keep, next),
  };
}
