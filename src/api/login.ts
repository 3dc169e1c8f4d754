/**
 * How a page of this gateway finds out whether and where its reader logs in: OIDC code flow with
 * PKCE. Nothing in it is secret.
 */
import type { FastifyInstance } from 'fastify';
import type { Authentication } from './auth/authentication.js';

export interface Login {
  /** Of the identity provider; its metadata is at /.well-known/openid-configuration below it. */
  readonly issuer: string;
  /** A public client. */
  readonly clientId: string;
  readonly audience: string;
  /** Separated by spaces. */
  readonly scopes: string;
}

export function loginRoute(
  app: FastifyInstance,
  mode: Authentication['mode'],
  login: Login | undefined,
): void {
  const none = { issuer: null, clientId: null, audience: null, scopes: null };
  app.get('/auth/config', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').send({ mode, ...none, ...login }),
  );
}
