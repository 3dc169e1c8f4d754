/** Which rows of the audit a caller wants. */
import type { AuditFilter } from '../../engine/ports.js';
import { goodText } from './texts.js';

/** Absent parts are null or undefined; times and outcomes are right already. */
export type GivenAuditFilter = {
  readonly [Part in keyof AuditFilter]?: AuditFilter[Part] | null | undefined;
};

/** A part that is wrong is thrown by its name. */
export function auditFilterOf(given: GivenAuditFilter | null | undefined): AuditFilter {
  const { actor, action, orchestrationName, flowId, outcome, from, to } = given ?? {};
  const named = (value: string | null | undefined, name: string): string | undefined =>
    typeof value === 'string' ? goodText(value, `filter.${name}`) : undefined;
  return {
    actor: named(actor, 'actor'),
    action: named(action, 'action'),
    orchestrationName: named(orchestrationName, 'orchestrationName'),
    flowId: named(flowId, 'flowId'),
    outcome: outcome ?? undefined,
    from: from ?? undefined,
    to: to ?? undefined,
  };
}
