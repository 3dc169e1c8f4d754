/**
 * Each HTTP request gets its principal, and the right of its route is checked, before anything of
 * it is read but its headers.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../rest/problem-json.js';
import { type Switches, switchedRule } from '../switches.js';
import { type Authentication, Unauthenticated } from './authentication.js';
import { demand, Forbidden, ROUTE_RULES, type RouteRule } from './policy.js';
import { NOBODY, type Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; on open routes nobody, who has no right. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    access?: RouteRule;
  }
}

export interface AccessRules {
  readonly authentication: Authentication;
  readonly switches: Switches;
  /** Gets every route, as `METHOD path`. */
  readonly routes: string[];
}

/** Before any route is added. Throws for a route that has no rule. */
export function authenticateRequests(
  app: FastifyInstance,
  { authentication, switches, routes }: AccessRules,
): void {
  app.decorateRequest('principal');
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: switchedRule(route.url, switches) ?? ruleOf(route) };
    routes.push(...[route.method].flat().map((method) => `${method} ${route.url}`));
  });
  app.addHook('onRequest', async (request, reply) => {
    const rule = request.routeOptions.config.access;
    if (rule === undefined) throw new Error(`${request.url} has no rule`);
    request.principal = NOBODY;
    if (rule === 'open') return undefined;
    try {
      request.principal = await authentication.authenticate(request.headers);
      if (rule !== 'fields') demand(request.principal, rule);
      return undefined;
    } catch (error) {
      if (error instanceof Unauthenticated || error instanceof Forbidden)
        return refuse(request, reply, error);
      throw error;
    }
  });
}

interface Route {
  readonly url: string;
  readonly method: string | readonly string[];
}

/** HEAD is answered by the route of GET. */
function ruleOf({ url, method }: Route): RouteRule {
  const rules = [method].flat().map((one) => {
    const path = `${one === 'HEAD' ? 'GET' : one} ${url}`;
    const rule = ROUTE_RULES[path];
    if (rule === undefined)
      throw new Error(`${path} has no rule; add one to src/api/auth/policy.ts`);
    return rule;
  });
  const [rule = 'fields'] = rules;
  if (rules.some((one) => one !== rule))
    throw new Error(`${url} has a rule for each method; add it as several routes`);
  return rule;
}

/** In the form that a client of this path reads. */
function refuse(
  { url }: FastifyRequest,
  reply: FastifyReply,
  { code, message }: Unauthenticated | Forbidden,
): FastifyReply {
  const status = code === 'UNAUTHENTICATED' ? 401 : 403;
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="backstep"');
  if (!/^\/graphql(?:\?|$)/.test(url)) return sendProblem(reply, { status, code, detail: message });
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}
