import { expect, test } from '@jest/globals';
import type { PolicyValues } from '../../src/saga/orchestration.js';
import { isEmpty, withPolicies } from '../../src/saga/policies.js';
import { sequential } from '../kit/builders.js';

const nothing: PolicyValues = {
  stepName: null,
  maxRetries: null,
  undoMaxRetries: null,
  timeoutMs: null,
  undoTimeoutMs: null,
  backoff: null,
};
const document = sequential('tenant', 'a', 'b')
  .retries(3)
  .timeout('5m')
  .backoff('1s').orchestration;
const stepsUnder = (...policies: PolicyValues[]) => withPolicies(document, policies).steps;

test('a policy of a step counts before that of all steps, and that before the document, each field by itself', () => {
  const all = { ...nothing, maxRetries: 7, timeoutMs: 1000, backoff: { initialMs: 5 } };
  const own = { ...nothing, stepName: 'b', maxRetries: 0, backoff: { maxMs: 9 } };
  const [a, b] = stepsUnder(own, all);
  expect(a).toMatchObject({ maxRetries: 7, undoMaxRetries: 3, timeoutMs: 1000 });
  expect(b).toMatchObject({ maxRetries: 0, undoMaxRetries: 3, timeoutMs: 1000 });
  expect([a?.undoTimeoutMs, b?.undoTimeoutMs]).toEqual([300_000, 300_000]);
  const waits = { initialMs: 5, factor: 2, maxMs: 30_000, jitter: 'none' };
  expect([a?.backoff, a?.undoBackoff]).toEqual([waits, waits]);
  expect([b?.backoff, b?.undoBackoff]).toEqual([
    { ...waits, maxMs: 9 },
    { ...waits, maxMs: 9 },
  ]);
});

test('every value can be set', () => {
  const own = { undoMaxRetries: 1, undoTimeoutMs: 2, maxRetries: 3, timeoutMs: 4 };
  expect(stepsUnder({ ...nothing, stepName: 'a', ...own })[0]).toMatchObject(own);
  expect(stepsUnder({ ...nothing, stepName: 'a', ...own })[1]).toBe(document.steps[1]);
  expect(stepsUnder({ ...nothing, timeoutMs: 1 })[0]).toEqual({
    ...document.steps[0],
    timeoutMs: 1,
  });
});

test('a flow remembers the policies of the steps it has, without who set them', () => {
  const policy = { ...nothing, stepName: 'a', maxRetries: 1 };
  const gone = { ...nothing, stepName: 'gone', maxRetries: 1 };
  const set = { ...policy, actor: 'ann', reason: 'slow', at: 1 };
  expect(withPolicies(document, [set, gone]).policies).toEqual([policy]);
  expect(withPolicies(document, [gone])).toBe(document);
});

test('a policy without a value is none', () => {
  expect(isEmpty({ ...nothing, stepName: 'a' })).toBe(true);
  expect(isEmpty({ ...nothing, maxRetries: 0 })).toBe(false);
});
