/** Each HTTP request gets its principal before anything of it is read but its headers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../rest/problem-json.js';
import { type Authentication, Unauthenticated } from './authentication.js';
import type { Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls. */
    principal: Principal;
  }
}

export function authenticateRequests(app: FastifyInstance, authentication: Authentication): void {
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request, reply) => {
    try {
      request.principal = await authentication.authenticate(request.headers);
      return undefined;
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      return refuse(request, reply, error);
    }
  });
}

/** In the form that a client of this path reads. */
function refuse(
  { url }: FastifyRequest,
  reply: FastifyReply,
  { code, message }: Unauthenticated,
): FastifyReply {
  reply.header('www-authenticate', 'Bearer realm="backstep"');
  if (!/^\/graphql(?:\?|$)/.test(url))
    return sendProblem(reply, { status: 401, code, detail: message });
  return reply.code(401).send({ errors: [{ message, extensions: { code } }] });
}
