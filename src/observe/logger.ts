/** Logs by pino: one JSON line each for machines, one coloured line for people on a terminal. */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Component, Log, Logs } from './log.js';

export interface LoggerOptions {
  readonly level: string;
  readonly levels: ReadonlyMap<Component, string>;
  readonly format: 'pretty' | 'json';
}

export function createLogs({ level, levels, format }: LoggerOptions): Logs {
  const stream =
    format === 'pretty'
      ? pretty({
          colorize: process.stdout.isTTY === true,
          translateTime: 'HH:MM:ss.l',
          ignore: 'pid,hostname',
          singleLine: true,
          sync: true,
        })
      : pino.destination({ dest: 1, sync: true });
  const root = pino({ level: 'debug', base: null, serializers: { err: pino.stdSerializers.err } }, stream);
  const logs = new Map<Component, Log>();
  return (component) => {
    const known = logs.get(component);
    if (known !== undefined) return known;
    const mine = root.child({ component }, { level: levels.get(component) ?? level });
    const log: Log = {
      debugs: mine.isLevelEnabled('debug'),
      debug: (fields, message) => mine.debug(fields, message),
      info: (fields, message) => mine.info(fields, message),
      warn: (fields, message) => mine.warn(fields, message),
      error: (fields, message) => mine.error(fields, message),
    };
    logs.set(component, log);
    return log;
  };
}
