/**
 * Logs by pino: JSON lines for machines, or lines for people on a terminal. Written synchronously,
 * so that none is lost when the process ends.
 */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Component, FlowOfLine, Level, Log, Logs } from './log.js';
import { LogLevels } from './log-levels.js';
import { loggedError } from './logged-error.js';
import { printableJson } from './printable.js';

export interface LoggerOptions {
  readonly level: Level;
  /** Levels of components that differ from `level`. */
  readonly levels: ReadonlyMap<Component, Level>;
  readonly format: 'pretty' | 'json';
  /** Only for `pretty`. */
  readonly coloured: boolean;
  /** A file descriptor; 1 = standard output. */
  readonly into?: number | undefined;
}

/** Fields whose values are never logged, up to three levels deep. */
const SECRET = ['password', 'authorization', 'cookie', 'secret', 'token'];
const REDACTED = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface Logging {
  readonly logs: Logs;
  /** Of each component, changed while the process runs. */
  readonly levels: LogLevels;
}

export function createLogs(options: LoggerOptions): Logging {
  const { level, levels } = options;
  const root = rootOf(options);
  const loggers = new Map<Component, pino.Logger>();
  const logs = new Map<Component, Log>();
  const loggerOf = (component: Component): pino.Logger => {
    const logger =
      loggers.get(component) ??
      root.child({ component }, { level: levels.get(component) ?? level });
    loggers.set(component, logger);
    return logger;
  };
  const logsOf = (component: Component): Log => {
    const log = logs.get(component) ?? logOf(loggerOf(component));
    logs.set(component, log);
    return log;
  };
  const apply = (component: Component, next: Level): void => {
    loggerOf(component).level = next;
  };
  return {
    logs: logsOf,
    levels: new LogLevels((component) => levels.get(component) ?? level, apply, logsOf('main')),
  };
}

function rootOf({ format, coloured, into = 1 }: LoggerOptions): pino.Logger {
  const options = {
    level: 'debug',
    base: null,
    serializers: { err: loggedError },
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
  return pino(options, stream);
}

function logOf(to: pino.Logger): Log {
  return {
    // Read each time: the level changes while the process runs.
    get debugs() {
      return to.isLevelEnabled('debug');
    },
    debug: (fields, message) => to.debug(fields, message),
    info: (fields, message) => to.info(fields, message),
    warn: (fields, message) => to.warn(fields, message),
    error: (fields, message) => to.error(fields, message),
    about: (flow) => logOf(to.child(fieldsOf(flow))),
  };
}

function fieldsOf({ flowId, traceId }: FlowOfLine): object {
  if (flowId === null) return {};
  return traceId === null ? { flowId } : { flowId, traceId };
}
