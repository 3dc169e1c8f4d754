/**
 * Observability. Knows: how to report what happens, in one vocabulary. Refuses to know: what it
 * means. In: components and fields. Out: lines. This file: the lines a module may log. The pino
 * implementation is logger.ts.
 */

/** Each component has a log level of its own (`LOG_LEVELS=do:debug,undo:debug`). */
export const COMPONENTS = [
  'do',
  'undo',
  'flow',
  'registry',
  'audit',
  'slo',
  'relay',
  'timers',
  'retention',
  'bridge',
  'kafka',
  'postgres',
  'embedded',
  'api',
  'demo',
  'traces',
  'main',
] as const;
export type Component = (typeof COMPONENTS)[number];

/**
 * A line has fields and a message. Lines about a flow have the field `flowId`; errors are in the
 * field `err`.
 */
export interface Log {
  readonly debugs: boolean;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
export type Logs = (component: Component) => Log;

const nothing = (): void => undefined;
/** Logs nothing: for tests and tools. */
export const silent: Logs = () => ({
  debugs: false,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
});
