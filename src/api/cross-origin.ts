/**
 * Pages of other origins: refused, or answered with what their browser needs to let them read
 * (CORS). Cookies play no part.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Origins } from './origins.js';
import { sendProblem } from './rest/problem-json.js';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers':
    'authorization, content-type, accept, x-actor, x-request-id, idempotency-key, apollo-require-preflight',
  'access-control-max-age': '600',
};

/** After the check of the Host. */
export function checkOrigins(app: FastifyInstance, origins: Origins): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin, host = '' } = request.headers;
    if (origin === undefined) return undefined;
    if (!origins.allowsPage(origin, host)) return refuse(reply, origin);
    reply.headers({
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-request-id, retry-after, www-authenticate',
    });
    const isPreflight =
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined;
    return isPreflight ? reply.headers(PREFLIGHT).code(204).send() : undefined;
  });
}

function refuse(reply: FastifyReply, origin: string): FastifyReply {
  const detail = `pages of ${origin.slice(0, 100)} may not use this gateway; add the origin to ALLOWED_ORIGINS`;
  return sendProblem(reply, { status: 403, code: 'ORIGIN_NOT_ALLOWED', detail });
}
