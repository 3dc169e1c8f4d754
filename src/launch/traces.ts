/** Opens the exporter of spans when traces are on; its packages are loaded only then. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import type { Logs } from '../observability/log.js';
import type { Traces } from '../observability/traces.js';
import { instanceName, version } from './messages.js';
import type { Opened } from './opened.js';

const CLOSE_MS = 2_000;

export async function openTracesOf(
  config: Config,
  opened: Opened,
  logs: Logs,
): Promise<Partial<Pick<Traces, 'trace' | 'isSampled'>>> {
  if (!config.tracesOn) return {};
  const { openTraces } = await import('../observability/traces.js');
  const traces = openTraces({
    serviceName: config.otelServiceName ?? 'backstep',
    version: version(),
    instanceId: instanceName(),
    sampler: config.otelSampler,
    ratio: config.otelRatio,
    delayMs: config.otelDelayMs,
    queue: config.otelQueue,
    log: logs('traces'),
  });
  // A collector that is away does not hold the end back.
  opened.add('traces', () => Promise.race([traces.close(), pause(CLOSE_MS, null, { ref: false })]));
  return traces;
}
