/**
 * What is shown beside the API itself: each for everybody, for callers with a valid token, or not
 * at all (docs/security.md, "Switches").
 */
import type { RouteRule } from './auth/policy.js';

export type Shown = 'on' | 'off' | 'authenticated';

export interface Switches {
  readonly graphiql: Shown;
  readonly openapi: Shown;
  readonly metrics: Shown;
  /** The checks in /readyz, with the names and places of what the gateway depends on. */
  readonly readiness: Shown;
}

export const ALL_SHOWN: Switches = {
  graphiql: 'on',
  openapi: 'on',
  metrics: 'authenticated',
  readiness: 'on',
};

/** The rule of a route, where a switch decides it; null: the policy's own. */
export function switchedRule(url: string, switches: Switches): RouteRule | null {
  if (url.startsWith('/graphiql')) return switches.graphiql === 'authenticated' ? 'fields' : null;
  if (url === '/openapi.yaml') return switches.openapi === 'authenticated' ? 'fields' : null;
  return url === '/metrics' && switches.metrics === 'on' ? 'open' : null;
}
