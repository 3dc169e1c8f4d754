/**
 * Decides which right each path needs, and which roles have it. Knows: names of rights, fields,
 * routes. Refuses to know: tokens, flows, SQL. In: a principal and a path. Out: yes or no.
 */
import type { Registration } from '../../engine/ports.js';
import { fitsAll, fitsAny, type Within } from '../../names/patterns.js';
import type { Role } from '../../names/roles.js';
import type { Principal } from './principal.js';

export const RIGHTS = [
  'flow:read',
  'flow:start',
  'flow:operate',
  'flow:work',
  'orchestration:read',
  'orchestration:register',
  'orchestration:register-worker',
  'orchestration:operate',
  'policy:set',
  'quarantine:read',
  'quarantine:settle',
  'audit:read',
  'payload:read',
  'payload:encrypt',
  'metrics:read',
  'log:set',
] as const;
export type Right = (typeof RIGHTS)[number];

const READS: readonly Right[] = ['flow:read', 'orchestration:read', 'metrics:read'];

export const ROLE_RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  viewer: READS,
  initiator: [...READS, 'flow:start'],
  worker: ['orchestration:read', 'orchestration:register-worker', 'flow:work'],
  operator: [...READS, 'flow:operate', 'orchestration:operate', 'log:set'],
  admin: RIGHTS,
};

/** One of these rights, within the principal's scopes. */
export type FieldRule = readonly [Right, ...Right[]];

const WORKS: FieldRule = ['flow:work'];
const REGISTERS: FieldRule = ['orchestration:register'];
const REGISTERS_WORKERS: FieldRule = ['orchestration:register', 'orchestration:register-worker'];

/** Every root field of the schema. A field that is not here is refused. */
export const FIELD_RULES: Readonly<Record<string, FieldRule>> = {
  'Query.history': ['flow:read'],
  'Query.details': ['flow:read'],
  'Query.diagnose': ['flow:read'],
  'Query.undoPlan': ['flow:read'],
  'Query.orchestrations': ['orchestration:read'],
  'Query.orchestration': ['orchestration:read'],
  'Query.simulate': ['orchestration:read'],
  'Query.slo': ['flow:read'],
  'Query.quarantine': ['quarantine:read'],
  'Query.audit': ['audit:read'],
  'Query.logLevels': ['log:set'],
  'Mutation.execute': ['flow:start'],
  'Mutation.executeMany': ['flow:start'],
  // Then by each declaration of the document.
  'Mutation.registerOrchestration': REGISTERS_WORKERS,
  'Mutation.retryStep': ['flow:operate'],
  'Mutation.resendCommand': ['flow:operate'],
  'Mutation.skipStep': ['flow:operate'],
  'Mutation.cancelFlow': ['flow:operate'],
  'Mutation.undoFlow': ['flow:operate'],
  'Mutation.pauseFlow': ['flow:operate'],
  'Mutation.resumeFlow': ['flow:operate'],
  'Mutation.retryFlows': ['flow:operate'],
  'Mutation.undoFlows': ['flow:operate'],
  'Mutation.cancelFlows': ['flow:operate'],
  'Mutation.pauseOrchestration': ['orchestration:operate'],
  'Mutation.resumeOrchestration': ['orchestration:operate'],
  'Mutation.archiveOrchestration': ['orchestration:operate'],
  'Mutation.setPolicy': ['policy:set'],
  'Mutation.setLogLevel': ['log:set'],
  'Mutation.reencryptPayloads': ['payload:encrypt'],
  'Mutation.replayQuarantined': ['quarantine:settle'],
  'Mutation.discardQuarantined': ['quarantine:settle'],
  'Mutation.reply': WORKS,
  'Subscription.commands': WORKS,
  'Subscription.flowEvents': ['flow:read'],
  'Subscription.stepStatusChanged': ['flow:read'],
};

/**
 * `open`: nothing is behind it that a caller must prove to be allowed; `fields`: checked by the
 * rule of each root field.
 */
export type RouteRule = 'open' | 'fields' | FieldRule;

/** Every route of the HTTP server. A route that is not here ends the start. */
export const ROUTE_RULES: Readonly<Record<string, RouteRule>> = {
  // Pages without data in them: what they show they request like any client.
  'GET /': 'open',
  'GET /login': 'open',
  'GET /flows': 'open',
  'GET /flows/*': 'open',
  'GET /orchestrations': 'open',
  'GET /orchestrations/*': 'open',
  'GET /register': 'open',
  'GET /simulate': 'open',
  'GET /quarantine': 'open',
  'GET /slo': 'open',
  'GET /console/*': 'open',
  'GET /auth/config': 'open',
  'GET /livez': 'open',
  'GET /readyz': 'open',
  'GET /graphiql': 'open',
  'GET /graphiql/': 'open',
  'GET /graphiql/*': 'open',
  'GET /openapi.yaml': 'open',
  'GET /metrics': ['metrics:read'],
  'GET /graphql': 'fields',
  'POST /graphql': 'fields',
  'POST /api/orchestrations/execute': 'fields', // refused inside of the audit, like the mutation
  'POST /api/orchestrations/simulate': ['orchestration:read'],
  'GET /api/orchestrations/history': ['flow:read'],
  'GET /api/orchestrations/details/:flowId': ['flow:read'],
  'GET /api/orchestrations/diagnose/:flowId': ['flow:read'],
  'GET /api/orchestrations/:name/asyncapi.yaml': ['orchestration:read'],
  'GET /api/audit': ['audit:read'],
  'POST /api/worker/poll': WORKS,
  'POST /api/worker/reply': WORKS,
};

export function has({ roles }: Pick<Principal, 'roles'>, right: Right): boolean {
  return roles.some((role) => ROLE_RIGHTS[role].includes(right));
}

function hasOneOf(principal: Pick<Principal, 'roles'>, rights: FieldRule): boolean {
  return rights.some((right) => has(principal, right));
}

/** Who sees sensitive values. `unproven`: a caller whose identity nobody proved (AUTH=none). */
export function mayReadPayloads(principal: Principal, unproven: boolean): boolean {
  return principal.kind === 'none' ? unproven : has(principal, 'payload:read');
}

/** For reads: the patterns of what exists for this principal; absent = everything. */
export function withinOf({ scopes }: Pick<Principal, 'scopes'>): Within {
  return fitsAll(scopes) ? undefined : scopes;
}

/** Throws Forbidden when the document has a name the caller may not register, known or not. */
export function checkRegistration(
  principal: Principal,
  declarations: Registration['declarations'],
): void {
  for (const one of declarations) {
    const worker = one.as === 'worker';
    demand(principal, worker ? REGISTERS_WORKERS : REGISTERS);
    const name = worker ? one.orchestrationName : one.orchestration.name;
    if (!fitsAny(name, principal.scopes))
      throw new Forbidden(
        `${name} is outside of your scopes (${principal.scopes.join(', ') || 'none'})`,
      );
  }
}

/** The caller is known and lacks the right. The message depends on the caller only. */
export class Forbidden extends Error {
  readonly code = 'FORBIDDEN';
}

/** Throws Forbidden. */
export function demand(principal: Pick<Principal, 'roles'>, rights: FieldRule): void {
  if (!hasOneOf(principal, rights)) throw forbidden(principal, rights);
}

/** Why this principal may not use a root field; null = it may. */
export function refusalFor(principal: Pick<Principal, 'roles'>, path: string): Forbidden | null {
  const rule = ruleOf(path);
  return hasOneOf(principal, rule) ? null : forbidden(principal, rule);
}

/** The same for what a root field needs, by its path in the schema. */
export function demandField(principal: Pick<Principal, 'roles'>, path: string): void {
  demand(principal, ruleOf(path));
}

/** Throws for a root field without a rule. */
export function ruleOf(path: string): FieldRule {
  const rule = FIELD_RULES[path];
  if (rule === undefined) throw new Error(`${path} has no rule; add one to src/api/auth/policy.ts`);
  return rule;
}

function forbidden({ roles }: Pick<Principal, 'roles'>, rights: FieldRule): Forbidden {
  const having = Object.entries(ROLE_RIGHTS).filter(([, some]) =>
    rights.some((right) => some.includes(right)),
  );
  const own = roles.length === 0 ? 'you have no role' : `you have ${roles.join(', ')}`;
  return new Forbidden(
    `this needs the right ${rights.join(' or ')}, which the roles ${having.map(([role]) => role).join(', ')} have; ${own}`,
  );
}
