/** A command is a span in the trace of its flow, when the process has an OpenTelemetry SDK. */

import { afterAll, expect, test } from '@jest/globals';
import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Handling } from '../../src/worker/handling.js';
import { completeStore, Kept, keptLog, received } from './commands.js';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
trace.setGlobalTracerProvider(provider);
/** As W3CTraceContextPropagator of an SDK. */
propagation.setGlobalPropagator({
  inject: () => undefined,
  fields: () => ['traceparent'],
  extract: (into, carrier, getter) => {
    const [, traceId = '', spanId = ''] = String(getter.get(carrier, 'traceparent')).split('-');
    return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
});
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

test('a command is a span in the trace of its flow', async () => {
  const log = keptLog();
  const handling = new Handling({ store: completeStore(), owner: 'a', leaseMs: 60_000, log });
  const way = new Kept();
  await handling.handle(received(), () => null, way);
  await handling.handle(
    received({ flowId: 'f2' }),
    () => {
      throw new Error('no');
    },
    way,
  );
  const [done, failed] = exporter.getFinishedSpans();
  expect(done).toMatchObject({
    name: 'do createRealm',
    parentSpanContext: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
    attributes: { 'backstep.flow_id': 'f1', 'backstep.worker.ending': 'success' },
  });
  expect(done?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(failed?.status).toMatchObject({ code: 2, message: 'failure' });
});
