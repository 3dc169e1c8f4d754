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

export const COMPONENT_MEANINGS: Readonly<Record<Component, string>> = {
  do: 'Events of DO, at debug.',
  undo: 'Events of UNDO, at debug.',
  flow: 'Other events of flows, and the transactions that record them.',
  registry: 'Registrations, policies, pauses of orchestrations.',
  audit: 'Rows of the audit that could not be stored.',
  slo: 'Counters of the monitoring checklist.',
  relay: 'Messages that are published.',
  timers: 'Timeouts and retries that come due.',
  retention: 'Removal of what is old.',
  bridge: 'Workers that use GraphQL or REST.',
  kafka: 'Consumer group, topics, received messages, the Kafka client.',
  postgres: 'Connections, migrations, statements of the library.',
  embedded: 'The database and the broker in this process.',
  api: 'Requests, connections, tokens, certificates.',
  demo: 'The example workers.',
  traces: 'The export of spans.',
  main: 'Start, stop, settings, warnings of Node.js.',
};

/** From the one that logs most. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** The flow that a line is about. */
export interface FlowOfLine {
  /** null: the line is about no flow. */
  readonly flowId: string | null;
  /** As in its spans, also with traces off; null: not known where the line is written. */
  readonly traceId: string | null;
}

/**
 * Fields of a line; errors are in the field `err`. Those of a flow come from `about`, so that no
 * line has one of them only.
 */
export interface Fields {
  readonly [name: string]: unknown;
  readonly flowId?: never;
  readonly traceId?: never;
}

/** A line has fields and a message. */
export interface Log {
  readonly debugs: boolean;
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  /** The log for lines about one flow: each has its flowId and its traceId. */
  about(flow: FlowOfLine): Log;
}
export type Logs = (component: Component) => Log;

const nothing = (): void => undefined;
const SILENT: Log = {
  debugs: false,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  about: () => SILENT,
};
/** Logs nothing: for tests and tools. */
export const silent: Logs = () => SILENT;
