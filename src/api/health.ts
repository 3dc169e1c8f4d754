/** For probes: is the process alive (/livez), and may it be sent work (/readyz)? */
import type { FastifyInstance } from 'fastify';
import type { Health } from '../engine/service.js';
import { createMetrics } from '../observability/metrics.js';
import type { ServingShell } from './context.js';

export interface HealthOptions extends Pick<ServingShell, 'engine' | 'log' | 'refusals'> {
  /** What people who watch should know although the gateway works; absent = nothing. */
  readonly warnings?: HealthWarnings | undefined;
}

export type HealthWarnings = Health['checks'];

export function healthRoutes(
  app: FastifyInstance,
  { engine, log, refusals, warnings = [] }: HealthOptions,
): void {
  app.get('/livez', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  app.get('/readyz', async (_request, reply) => {
    const health = await engine.health().catch((error: unknown): Health => {
      log.warn({ err: error }, 'the health check failed');
      return {
        ready: false,
        checks: [{ name: 'engine', ok: false, detail: 'does not answer' }],
        load: NO_LOAD,
      };
    });
    const { ready, checks } = health;
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, checks: [...checks, ...warnings] });
  });
  const metrics = createMetrics(async () => {
    const { checks, load } = await engine.health();
    return { checks, ...load, refused: refusals.counts };
  });
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text()),
  );
}

const NO_LOAD = { waiting: 0, unsent: 0, faults: 0 };
