/**
 * Logs by pino: JSON lines for machines, or lines for people on a terminal. Written synchronously,
 * so that none is lost when the process ends.
 */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Component, Log, Logs } from './log.js';
import { printableJson } from './printable.js';

export interface LoggerOptions {
  readonly level: string;
  /** Levels of components that differ from `level`. */
  readonly levels: ReadonlyMap<Component, string>;
  readonly format: 'pretty' | 'json';
  /** Only for `pretty`. */
  readonly coloured: boolean;
  /** A file descriptor; 1 = standard output. */
  readonly into?: number | undefined;
}

/** Fields whose values are never logged, up to three levels deep. */
const SECRET = ['password', 'authorization', 'cookie', 'secret', 'token'];
const REDACTED = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export function createLogs({ level, levels, format, coloured, into = 1 }: LoggerOptions): Logs {
  const options = {
    level: 'debug',
    base: null,
    serializers: { err: pino.stdSerializers.err },
    redact: REDACTED,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // The line feed at the end of the line is kept as it is.
    hooks: { streamWrite: (line: string) => `${printableJson(line.trimEnd())}\n` },
  };
  const lines = {
    colorize: coloured,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
    sync: true,
  };
  const stream =
    format === 'pretty'
      ? pretty({ ...lines, destination: into })
      : pino.destination({ dest: into, sync: true });
  const root = pino(options, stream);
  const logs = new Map<Component, Log>();
  return (component) => {
    const known =
      logs.get(component) ??
      logOf(root.child({ component }, { level: levels.get(component) ?? level }));
    logs.set(component, known);
    return known;
  };
}

function logOf(to: pino.Logger): Log {
  return {
    debugs: to.isLevelEnabled('debug'),
    debug: (fields, message) => to.debug(fields, message),
    info: (fields, message) => to.info(fields, message),
    warn: (fields, message) => to.warn(fields, message),
    error: (fields, message) => to.error(fields, message),
  };
}
