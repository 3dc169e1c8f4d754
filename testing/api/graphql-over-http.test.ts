/** The audit suite of the GraphQL over HTTP specification (graphql-http), against the real API. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditServer } from 'graphql-http';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

/**
 * Browsers could send a GET from a foreign page: it needs a header that they cannot send
 * (docs/protocol.md, "Errors").
 */
const withPreflight: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('apollo-require-preflight', 'true');
  return fetch(input, { ...init, headers });
};

test('every rule of the specification is kept; what it only recommends is kept but for what is named here', async () => {
  const results = await auditServer({
    url: () => `${running.api.url}/graphql`,
    fetchFn: withPreflight,
  });
  expect(results.length).toBeGreaterThan(50);
  const not = (status: string): string[] =>
    results.flatMap((result) =>
      result.status === status
        ? [`${result.name}: ${'reason' in result ? result.reason : ''}`]
        : [],
    );
  expect(not('error')).toEqual([]);
  // 400 is what a client that knows nothing of GraphQL understands; those that do send Accept:
  // application/graphql-response+json.
  const failure = [
    'document parsing failure',
    'document validation failure',
    'variable coercion failure',
  ];
  expect(not('warn').length).toBe(failure.length);
  for (const [index, what] of failure.entries())
    expect(not('warn')[index]).toMatch(new RegExp(`200.*${what} when accepting application/json`));
  expect(not('notice')).toEqual([]);
});
