/** The search for flows: as it is in the URL, and as the gateway takes it. */
import type { FlowFilter, FlowStatus } from '../../client/index.js';

export const STATUSES: readonly FlowStatus[] = [
  'IN_PROGRESS',
  'UNDOING',
  'COMPLETED',
  'UNDONE',
  'FAILED',
  'CANCELLED',
];
/** Name in the address → field of the filter and label. */
export const TEXT_FILTERS = [
  ['error', 'errorContains', 'Error contains'],
  ['correlationId', 'correlationId', 'Correlation id'],
  ['key', 'idempotencyKey', 'Idempotency key'],
  ['initiator', 'initiator', 'Initiator'],
] as const;

export interface FlowSearch {
  readonly orchestrationName: string | null;
  readonly filter: FlowFilter;
}

export function searchOf(parameters: URLSearchParams): FlowSearch {
  const statuses = STATUSES.filter((one) => parameters.getAll('status').includes(one));
  const texts = TEXT_FILTERS.flatMap(([name, field]) => {
    const text = parameters.get(name)?.trim();
    return text ? [[field, text]] : [];
  });
  const filter: FlowFilter = { ...Object.fromEntries(texts), ...since(parameters.get('since')) };
  return {
    orchestrationName: parameters.get('orchestration')?.trim() || null,
    filter: statuses.length > 0 ? { ...filter, statuses } : filter,
  };
}

function since(text: string | null): FlowFilter {
  const at = text === null || text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? {} : { startedAfter: new Date(at).toISOString() };
}

/** Empty fields are left out, and the page begins at the newest flow. */
export function addressOf(form: FormData): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of form)
    if (typeof value === 'string' && value.trim() !== '') parameters.append(name, value.trim());
  const text = parameters.toString();
  return text === '' ? '/flows' : `/flows?${text}`;
}
