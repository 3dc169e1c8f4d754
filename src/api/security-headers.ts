/**
 * What browsers may not do with our answers; on every answer, refusals included. No cookie is ever
 * set or read.
 */
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/**
 * Of an answer that is no page: nothing in it runs, is shown in a frame, or is read by a page of
 * elsewhere.
 */
const NO_PAGE = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

/** Before anything else is added, so that no answer leaves without them. */
export async function addSecurityHeaders(
  app: FastifyInstance,
  hstsSeconds: number | null,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: NO_PAGE },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    // It holds for every port of the host name: other services there, too, must have TLS.
    strictTransportSecurity:
      hstsSeconds === null ? false : { maxAge: hstsSeconds, includeSubDomains: false },
  });
}

/** The same for answers that leave before anything of that runs. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** For answers that are written to the connection by hand. */
export const RAW_SECURITY_HEADERS: readonly string[] = Object.entries(SECURITY_HEADERS).map(
  ([name, value]) => `${name}: ${value}`,
);
