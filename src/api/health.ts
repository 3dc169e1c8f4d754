/** For probes: is the process alive (/livez), and may it be sent work (/readyz)? */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Health } from '../engine/service.js';
import { fitsAll, fitsAny } from '../names/patterns.js';
import { createMetrics, type Metrics } from '../observability/metrics.js';
import type { Authentication } from './auth/authentication.js';
import type { Principal } from './auth/principal.js';
import type { ServingShell } from './context.js';
import type { Switches } from './switches.js';
import type { Certificate } from './tls/certificate.js';

export interface HealthOptions
  extends Pick<ServingShell, 'engine' | 'log' | 'refusals' | 'workers'> {
  readonly switches: Switches;
  readonly authentication: Authentication;
  /** What people who watch should know although the gateway works; absent = nothing. */
  readonly warnings?: HealthWarnings | undefined;
  /** Absent: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** Absent: the gateway does not end TLS itself. */
  readonly certificate?: Pick<Certificate, 'figures'> | undefined;
}

export type HealthWarnings = Health['checks'];

export function healthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { engine, log, switches, authentication, warnings = [] } = options;
  /** Whoever only wants to know whether it is ready needs no token. */
  const seesChecks = async ({ headers }: FastifyRequest): Promise<boolean> => {
    if (switches.readiness !== 'authenticated') return switches.readiness === 'on';
    return authentication.authenticate(headers).then(
      () => true,
      () => false,
    );
  };
  app.get('/livez', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  app.get('/readyz', async (request, reply) => {
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
      .send({ ready, checks: [...((await seesChecks(request)) ? checks : []), ...warnings] });
  });
  if (switches.metrics !== 'off') metricsRoute(app, options);
}

function metricsRoute(
  app: FastifyInstance,
  { engine, refusals, switches, metrics = createMetrics(), certificate, workers }: HealthOptions,
): void {
  app.get('/metrics', async ({ principal }, reply) => {
    const figures = {
      ...(await engine.figures()),
      refused: refusals.counts,
      certificate: certificate?.figures,
      workers: workers?.figures(),
    };
    const text = await metrics.text(figures);
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(switches.metrics === 'on' ? text : within(principal, text));
  });
}

/** Without the figures of orchestrations that are not in the caller's scopes. */
function within({ scopes }: Principal, text: string): string {
  if (fitsAll(scopes)) return text;
  const isSeen = (line: string): boolean => {
    const [, name] = /\borchestration="([^"]*)"/.exec(line) ?? [];
    return name === undefined || fitsAny(name, scopes);
  };
  return text.split('\n').filter(isSeen).join('\n');
}

const NO_LOAD = { waiting: 0, unsent: 0, faults: 0 };
