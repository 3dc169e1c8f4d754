/** Which flows a caller wants. */
import type { FlowFilter } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import type { FlowStatus, StepStatus } from '../../saga/flow.js';
import { BadInput } from '../problems.js';
import { goodText, wrongText } from './texts.js';

/** As GraphQL reads it: absent parts are null or undefined, names and times are right already. */
export interface GivenFilter {
  readonly statuses?: readonly string[] | null | undefined;
  readonly stepName?: string | null | undefined;
  readonly stepStatuses?: readonly string[] | null | undefined;
  readonly errorContains?: string | null | undefined;
  readonly startedAfter?: number | null | undefined;
  readonly startedBefore?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly initiator?: string | null | undefined;
  readonly correlationId?: string | null | undefined;
  readonly labels?: unknown;
}

const TEXTS = [
  'stepName',
  'errorContains',
  'idempotencyKey',
  'initiator',
  'correlationId',
] as const;
const LONGEST_SEARCH = LIMITS.searchCharacters.value;
const MOST_LABELS = LIMITS.filterLabels.value;

/** A part that is wrong is thrown by its name. */
export function filterOf(
  orchestrationName: string | null | undefined,
  given: GivenFilter | null | undefined,
): FlowFilter {
  const filter: { -readonly [K in keyof FlowFilter]: FlowFilter[K] } = {};
  if (typeof orchestrationName === 'string')
    filter.orchestrationName = goodText(orchestrationName, 'orchestrationName');
  for (const name of TEXTS) {
    const value = given?.[name];
    if (typeof value === 'string') filter[name] = goodText(value, `filter.${name}`, LONGEST_SEARCH);
  }
  for (const name of ['startedAfter', 'startedBefore'] as const) {
    const value = given?.[name];
    if (typeof value === 'number') filter[name] = value;
  }
  if (Array.isArray(given?.statuses)) filter.statuses = once(given.statuses) as FlowStatus[];
  if (Array.isArray(given?.stepStatuses))
    filter.stepStatuses = once(given.stepStatuses) as StepStatus[];
  if (given?.labels !== null && given?.labels !== undefined) filter.labels = labelsOf(given.labels);
  return filter;
}

/** A name given a thousand times is one name. */
function once(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const entries: [string, unknown][] =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : [];
  const fits =
    entries.length > 0 &&
    entries.length <= MOST_LABELS &&
    entries.every(
      ([name, text]) =>
        typeof text === 'string' && wrongText(name, 100) === null && wrongText(text, 200) === null,
    );
  if (!fits)
    throw new BadInput(
      `filter.labels must be an object of 1 to ${MOST_LABELS} names and texts, like {"team": "billing"}`,
    );
  return Object.fromEntries(entries) as Record<string, string>;
}
