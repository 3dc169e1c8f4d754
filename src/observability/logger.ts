/** Logs by pino: one JSON line each for machines, one line for people on a terminal. Written before the call returns: none is lost at the end. */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Component, Log, Logs } from './log.js';
import { printableJson } from './printable.js';

export interface LoggerOptions {
  readonly level: string;
  /** Where a component is to be louder or quieter than `level`. */
  readonly levels: ReadonlyMap<Component, string>;
  readonly format: 'pretty' | 'json';
  /** Only for `pretty`. */
  readonly coloured: boolean;
  /** A file descriptor; 1 = standard output. */
  readonly into?: number | undefined;
}

/** What must never be read in a log, wherever a careless line puts it. */
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
    // The line's own end is no part of what came from elsewhere.
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
