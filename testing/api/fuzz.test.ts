/**
 * Whatever the variables are: an answer or a named problem, never a mistake of ours. FUZZ_RUNS
 * makes it longer.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Running } from './kit/server.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const OPERATIONS = [
  'query ($v: String) { history(orchestrationName: $v, after: $v) { edges { cursor } } }',
  'query ($v: Int) { history(first: $v) { edges { cursor } } }',
  'query ($v: FlowFilter) { history(filter: $v) { edges { cursor } totalCount } }',
  'query ($v: ID!) { details(flowId: $v) { status timeline { details } } }',
  'query ($v: String) { orchestrations(nameContains: $v, after: $v) { edges { cursor } } }',
  'query ($v: String) { quarantine(after: $v) { edges { cursor } } }',
  'mutation ($v: ExecuteInput!) { execute(input: $v) { created problems { code } } }',
  'mutation ($v: [ExecuteInput!]!) { executeMany(inputs: $v) { created problems { code } } }',
  'mutation ($v: String!) { registerOrchestration(input: { document: $v }) { problems { code } } }',
  'mutation ($v: StepActionInput!) { retryStep(input: $v) { problems { code } } }',
  'mutation ($v: JSON) { execute(input: { orchestrationName: "tenantCreation", payload: $v, headers: $v }) { created problems { code } } }',
  'mutation ($v: SkipStepInput!) { skipStep(input: $v) { problems { code } } }',
];

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'tenantCreation',
    'WzFlMzAwLCJ4Il0',
    'WzEsIlx1MDAwMCJd',
    '\u0000',
    '\ud800',
    '__proto__',
    '',
  ),
);
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 5 }),
  fc.record(
    {
      orchestrationName: text,
      payload: fc.jsonValue(),
      headers: fc.jsonValue(),
      idempotencyKey: text,
      flowId: text,
      stepName: text,
      reason: text,
      statuses: fc.array(fc.constantFrom('COMPLETED', 'UNDONE')),
      startedAfter: fc.constantFrom(
        '2026-01-01T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '9999-12-31T23:59:59Z',
        'x',
      ),
      labels: fc.jsonValue(),
      errorContains: text,
    },
    { requiredKeys: [] },
  ),
);

test.each(OPERATIONS)('%s', async (query) => {
  await fc.assert(
    fc.asyncProperty(value, async (v) => {
      const { status, text: answer } = await running.post(
        '/graphql',
        JSON.stringify({ query, variables: { v } }),
      );
      expect([
        answer.includes('INTERNAL_SERVER_ERROR'),
        status >= 500,
        answer.slice(0, 300),
      ]).toEqual([false, false, expect.any(String)]);
    }),
    { numRuns: RUNS },
  );
});
