/** A FlowFilter as SQL conditions on `r`, the table of flows. */
import type { FlowFilter } from '../../engine/ports.js';
import { FLOW_STATUSES, type FlowStatus, type StepStatus } from '../../saga/flow.js';
import { arrayOf, instantOf, type Parameter } from '../connection/sql.js';

/** Collects parameters; `bind` adds one and returns its placeholder. */
export class Bindings {
  readonly parameters: Parameter[] = [];
  readonly bind = (value: Parameter): string => `$${this.parameters.push(value)}`;
}

type Condition = string;

/**
 * Conditions on `r`, all of which must hold. `began`: the column with the start time of the flow,
 * of `r` or of a step (both are equal). Statuses are literals: with a generic plan PostgreSQL uses
 * a partial index only when the statement itself implies its condition.
 */
export function conditionsOf(
  filter: FlowFilter,
  bindings: Bindings,
  began = 'r.started_at',
): Condition[] {
  return [...flowConditions(filter, bindings, began), ...stepConditions(filter, bindings.bind)];
}

/** The same without the conditions on steps. */
export function flowConditions(filter: FlowFilter, { bind }: Bindings, began: string): Condition[] {
  const {
    orchestrationName,
    statuses,
    startedAfter,
    startedBefore,
    idempotencyKey,
    initiator,
    correlationId,
  } = filter;
  const conditions: Condition[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(`r.${column} = ${bind(value)}`);
  };
  equal('orchestration_name', orchestrationName);
  if (filter.within !== undefined)
    conditions.push(nameWithin('r.orchestration_name', bind, filter.within));
  equal('idempotency_key', idempotencyKey);
  equal('initiator', initiator);
  equal('correlation_id', correlationId);
  if (statuses !== undefined)
    conditions.push(`r.status IN (${statuses.map(literal).join(', ') || 'NULL'})`);
  if (startedAfter !== undefined)
    conditions.push(`${began} > ${instantOf(`${bind(startedAfter)}::float8`)}`);
  if (startedBefore !== undefined)
    conditions.push(`${began} < ${instantOf(`${bind(startedBefore)}::float8`)}`);
  if (filter.labels !== undefined) conditions.push(labelled(bind(JSON.stringify(filter.labels))));
  return conditions;
}

/** Names that fit one of the patterns: `*` is any text. */
export function nameWithin(
  column: string,
  bind: Bindings['bind'],
  patterns: readonly string[],
): Condition {
  return `${column} LIKE ANY (${bind(arrayOf(patterns.map(likeOf)))}::text[])`;
}

function likeOf(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}

function literal(status: FlowStatus): string {
  if (!FLOW_STATUSES.includes(status)) throw new Error(`no flow is ever ${status}`);
  return `'${status}'`;
}

function labelled(labels: string): Condition {
  return `EXISTS (SELECT FROM orchestration o WHERE o.name = r.orchestration_name AND o.version = r.orchestration_version AND o.labels @> ${labels}::jsonb)`;
}

/** Steps in any other status are in trouble: there are few of them, and an index has them. */
const UNTROUBLED: ReadonlySet<string> = new Set(['PENDING', 'IN_PROGRESS', 'DO_SUCCESS']);

function stepConditions(
  { stepName, stepStatuses, errorContains }: FlowFilter,
  bind: Bindings['bind'],
): Condition[] {
  const conditions: Condition[] = [];
  const step = ['s.flow_id = r.flow_id'];
  if (stepName !== undefined) step.push(`s.step_name = ${bind(stepName)}`);
  if (stepStatuses !== undefined)
    step.push(`s.status = ANY (${bind(arrayOf(stepStatuses))}::text[])`);
  if (step.length > 1)
    conditions.push(`EXISTS (SELECT FROM orchestration_step_run s WHERE ${step.join(' AND ')})`);
  if (errorContains !== undefined) conditions.push(errorCondition(bind(containing(errorContains))));
  return conditions;
}

function errorCondition(pattern: string): Condition {
  return `EXISTS (SELECT FROM orchestration_step_run e WHERE e.flow_id = r.flow_id AND ${hasError('e', pattern)})`;
}

export function hasError(step: string, pattern: string): Condition {
  return `${step}.error_message IS NOT NULL AND ${step}.error_message ILIKE ${pattern}`;
}

/** The step statuses of the filter, if all of them mean trouble; else null. */
export function troubleOf({ stepStatuses }: FlowFilter): readonly StepStatus[] | null {
  return stepStatuses === undefined || stepStatuses.some((status) => UNTROUBLED.has(status))
    ? null
    : stepStatuses;
}

/** An ILIKE pattern for texts that contain `text`, without wildcards in it. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
