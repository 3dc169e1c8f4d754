/**
 * Headers that a worker adds: in a sequential flow they travel on the DO commands that follow
 * (rules.md#worker-headers).
 */
import type { Flow, StepRun } from './flow.js';

export type Headers = Readonly<Record<string, unknown>>;

/** Bytes of UTF-8 JSON, of all the added headers of one command. */
const MOST_BYTES = 16_384;

/** What the steps before this one added; of equal names the last step's counts. */
export function headersBefore(flow: Flow, step: StepRun): Headers {
  if (flow.orchestration.type === 'PARALLEL') return {};
  const before = flow.steps.slice(0, flow.steps.indexOf(step));
  return Object.fromEntries(before.flatMap((one) => Object.entries(one.addedHeaders ?? {})));
}

interface Added {
  readonly headers?: Headers;
  /** With the headers of the steps before they are over the limit: none of this reply is kept. */
  readonly headersDropped?: true;
}

/**
 * What a success adds: nothing the initiator set, and nothing that travelled on the command
 * already.
 */
export function addedBy(flow: Flow, step: StepRun, headers: Headers): Added {
  if (flow.orchestration.type === 'PARALLEL' || flow.status !== 'IN_PROGRESS') return {};
  const known = headersBefore(flow, step);
  const added = Object.entries(headers).filter(
    ([name, value]) => !Object.hasOwn(flow.headers, name) && !isSame(known, name, value),
  );
  if (added.length === 0) return {};
  const all = { ...known, ...Object.fromEntries(added) };
  return bytesOf(all) > MOST_BYTES
    ? { headersDropped: true }
    : { headers: Object.fromEntries(added) };
}

function isSame(known: Headers, name: string, value: unknown): boolean {
  return Object.hasOwn(known, name) && JSON.stringify(known[name]) === JSON.stringify(value);
}

/** `JSON.stringify` escapes lone surrogates, so that encodeURIComponent cannot throw. */
function bytesOf(headers: Headers): number {
  return encodeURIComponent(JSON.stringify(headers)).replace(/%[0-9A-F]{2}/g, '_').length;
}
