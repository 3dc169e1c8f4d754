/** What callers send, checked field by field before the engine hears of it. Shared by GraphQL and REST. */
import type { FlowFilter, Problem } from '../engine/ports.js';
import { FLOW_STATUSES, type FlowStatus, STEP_STATUSES, type StepStatus } from '../saga/flow.js';
import type { StartRequest } from '../saga/input.js';
import { ownHeaders, wrongHeaders, wrongPayload } from '../wire/starts.js';
import { BadInput } from './problems.js';

export const DEEPEST = 200;

export function problem(code: string, path: string, message: string): Problem {
  return { code, message, path, line: null, suggestions: [] };
}

export interface StartFields {
  readonly orchestrationName: string;
  readonly payload: unknown;
  readonly idempotencyKey?: string | null | undefined;
  readonly headers?: unknown;
  readonly initiator?: string | null | undefined;
}

/** A start request, or every problem with its fields. */
export function startOf(
  fields: StartFields,
  payloadLimit: number,
): { readonly request: StartRequest } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const payload = jsonText(fields.payload, 'payload', problems);
  const found = wrongPayload(payload, payloadLimit);
  if (found !== null) problems.push(problem(found.code, 'payload', found.message));
  const headers = headersOf(fields.headers, problems);
  const text = (value: string | null | undefined, path: string, longest: number): string | null => {
    if (value === null || value === undefined) return null;
    const bad = wrongText(value, longest);
    if (bad !== null) problems.push(problem('INVALID_TEXT', path, `${path} ${bad}`));
    return value;
  };
  const idempotencyKey = text(fields.idempotencyKey, 'idempotencyKey', 200);
  const initiator = text(fields.initiator, 'initiator', 200);
  text(fields.orchestrationName, 'orchestrationName', 200);
  if (idempotencyKey === '')
    problems.push(problem('INVALID_TEXT', 'idempotencyKey', 'idempotencyKey is empty; leave it out or give a key'));
  if (fields.orchestrationName === '') problems.push(problem('INVALID_TEXT', 'orchestrationName', 'orchestrationName is empty'));
  if (problems.length > 0) return { problems };
  return { request: { orchestrationName: fields.orchestrationName, flowId: null, payload, headers, initiator, idempotencyKey } };
}

function headersOf(value: unknown, problems: Problem[]): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(problem('INVALID_HEADERS', 'headers', 'headers must be an object of names and values'));
    return {};
  }
  if (jsonText(value, 'headers', problems) === null) return {};
  const own = ownHeaders(value as Record<string, unknown>);
  const found = wrongHeaders(own);
  if (found !== null) problems.push(problem(found.code, 'headers', found.message));
  return own;
}

/** JSON text of a value; too deep or not finite is a problem. */
export function jsonText(value: unknown, path: string, problems: Problem[]): string | null {
  if (value === null || value === undefined) return null;
  if (tooDeep(value, 0)) {
    problems.push(problem('INVALID_JSON', path, `${path} is nested deeper than ${DEEPEST} levels, or has a number that is too large`));
    return null;
  }
  return JSON.stringify(value);
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= DEEPEST) return true;
  for (const key in value) if (tooDeep((value as Record<string, unknown>)[key], depth + 1)) return true;
  return false;
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function wrongText(value: string, longest: number): string | null {
  if (value.length > longest) return `has ${value.length} characters, at most ${longest} are allowed`;
  if (value.includes('\u0000')) return 'has a NUL character';
  return LONE.test(value) ? 'has half of a surrogate pair' : null;
}

export function goodText(value: string, path: string, longest = 2000): string {
  const bad = wrongText(value, longest);
  if (bad !== null) throw new BadInput(`${path} ${bad}`);
  return value;
}

export function pageSize(first: number | null | undefined, path = 'first', most = 100): number {
  const size = first ?? 20;
  if (!Number.isInteger(size) || size < 1 || size > most)
    throw new BadInput(`${path} must be a whole number from 1 to ${most}, not ${size}`);
  return size;
}

type Loose = { readonly [K in keyof FlowFilter]?: unknown };

/** A filter with wrong or empty parts is refused; absent parts are left out. */
export function filterOf(orchestrationName: string | null | undefined, loose: Loose | null | undefined): FlowFilter {
  const filter: { -readonly [K in keyof FlowFilter]: FlowFilter[K] } = {};
  if (orchestrationName !== null && orchestrationName !== undefined)
    filter.orchestrationName = goodText(orchestrationName, 'orchestrationName', 200);
  for (const name of ['stepName', 'errorContains', 'idempotencyKey', 'initiator', 'correlationId'] as const) {
    const value = loose?.[name];
    if (typeof value === 'string') filter[name] = goodText(value, name, 1000);
  }
  for (const name of ['startedAfter', 'startedBefore'] as const) {
    const value = loose?.[name];
    if (typeof value === 'number') filter[name] = value;
  }
  if (Array.isArray(loose?.statuses))
    filter.statuses = loose.statuses.map((one) => statusOf(one, FLOW_STATUSES, 'statuses')) as FlowStatus[];
  if (Array.isArray(loose?.stepStatuses))
    filter.stepStatuses = loose.stepStatuses.map((one) => statusOf(one, STEP_STATUSES, 'stepStatuses')) as StepStatus[];
  if (loose?.labels !== null && loose?.labels !== undefined) filter.labels = labelsOf(loose.labels);
  return filter;
}

export function statusOf<T extends string>(value: unknown, known: readonly T[], path: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new BadInput(`${path} must be one of ${known.join(', ')}, not ${String(value).slice(0, 40)}`);
  return found;
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = fits ? Object.entries(value) : [];
  if (!fits || entries.some(([name, one]) => typeof one !== 'string' || wrongText(`${name}${one}`, 400) !== null)) {
    throw new BadInput('labels must be an object of names and texts');
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
