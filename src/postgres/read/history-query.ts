/**
 * The newest flows that match a filter, as SQL. An index gives an order only within one value of
 * its leading columns: for several values a page of each is read and merged. Rare rows are read
 * first: steps with errors or in trouble are few, and have the start time of the flow.
 */
import type { FlowFilter } from '../../engine/ports.js';
import { arrayOf, instantOf, type Sql } from '../connection/sql.js';
import { readCursor } from './cursor.js';
import {
  Bindings,
  conditionsOf,
  containing,
  flowConditions,
  hasError,
  nameWithin,
  troubleOf,
} from './flow-filter.js';

interface PageRequest {
  readonly filter: FlowFilter;
  readonly bindings: Bindings;
  readonly most: number;
  /** Cursor at the end of the page before. */
  readonly after: string | null;
}

/** A SELECT of (flow_id, started_at), newest first, at most `most`. */
export async function historyQuery(sql: Sql, page: PageRequest): Promise<string> {
  const { filter } = page;
  const isNarrow = await hasFew(sql, filter);
  if (!isNarrow && filter.errorContains !== undefined) return byError(page, filter.errorContains);
  const trouble = troubleOf(filter);
  if (!isNarrow && trouble !== null) return byTrouble(page, trouble, await stepNames(sql, filter));
  const names =
    isNarrow || filter.orchestrationName !== undefined
      ? null
      : await orchestrationNames(sql, filter);
  if (names !== null) return byValues(page, 'orchestration_name', names);
  const isRare =
    filter.orchestrationName === undefined &&
    filter.statuses !== undefined &&
    !filter.statuses.includes('COMPLETED');
  return isRare ? byValues(page, 'status', filter.statuses) : flows(page, []);
}

/**
 * A SELECT of (name, flow_id, started_at): the newest flows of each of these orchestrations, at
 * most `most` each.
 */
export function newestOfEach(page: PageRequest, names: readonly string[]): string {
  return `SELECT way.value AS name, found.flow_id, found.started_at FROM unnest(${page.bindings.bind(arrayOf(names))}::text[]) AS way (value)
    CROSS JOIN LATERAL (${flows(page, ['r.orchestration_name = way.value'])}) AS found`;
}

/** Reading this many flows one by one is faster than reading all rows in trouble of all flows. */
const FEW = 5_000;

/**
 * Whether there are few flows of this key, correlation or orchestration, whatever the other
 * conditions are.
 */
async function hasFew(sql: Sql, filter: FlowFilter): Promise<boolean> {
  const { idempotencyKey, correlationId, orchestrationName, errorContains } = filter;
  if (idempotencyKey !== undefined || correlationId !== undefined) return true;
  if (
    orchestrationName === undefined ||
    (errorContains === undefined && troubleOf(filter) === null)
  )
    return false;
  const text =
    'SELECT count(*)::int AS count FROM (SELECT FROM orchestration_run r WHERE r.orchestration_name = $1 LIMIT $2::int) AS counted';
  const [{ count } = { count: 0 }] = await sql.rows<{ count: number }>(text, [
    orchestrationName,
    FEW,
  ]);
  return count < FEW;
}

function flows(page: PageRequest, more: readonly string[]): string {
  const conditions = [
    ...more,
    ...conditionsOf(page.filter, page.bindings),
    ...placeOf(page, 'r.started_at', 'r.flow_id'),
  ];
  return `SELECT r.flow_id, r.started_at FROM orchestration_run r WHERE ${conditions.join(' AND ') || 'true'}
    ORDER BY r.started_at DESC, r.flow_id DESC LIMIT ${limitOf(page)}`;
}

function byValues(
  page: PageRequest,
  column: 'orchestration_name' | 'status',
  values: readonly string[],
): string {
  const ways = `unnest(${page.bindings.bind(arrayOf(values))}::text[]) AS way (value)`;
  return merged(
    page,
    `${ways} CROSS JOIN LATERAL (${flows(page, [`r.${column} = way.value`])}) AS found`,
  );
}

function byError(page: PageRequest, text: string): string {
  const { filter, bindings } = page;
  const { errorContains, ...rest } = filter;
  const conditions = [
    hasError('e', bindings.bind(containing(text))),
    ...conditionsOf(rest, bindings, 'e.created_at'),
  ];
  return `SELECT DISTINCT e.flow_id, e.created_at AS started_at FROM orchestration_step_run e JOIN orchestration_run r ON r.flow_id = e.flow_id
    WHERE ${[...conditions, ...placeOf(page, 'e.created_at', 'e.flow_id')].join(' AND ')}
    ORDER BY e.created_at DESC, e.flow_id DESC LIMIT ${limitOf(page)}`;
}

function byTrouble(
  page: PageRequest,
  statuses: readonly string[],
  steps: readonly string[],
): string {
  const { filter, bindings } = page;
  const ways = `unnest(${bindings.bind(arrayOf(statuses))}::text[]) AS way (status) CROSS JOIN unnest(${bindings.bind(arrayOf(steps))}::text[]) AS step (name)`;
  const conditions = [
    's.trouble IS NOT NULL AND s.trouble = way.status AND s.step_name = step.name',
    ...flowConditions(filter, bindings, 's.created_at'),
    ...placeOf(page, 's.created_at', 's.flow_id'),
  ];
  const found = `SELECT s.flow_id, s.created_at AS started_at FROM orchestration_step_run s JOIN orchestration_run r ON r.flow_id = s.flow_id
    WHERE ${conditions.join(' AND ')} ORDER BY s.created_at DESC, s.flow_id DESC LIMIT ${limitOf(page)}`;
  return merged(page, `${ways} CROSS JOIN LATERAL (${found}) AS found`);
}

function merged(page: PageRequest, ways: string): string {
  return `SELECT DISTINCT found.flow_id, found.started_at FROM ${ways} ORDER BY found.started_at DESC, found.flow_id DESC LIMIT ${limitOf(page)}`;
}

function limitOf({ bindings, most }: PageRequest): string {
  return `${bindings.bind(most)}::int`;
}

function placeOf({ after, bindings }: PageRequest, began: string, flowId: string): string[] {
  if (after === null) return [];
  const [startedAt, id] = readCursor<readonly [number, string]>(after, ['number', 'string']);
  return [
    `(${began}, ${flowId}) < (${instantOf(`${bindings.bind(startedAt)}::float8`)}, ${bindings.bind(id)})`,
  ];
}

/**
 * Names of the orchestrations that have the labels and the step wanted, or fit the patterns; null =
 * nothing of that is a condition.
 */
async function orchestrationNames(
  sql: Sql,
  { labels, stepName, within }: FlowFilter,
): Promise<string[] | null> {
  if (labels === undefined && stepName === undefined)
    return within === undefined ? null : namesWithin(sql, within);
  const text = `SELECT DISTINCT o.name FROM orchestration o WHERE ($1::jsonb IS NULL OR o.labels @> $1::jsonb) AND ($2::text IS NULL OR EXISTS (
    SELECT FROM orchestration_step d WHERE d.orchestration_name = o.name AND d.version = o.version AND d.name = $2))`;
  const rows = await sql.rows<{ name: string }>(text, [
    labels === undefined ? null : JSON.stringify(labels),
    stepName ?? null,
  ]);
  return rows.map(({ name }) => name);
}

async function namesWithin(sql: Sql, within: readonly string[]): Promise<string[]> {
  const { bind, parameters } = new Bindings();
  const text = `SELECT n.name FROM orchestration_name n WHERE ${nameWithin('n.name', bind, within)}`;
  return (await sql.rows<{ name: string }>(text, parameters)).map(({ name }) => name);
}

async function stepNames(sql: Sql, { stepName, orchestrationName }: FlowFilter): Promise<string[]> {
  if (stepName !== undefined) return [stepName];
  const text =
    'SELECT DISTINCT d.name FROM orchestration_step d WHERE $1::text IS NULL OR d.orchestration_name = $1';
  return (await sql.rows<{ name: string }>(text, [orchestrationName ?? null])).map(
    ({ name }) => name,
  );
}
