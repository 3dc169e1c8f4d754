/** The cost of a request is known before it is validated. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DocumentNode, parse, specifiedRules, validate } from 'graphql';
import { createSchema } from '../../src/api/graphql/schema.js';
import { costOf, measure, operationOf } from '../../src/api/query-cost.js';
import { createGate, MOST_TOKENS } from '../../src/api/query-gate.js';

const schema = createSchema();
const gate = createGate(schema, { introspection: true, suggestions: true });
const refused = (query: string, variables: object = {}) =>
  gate.refusalOf({ query, variables }, true)?.message ?? null;
const times = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');

describe('the cost of a list', () => {
  const nested = (first: string, head = '') =>
    `${head} { orchestrations(first: ${first}) { edges { node { history(first: ${first}) { edges { node { timeline(first: ${first}) { message } } } } } } } }`;

  test.each([
    ['written inline', nested('100'), {}],
    ['in a variable', nested('$n', 'query($n: Int)'), { n: 100 }],
    ['in the default of a variable', nested('$n', 'query($n: Int = 100)'), {}],
    [
      'in a fragment',
      `{ orchestrations(first: 100) { edges { node { history(first: 100) { edges { ...E } } } } } } fragment E on FlowEdge { node { timeline(first: 100) { message } } }`,
      {},
    ],
    [
      'left out',
      `{ orchestrations { edges { node { history { edges { node { timeline { message type at } } } } } } } }`,
      {},
    ],
  ])('counts when it is %s', (_how, query, variables) => {
    expect(refused(query, variables)).toContain('cost limit');
  });

  test.each([
    ['small pages', nested('3'), {}],
    ['a small page in a variable', nested('$n', 'query($n: Int)'), { n: 3 }],
    ['a variable that is no number', nested('$n', 'query($n: Int)'), { n: 'x', unknown: 100 }],
  ])('%s is allowed', (_how, query, variables) => {
    expect(refused(query, variables)).toBeNull();
  });
});

describe('a document', () => {
  test.each([
    [
      'equal fields',
      `{ ${times(300, () => 'details(flowId: "x") { flowId }')} }`,
      'twice at one place',
    ],
    [
      'fragments that double',
      `{ details(flowId: "x") { ...F0 } } ${times(40, (n) => `fragment F${n} on Flow { ...F${n + 1} ...F${n + 1} }`)} fragment F40 on Flow { flowId }`,
      'fragments',
    ],
    [
      'a fragment in itself',
      'fragment F on Flow { steps { ...G } } fragment G on StepRun { flow { ...F } } { details(flowId: "x") { ...F } }',
      'without end',
    ],
    [
      'literals that are deep',
      `mutation { execute(input: { orchestrationName: "x", payload: ${'['.repeat(300)}${']'.repeat(300)} }) { created } }`,
      'inline',
    ],
    [
      'a deep default',
      `query($x: JSON = ${'['.repeat(300)}${']'.repeat(300)}) { __typename }`,
      'inline',
    ],
    ['many fields', `{ ${times(601, (n) => `f${n}`)} }`, 'fields'],
  ])('with %s is refused', (_what, query, message) => {
    expect(refused(query)).toContain(message);
  });

  test('with a subscription over HTTP gets an error that names the WebSocket', () => {
    const query = 'subscription { stepStatusChanged { flowId } }';
    expect(gate.refusalOf({ query }, true)?.extensions.code).toBe('SUBSCRIPTION_OVER_HTTP');
    expect(gate.refusalOf({ query }, false)).toBeNull();
  });

  test('whose fragments are used twice costs what it answers', () => {
    const document = parse(
      '{ details(flowId: "x") { ...A ...A } } fragment A on Flow { flowId steps { stepName } }',
    );
    const operation = operationOf(document, null);
    if (operation === null) throw new Error('no operation');
    expect(costOf(document, operation, {}, new Map())).toBe(7);
  });

  test('that is introspected by GraphiQL is let through', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect(refused(getIntrospectionQuery())).toBeNull();
  });
});

test('what the gate lets through is validated in a bounded number of steps', () => {
  // Every comparison the validation makes of two fields looks at their names: those looks are
  // counted, not the time.
  const names = [
    'details(flowId: "x")',
    'history',
    'edges',
    'node',
    'steps',
    '...A',
    '...B',
    '... on Flow',
  ];
  const selection: fc.Arbitrary<string> = fc.letrec((tie) => ({
    set: fc
      .array(tie('one') as fc.Arbitrary<string>, { minLength: 1, maxLength: 12 })
      .map((all) => `{ ${all.join(' ')} }`),
    one: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('flowId', '...A', '...B', 'cursor'),
      fc
        .tuple(
          fc.constantFrom(...names.filter((name) => !/^\.\.\.[AB]/.test(name))),
          tie('set') as fc.Arbitrary<string>,
        )
        .map(([name, set]) => `${name} ${set}`),
    ),
  })).set as fc.Arbitrary<string>;
  fc.assert(
    fc.property(selection, selection, selection, (query, a, b) => {
      const text = `query ${query} fragment A on Flow ${a} fragment B on Flow ${b}`;
      let document: DocumentNode;
      try {
        document = parse(text, { maxTokens: MOST_TOKENS });
      } catch {
        return;
      }
      if (measure(document).tooMuch !== null) return;
      const started = performance.now();
      validate(schema, document, specifiedRules, { maxErrors: 20 });
      expect(performance.now() - started).toBeLessThan(20_000);
    }),
    { numRuns: 300 },
  );
});
