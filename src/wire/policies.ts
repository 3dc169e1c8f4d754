/** Reads a policy by the checks of a registration document. All problems come back at once. */
import type { Problem } from '../engine/ports/registrations.js';
import { didYouMean, nearest } from '../names/nearest.js';
import type { PolicyValues } from '../saga/orchestration.js';
import { YEAR_MS } from '../timing/duration.js';
import * as check from './checks.js';
import { backoff } from './document-fields.js';

export interface ReadPolicy {
  readonly values: Omit<PolicyValues, 'stepName'>;
  readonly problems: readonly Problem[];
}

const milliseconds = check.whole(1, YEAR_MS);
const POLICY = {
  maxRetries: check.whole(0, 1000),
  undoMaxRetries: check.whole(0, 1000),
  timeoutMs: milliseconds,
  undoTimeoutMs: milliseconds,
  backoff,
};

/** For absent and null fields, and a backoff without fields, the document's value holds. */
export function readPolicy(
  fields: Readonly<Partial<Record<keyof typeof POLICY, unknown>>>,
): ReadPolicy {
  const problems: Problem[] = [];
  const report: check.Report = (code, at, text, among) => {
    const suggestions = among === undefined ? [] : nearest(String(at.at(-1)), among);
    const message = among === undefined ? text : `${text}${didYouMean(suggestions, among)}`;
    problems.push({ code, message, path: check.pathText(at), line: null, suggestions });
  };
  // Makes plain numbers of those that keep their text (2.0), and removes undefined fields.
  const given: unknown = JSON.parse(JSON.stringify(fields));
  const read = check.readFields(given, [], report, {
    what: 'a policy',
    checks: POLICY,
  }) as check.Fields<typeof POLICY>;
  const waits = read.backoff ?? {};
  const values = {
    maxRetries: read.maxRetries ?? null,
    undoMaxRetries: read.undoMaxRetries ?? null,
    timeoutMs: read.timeoutMs ?? null,
    undoTimeoutMs: read.undoTimeoutMs ?? null,
    backoff: Object.keys(waits).length === 0 ? null : waits,
  };
  return { values, problems };
}
