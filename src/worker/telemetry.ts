/** What a worker logs and measures, and its spans in the trace of the flow. */
import {
  context,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { codeOf, isUnknownTopic } from '../kafka/failures.js';
import type { Log } from '../observability/log.js';
import type { Command } from './command.js';

/** As of pino, winston (with an object first) and others. */
export interface WorkerLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For modules of the gateway that this kit uses. */
export function logged(log: WorkerLog, ids: object = {}): Log {
  return {
    debugs: true,
    debug: (fields, message) => log.debug({ ...fields, ...ids }, message),
    info: (fields, message) => log.info({ ...fields, ...ids }, message),
    warn: (fields, message) =>
      log[isAwaited(fields) ? 'debug' : 'warn']({ ...fields, ...ids }, message),
    error: (fields, message) => log.error({ ...fields, ...ids }, message),
    about: (flow) => logged(log, flow),
  };
}

/** The topics of steps that are not registered yet: the worker waits for them. */
function isAwaited(fields: object): boolean {
  return 'err' in fields && isUnknownTopic(codeOf(fields.err));
}

/** How a command ended. */
export type Ending =
  | 'success'
  | 'failure'
  | 'unknown'
  /** Replied again without running the handler. */
  | 'repeated'
  /** A DO past its deadline or after its UNDO; an UNDO of nothing. */
  | 'not_run'
  /** The handler was aborted, and its effect is not known: nothing was replied. */
  | 'abandoned'
  /** The worker stops: the command is delivered again. */
  | 'given_back';

/** The log of one command: each line has the ids of its flow and trace. */
export function logOf(log: WorkerLog, command: Command): WorkerLog {
  const { flowId, stepName, action, attempt, headers } = command;
  const traceId = traceIdIn(headers.traceparent);
  const ids = { flowId, ...(traceId !== null && { traceId }), step: stepName, action, attempt };
  return {
    debug: (fields, message) => log.debug({ ...ids, ...fields }, message),
    info: (fields, message) => log.info({ ...ids, ...fields }, message),
    warn: (fields, message) => log.warn({ ...ids, ...fields }, message),
    error: (fields, message) => log.error({ ...ids, ...fields }, message),
  };
}

function traceIdIn(traceparent: unknown): string | null {
  if (typeof traceparent !== 'string') return null;
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] ?? null;
}

/**
 * Runs `work` in a span of the command's trace, and counts it. Without an OpenTelemetry SDK in the
 * process this costs nothing.
 */
export async function observed(command: Command, work: () => Promise<Ending>): Promise<Ending> {
  const startedAt = performance.now();
  const parent = propagation.extract(context.active(), command.headers);
  const span = trace
    .getTracer('backstep.worker')
    .startSpan(nameOf(command), { kind: SpanKind.CONSUMER, attributes: spanOf(command) }, parent);
  const ending = await context.with(trace.setSpan(parent, span), work).catch((error: Error) => {
    endSpan(span, 'failure');
    throw error;
  });
  endSpan(span, ending);
  count(command, ending, performance.now() - startedAt);
  return ending;
}

function nameOf({ action, stepName }: Command): string {
  return `${action.toLowerCase()} ${stepName}`;
}

function spanOf({ orchestrationName, stepName, action, attempt, flowId }: Command) {
  return {
    'messaging.operation.type': 'process',
    'backstep.orchestration': orchestrationName,
    'backstep.step': stepName,
    'backstep.action': action,
    'backstep.attempt': attempt,
    'backstep.flow_id': flowId,
  };
}

function endSpan(span: Span, ending: Ending): void {
  span.setAttribute('backstep.worker.ending', ending);
  if (ending === 'failure' || ending === 'unknown' || ending === 'abandoned')
    span.setStatus({ code: SpanStatusCode.ERROR, message: ending });
  span.end();
}

function count(command: Command, ending: Ending, ms: number): void {
  const meter = metrics.getMeter('backstep.worker');
  const labels = {
    orchestration: command.orchestrationName,
    step: command.stepName,
    action: command.action,
    ending,
  };
  meter
    .createCounter('backstep.worker.commands', { description: 'Commands by how they ended' })
    .add(1, labels);
  meter
    .createHistogram('backstep.worker.duration', { unit: 's', description: 'Time for a command' })
    .record(ms / 1000, labels);
}
