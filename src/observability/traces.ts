/** Exports spans by OpenTelemetry over OTLP (docs/traces.md). Loaded only when traces are on. */
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from './log.js';
import type { SamplerName, SpanRecord, Trace } from './span.js';

export interface TraceOptions {
  readonly serviceName: string;
  readonly version: string;
  readonly instanceId: string;
  /** As in OTEL_TRACES_SAMPLER. */
  readonly sampler: SamplerName;
  /** 0 to 1: the part of the traces that are exported, for the samplers of a ratio. */
  readonly ratio: number;
  /** Longest time that a span waits for others before it is sent, ms. */
  readonly delayMs: number;
  /** Spans that wait for the collector; what comes beyond is not exported. */
  readonly queue: number;
  readonly log: Log;
}

export interface Traces {
  readonly trace: Trace;
  /** Whether a trace that starts here is exported; the same on every gateway. */
  readonly isSampled: (traceId: string) => boolean;
  /** Sends what is left. */
  close(): Promise<void>;
}

const MOST_IN_A_REQUEST = 2000;

const KINDS: Readonly<Record<SpanRecord['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Where the spans go is in the standard variables, which the exporter reads:
 * OTEL_EXPORTER_OTLP_ENDPOINT, …_HEADERS, …_CERTIFICATE.
 */
export function openTraces(options: TraceOptions): Traces {
  logInto(options.log);
  const root = rootSampler(options);
  const ids = { traceId: '', spanId: '' };
  const provider = new TracerProvider({
    sampler: options.sampler.startsWith('parentbased') ? new ParentBasedSampler({ root }) : root,
    // The ids are derived from the flow: the generator hands out those of the span that is made
    // next.
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    resource: resourceOf(options),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: options.delayMs,
        maxQueueSize: options.queue,
        maxExportBatchSize: Math.min(options.queue, MOST_IN_A_REQUEST),
      }),
    ],
  });
  const tracer = provider.getTracer('backstep', options.version);
  const isSampled = (traceId: string): boolean => decided(root, ROOT_CONTEXT, traceId);
  return {
    trace(spans) {
      for (const span of spans) {
        Object.assign(ids, { traceId: span.traceId, spanId: span.spanId });
        exportSpan(tracer, span, contextOf(span, isSampled));
      }
    },
    isSampled,
    close: () => provider.shutdown(),
  };
}

/** What the exporter reports is a warning: no flow waits for the collector. */
function logInto(log: Log): void {
  const nothing = (): void => undefined;
  const warn = (report: string): void => log.warn({}, `traces: ${messageIn(report)}`);
  diag.setLogger(
    { error: warn, warn, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** Errors are reported as JSON with their stack. */
function messageIn(report: string): string {
  if (!report.startsWith('{')) return report;
  const { message } = JSON.parse(report) as { readonly message?: string };
  return message === undefined ? report : `the spans could not be sent: ${message}`;
}

function resourceOf({ serviceName, version, instanceId }: TraceOptions) {
  const own = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': version,
    'service.instance.id': instanceId,
  });
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win.
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

function rootSampler({ sampler, ratio }: TraceOptions): Sampler {
  if (sampler.endsWith('always_off')) return new AlwaysOffSampler();
  return sampler.endsWith('traceidratio')
    ? new TraceIdRatioBasedSampler(ratio)
    : new AlwaysOnSampler();
}

function decided(sampler: Sampler, context: Context, traceId: string): boolean {
  const { decision } = sampler.shouldSample(context, traceId, '', SpanKind.INTERNAL, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

function contextOf({ traceId, parent }: SpanRecord, isSampled: (traceId: string) => boolean) {
  if (parent === null) return ROOT_CONTEXT;
  const sampled = parent.sampled ?? isSampled(traceId);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parent.spanId,
    isRemote: true,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  });
}

function exportSpan(tracer: Tracer, span: SpanRecord, context: Context): void {
  const { name, kind, startedAt, endedAt, attributes, error } = span;
  const types = error === null ? {} : { 'error.type': error };
  const made = tracer.startSpan(
    name,
    { kind: KINDS[kind], startTime: startedAt, attributes: { ...attributes, ...types } },
    context,
  );
  if (error !== null) made.setStatus({ code: SpanStatusCode.ERROR, message: error });
  made.end(endedAt);
}
