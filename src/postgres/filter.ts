/** A FlowFilter as SQL over `r`, and the ways by which an index finds its flows newest first. */
import type { FlowFilter } from '../engine/ports.js';
import { arrayOf, instantOf, type Parameter } from './sql.js';

/** Collects parameters; `bind` gives each its place. */
export class Bindings {
  readonly parameters: Parameter[] = [];
  readonly bind = (value: Parameter): string => `$${this.parameters.push(value)}`;
}

type Condition = string;

/** Conditions on `r`, all of which must hold. `labelled` = names of orchestrations that have the wanted labels, when asked for. */
export function conditionsOf(filter: FlowFilter, { bind }: Bindings): Condition[] {
  const { orchestrationName, statuses, startedAfter, startedBefore, idempotencyKey, initiator, correlationId } = filter;
  const conditions: Condition[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(`r.${column} = ${bind(value)}`);
  };
  equal('orchestration_name', orchestrationName);
  equal('idempotency_key', idempotencyKey);
  equal('initiator', initiator);
  equal('correlation_id', correlationId);
  if (statuses !== undefined) conditions.push(`r.status = ANY (${bind(arrayOf(statuses))}::text[])`);
  if (startedAfter !== undefined) conditions.push(`r.started_at > ${instantOf(`${bind(startedAfter)}::float8`)}`);
  if (startedBefore !== undefined) conditions.push(`r.started_at < ${instantOf(`${bind(startedBefore)}::float8`)}`);
  if (filter.labels !== undefined) conditions.push(labelled(bind(JSON.stringify(filter.labels))));
  return [...conditions, ...stepConditions(filter, bind)];
}

function labelled(labels: string): Condition {
  return `EXISTS (SELECT FROM orchestration o WHERE o.name = r.orchestration_name AND o.version = r.orchestration_version AND o.labels @> ${labels}::jsonb)`;
}

const UNTROUBLED: ReadonlySet<string> = new Set(['PENDING', 'IN_PROGRESS', 'DO_SUCCESS']);

function stepConditions({ stepName, stepStatuses, errorContains }: FlowFilter, bind: Bindings['bind']): Condition[] {
  const conditions: Condition[] = [];
  const step = ['s.flow_id = r.flow_id'];
  if (stepName !== undefined) step.push(`s.step_name = ${bind(stepName)}`);
  if (stepStatuses !== undefined) {
    const statuses = bind(arrayOf(stepStatuses));
    step.push(`s.status = ANY (${statuses}::text[])`);
    // The same said in the words of an index: steps in trouble are few.
    if (!stepStatuses.some((status) => UNTROUBLED.has(status))) step.push(`s.trouble = ANY (${statuses}::text[])`);
  }
  if (step.length > 1) conditions.push(`EXISTS (SELECT FROM orchestration_step_run s WHERE ${step.join(' AND ')})`);
  if (errorContains !== undefined) conditions.push(errorCondition(bind(containing(errorContains))));
  return conditions;
}

/** Only steps that have an error are looked at. */
function errorCondition(pattern: string): Condition {
  return `EXISTS (SELECT FROM orchestration_step_run e WHERE e.flow_id = r.flow_id AND e.error_message IS NOT NULL AND e.error_message ILIKE ${pattern})`;
}

/** An ILIKE pattern that takes `text` as it is. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/**
 * Newest first is the order of an index only within one value of its leading columns. Several values are read side by side, each to
 * the length of a page, and merged: [column, values] to do so by, or null when one way through an index is enough.
 */
export function waysOf(
  filter: FlowFilter,
  labelled: readonly string[] | null,
): readonly ['orchestration_name' | 'status', readonly string[]] | null {
  if (filter.orchestrationName !== undefined) return null;
  if (labelled !== null) return ['orchestration_name', labelled];
  if (filter.statuses !== undefined && !filter.statuses.includes('COMPLETED')) return ['status', filter.statuses];
  return null;
}
