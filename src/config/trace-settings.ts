/**
 * Traces, by the standard variables of OpenTelemetry (docs/traces.md). Those of the exporter are
 * read by the exporter itself.
 */
import { SAMPLERS } from '../observability/span.js';
import { decimal, oneOf, setting, text, whole } from './parsers.js';

export const TRACES = {
  otelEndpoint: setting({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'URL of an OpenTelemetry collector (OTLP over HTTP): traces are on and go there',
    byDefault: 'no traces',
    read: text,
  }),
  otelTracesEndpoint: setting({
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'the same with its whole path, for traces only',
    byDefault: 'OTEL_EXPORTER_OTLP_ENDPOINT and /v1/traces',
    read: text,
  }),
  otelExporter: setting({
    name: 'OTEL_TRACES_EXPORTER',
    meaning:
      'otlp: traces are on, to http://localhost:4318 without an endpoint; none: they are off',
    byDefault: 'otlp when there is an endpoint, else none',
    read: oneOf(['otlp', 'none'], null),
  }),
  otelDisabled: setting({
    name: 'OTEL_SDK_DISABLED',
    meaning: 'true: no traces, whatever else is set',
    byDefault: 'false',
    read: oneOf(['true', 'false'], 'false'),
  }),
  otelProtocol: setting({
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    meaning: 'protocol of the collector; gRPC is not supported; most collectors accept both',
    byDefault: 'http/protobuf',
    read: oneOf(['http/protobuf'], 'http/protobuf'),
  }),
  otelSampler: setting({
    name: 'OTEL_TRACES_SAMPLER',
    meaning: `which traces are exported: ${SAMPLERS.join(', ')}; parentbased: as the initiator decided, when it has`,
    byDefault: 'parentbased_always_on',
    read: oneOf(SAMPLERS, 'parentbased_always_on'),
  }),
  otelRatio: setting({
    name: 'OTEL_TRACES_SAMPLER_ARG',
    meaning: 'part of the traces that a sampler of a ratio exports, from 0 to 1',
    byDefault: '1',
    read: decimal(0, 1, 1),
  }),
  otelDelayMs: setting({
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    meaning: 'longest time that a span waits for others before it is sent, ms',
    byDefault: '1000',
    read: whole(1, 60_000, 1000),
  }),
  otelQueue: setting({
    name: 'OTEL_BSP_MAX_QUEUE_SIZE',
    meaning: 'spans that wait for the collector; what comes beyond is not exported, with a warning',
    byDefault: '20000',
    read: whole(1, 1_000_000, 20_000),
  }),
  otelServiceName: setting({
    name: 'OTEL_SERVICE_NAME',
    meaning: 'name of this service in traces',
    byDefault: 'backstep',
    read: text,
  }),
} as const;
