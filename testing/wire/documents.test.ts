import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRegistration, readRegistrationValue } from '../../src/wire/documents.js';

const seed = `orchestrationName: "tenantCreation"
as: "initiator"
type: "sequential"  # or "parallel"
steps:
  - seq: 1
    name: "createRealm"
    objectType: "String"
  - seq: 2
    name: "createClient"
    objectType: "String"
`;
const read = (text: string) => readRegistration(text, { serviceName: 'shop' });
const problems = (text: string) =>
  read(text).problems.map(({ code, path, line }) => [code, path, line]);
const orchestration = (text: string) => {
  const [first] = read(text).declarations;
  if (first?.as !== 'initiator') throw new Error(JSON.stringify(read(text).problems));
  return first.orchestration;
};
const step = (fields: string): string =>
  `orchestrationName: o\nas: initiator\ntype: sequential\nsteps:\n  - { seq: 1, name: a, ${fields} }\n`;
const root = (fields: string): string =>
  `orchestrationName: o\nas: initiator\ntype: sequential\n${fields}\nsteps: [{ seq: 1, name: a }]\n`;

describe('documents of initiators', () => {
  test("the seed's document, with all defaults filled in", () => {
    expect(read(seed)).toMatchObject({ problems: [], serviceName: 'shop' });
    expect(orchestration(seed)).toMatchObject({
      name: 'tenantCreation',
      type: 'SEQUENTIAL',
      deadlineMs: null,
      onRetriesExhausted: 'undo',
      onUndoExhausted: 'stop',
      labels: {},
      steps: [
        {
          seq: 1,
          name: 'createRealm',
          objectType: 'String',
          maxRetries: 3,
          undoMaxRetries: 3,
          timeoutMs: 300_000,
          undo: 'required',
        },
        {
          seq: 2,
          name: 'createClient',
          backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 'full' },
        },
      ],
    });
  });

  test("the seed's text is the one in the reference", () => {
    const reference = readFileSync('testing/fixtures/seed-quick-reference.md', 'utf8');
    expect(reference).toContain(seed.trim());
  });

  test('JSON, any case, other spellings, steps in any order', () => {
    const text = JSON.stringify({
      orchName: 'o',
      as: 'INITIATOR',
      type: 'Simultaneous',
      steps: [
        { seq: 2, name: 'b' },
        { seq: 1, name: 'a', timeout: null },
      ],
    });
    expect(orchestration(text)).toMatchObject({
      type: 'PARALLEL',
      steps: [{ name: 'a' }, { name: 'b' }],
    });
  });

  test('a list of them, and lines are those of the list', () => {
    const list = `orchestrations:\n  - ${seed.trim().replaceAll('\n', '\n    ')}\n  - orchestrationName: two\n    as: worker\n    steps: [{ name: x }]\n`;
    expect(read(list).declarations.map((one) => [one.as, one.line])).toEqual([
      ['initiator', 2],
      ['worker', 12],
    ]);
  });

  test('a step without a value has that of the orchestration; UNDO without a value has that of DO', () => {
    const text = `orchestrationName: o
as: initiator
type: sequential
maxRetries: 7
undoTimeout: 2h
backoff: { initial: 1s, jitter: none }
undoBackoff: { max: 1m }
steps:
  - { seq: 1, name: a, timeout: 500, undoMaxRetries: 1, backoff: { factor: 3 }, nonRetryableErrors: [E1], undo: always, payloadSchema: { type: object } }
  - { seq: 2, name: b, maxRetries: 0, doMethod: d, undoMethod: u, handlerClass: c, handlerMethod: h, undoHandlerMethod: uh }
deadline: 1d
onRetriesExhausted: hold
onUndoExhausted: continue
description: all of it
labels: { team: billing, size: 3 }
`;
    expect(orchestration(text)).toEqual({
      name: 'o',
      type: 'SEQUENTIAL',
      deadlineMs: 86_400_000,
      onRetriesExhausted: 'hold',
      onUndoExhausted: 'continue',
      description: 'all of it',
      labels: { team: 'billing', size: '3' },
      steps: [
        expect.objectContaining({
          maxRetries: 7,
          undoMaxRetries: 1,
          timeoutMs: 500,
          undoTimeoutMs: 7_200_000,
          backoff: { initialMs: 1000, factor: 3, maxMs: 30_000, jitter: 'none' },
          undoBackoff: { initialMs: 1000, factor: 3, maxMs: 60_000, jitter: 'none' },
          nonRetryableErrors: ['E1'],
          undo: 'always',
          payloadSchema: { type: 'object' },
        }),
        expect.objectContaining({
          maxRetries: 0,
          undoMaxRetries: 0,
          doMethod: 'd',
          undoMethod: 'u',
          handlerClass: 'c',
          handlerMethod: 'h',
          undoHandlerMethod: 'uh',
        }),
      ],
    });
  });

  test('sharedTopic: false is accepted and means nothing', () => {
    expect(read(root('sharedTopic: false')).problems).toEqual([]);
  });
});

test('what a document leaves out is as the gateway has it; what it gives holds', () => {
  const defaults = {
    maxRetries: 7,
    timeoutMs: 1234,
    backoff: { initialMs: 9, factor: 3, maxMs: 99, jitter: 'none' },
  } as const;
  const text = `as: initiator
type: sequential
orchestrationName: order
steps:
  - { seq: 1, name: plain }
  - { seq: 2, name: own, maxRetries: 0, timeout: 5s, backoff: { initial: 1s } }`;
  const read = readRegistration(text, { serviceName: null, defaults });
  const value = { as: 'initiator', type: 'parallel', orchestrationName: 'order' };
  const record = { ...value, steps: [{ seq: 1, name: 'plain' }] };
  const fromRecord = readRegistrationValue(record, { serviceName: null, defaults });
  const steps = [read, fromRecord].flatMap(({ declarations }) =>
    declarations.flatMap((one) => (one.as === 'initiator' ? one.orchestration.steps : [])),
  );
  const plain = { name: 'plain', maxRetries: 7, undoMaxRetries: 7, timeoutMs: 1234 };
  expect(steps).toMatchObject([
    { ...plain, undoTimeoutMs: 1234, backoff: defaults.backoff, undoBackoff: defaults.backoff },
    {
      name: 'own',
      maxRetries: 0,
      timeoutMs: 5000,
      backoff: { ...defaults.backoff, initialMs: 1000 },
    },
    plain,
  ]);
});

describe('documents of workers', () => {
  test('name what they serve', () => {
    const text = `orchestrationName: o\nas: Worker\nsteps:\n  - { name: a, objectType: String, handlerClass: C, handlerMethod: h, undoHandlerMethod: u }\n  - { name: b, doMethod: d, undoMethod: e }\n`;
    expect(read(text).declarations).toEqual([
      {
        as: 'worker',
        orchestrationName: 'o',
        line: 1,
        steps: [
          {
            stepName: 'a',
            objectType: 'String',
            handlerClass: 'C',
            doMethod: 'h',
            undoMethod: 'u',
          },
          { stepName: 'b', objectType: null, handlerClass: null, doMethod: 'd', undoMethod: 'e' },
        ],
      },
    ]);
  });
  test('may carry fields of an initiator: they are ignored, whatever they are', () => {
    for (const field of [
      'type: saga',
      'type: 7',
      'maxRetries: many',
      'deadline: soon',
      'labels: 1',
    ])
      expect(problems(`orchestrationName: o\nas: worker\n${field}\nsteps: [{ name: a }]`)).toEqual(
        [],
      );
    expect(
      problems('orchestrationName: o\nas: initiator\ntype: saga\nsteps: [{ seq: 1, name: a }]'),
    ).toEqual([['FIELD_INVALID', 'type', 3]]);
  });
  test('may carry a seq on a step: it is ignored, whatever it is', () => {
    for (const seq of ['1', 'null', '"first"'])
      expect(
        problems(`orchestrationName: o\nas: worker\nsteps: [{ name: a, seq: ${seq} }]`),
      ).toEqual([]);
  });
});

describe('problems come all at once, each with its place', () => {
  test('a document full of them', () => {
    const text = `orchestrationName: te nant
as: initiator
type: sequentially
maxRetry: 3
steps:
  - { seq: 1, name: a, timeout: soon }
  - { seq: 1, name: a }
  - { name: 7 }
  - nothing
`;
    const { declarations, problems: found } = read(text);
    expect(declarations).toEqual([]);
    expect(found.map(({ code, path, line }) => [code, path, line])).toEqual([
      ['NAME_INVALID', 'orchestrationName', 1],
      ['FIELD_INVALID', 'type', 3],
      ['UNKNOWN_FIELD', 'maxRetry', 4],
      ['FIELD_INVALID', 'steps[0].timeout', 6],
      ['STEP_DUPLICATE', 'steps[1].name', 7],
      ['FIELD_INVALID', 'steps[2].name', 8],
      ['FIELD_INVALID', 'steps[3]', 9],
      ['SEQ_DUPLICATE', 'steps[1].seq', 7],
      ['FIELD_MISSING', 'steps[2].seq', 8],
    ]);
    expect(found[0]?.message).toContain('has " "');
    expect(found[2]).toMatchObject({
      suggestions: ['maxRetries'],
      message: expect.stringContaining('did you mean maxRetries?'),
    });
  });

  test.each([
    ['as', root('').replace('as: initiator\n', ''), 'FIELD_MISSING'],
    ['orchestrationName', root('').replace('orchestrationName: o\n', ''), 'FIELD_MISSING'],
    ['type', root('').replace('type: sequential\n', ''), 'FIELD_MISSING'],
    ['steps', 'orchestrationName: o\nas: initiator\ntype: parallel', 'FIELD_MISSING'],
    ['steps', 'orchestrationName: o\nas: initiator\ntype: parallel\nsteps: []', 'FIELD_INVALID'],
    ['steps', 'orchestrationName: o\nas: initiator\ntype: parallel\nsteps: {}', 'FIELD_INVALID'],
    ['steps[0].name', 'orchestrationName: o\nas: worker\nsteps: [{}]', 'FIELD_MISSING'],
    ['as', root('').replace('initiator', 'boss'), 'FIELD_INVALID'],
    ['as', root('').replace('initiator', '7'), 'FIELD_INVALID'],
    ['maxRetries', root('maxRetries: -1'), 'FIELD_INVALID'],
    ['undoMaxRetries', root('undoMaxRetries: many'), 'FIELD_INVALID'],
    ['timeout', root('timeout: 0'), 'FIELD_INVALID'],
    ['undoTimeout', root('undoTimeout: 5 minutes'), 'FIELD_INVALID'],
    ['deadline', root('deadline: 400d'), 'FIELD_INVALID'],
    ['backoff', root('backoff: 5s'), 'FIELD_INVALID'],
    ['backoff.initial', root('backoff: { initial: soon }'), 'FIELD_INVALID'],
    ['backoff.factor', root('backoff: { factor: 0.5 }'), 'FIELD_INVALID'],
    ['backoff.jitter', root('backoff: { jitter: some }'), 'FIELD_INVALID'],
    ['undoBackoff.maximum', root('undoBackoff: { maximum: 5s }'), 'UNKNOWN_FIELD'],
    ['onRetriesExhausted', root('onRetriesExhausted: panic'), 'FIELD_INVALID'],
    ['onUndoExhausted', root('onUndoExhausted: 1'), 'FIELD_INVALID'],
    ['description', root('description: [x]'), 'FIELD_INVALID'],
    ['description', root(`description: ${'x'.repeat(2001)}`), 'FIELD_INVALID'],
    ['description', root('description: "a\\0b"'), 'FIELD_INVALID'],
    ['labels', root('labels: [x]'), 'FIELD_INVALID'],
    ['labels.a', root('labels: { a: [] }'), 'FIELD_INVALID'],
    ['sharedTopic', root('sharedTopic: true'), 'SHARED_TOPIC_UNSUPPORTED'],
    ['sharedTopic', root('sharedTopic: perhaps'), 'FIELD_INVALID'],
    ['steps[0].seq', step('').replace('seq: 1', 'seq: 1.5'), 'FIELD_INVALID'],
    ['steps[0].name', step('').replace('name: a', 'name: ""'), 'NAME_INVALID'],
    ['steps[0].name', step('').replace('name: a', `name: ${'a'.repeat(101)}`), 'NAME_INVALID'],
    ['steps[0].objectType', step('objectType: 7'), 'FIELD_INVALID'],
    ['steps[0].nonRetryableErrors', step('nonRetryableErrors: E1'), 'FIELD_INVALID'],
    ['steps[0].undo', step('undo: never'), 'FIELD_INVALID'],
    ['steps[0].payloadSchema', step('payloadSchema: 7'), 'FIELD_INVALID'],
    ['steps[0].sharedTopic', step('sharedTopic: true'), 'SHARED_TOPIC_UNSUPPORTED'],
    ['steps[0].zzzzzzzz', step('zzzzzzzz: 1'), 'UNKNOWN_FIELD'],
  ])('a wrong %s (%#)', (path, text, code) => {
    expect(problems(text).map(([found, place]) => [found, place])).toEqual([[code, path]]);
  });

  test('of several near names the nearest is meant', () => {
    expect(read(step('doMetho: x')).problems[0]?.suggestions).toEqual(['doMethod']);
  });

  test('a duration without a unit is in milliseconds, as text as well', () => {
    expect(orchestration(step('timeout: "500"')).steps[0]?.timeoutMs).toBe(500);
  });

  test('a field nobody could have meant gets the list of known ones', () => {
    expect(read(step('zzzzzzzz: 1')).problems[0]?.message).toContain('; known are seq, name,');
    expect(read(root(`${'y'.repeat(90)}: 1`)).problems[0]?.code).toBe('UNKNOWN_FIELD');
  });
});

describe('what is no document', () => {
  test.each([
    ['DOCUMENT_EMPTY', '  \n'],
    ['DOCUMENT_TOO_LARGE', 'x'.repeat(1_048_577)],
    ['DOCUMENT_INVALID', 'a: [1'],
    ['DOCUMENT_INVALID', 'a: 1\na: 2'],
    ['DOCUMENT_INVALID', 'a: 1\n---\nb: 2'],
    ['DOCUMENT_INVALID', 'a: !!js/function x'],
    [
      'DOCUMENT_INVALID',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
    ],
    ['FIELD_INVALID', 'just text'],
    ['FIELD_INVALID', '# nothing but a comment'],
    ['FIELD_INVALID', 'orchestrations: []'],
    ['FIELD_INVALID', `orchestrations: [${'{},'.repeat(101)}]`],
    [
      'FIELD_INVALID',
      `${root('').replace('seq: 1, name: a', 'seq: 1, name: a, payloadSchema: { title: "\\ud800" }')}`,
    ],
  ])('%s (%#)', (code, text) => {
    expect(read(text).problems[0]).toMatchObject({ code });
    expect(read(text).declarations).toEqual([]);
  });

  test('syntax errors have their line', () => {
    expect(read('a: 1\nb: [1\nc: 2').problems[0]?.line).toBeGreaterThanOrEqual(2);
  });

  test('fields beside the list are problems', () => {
    expect(problems('orchestrations: []\nas: worker')).toContainEqual(['UNKNOWN_FIELD', 'as', 2]);
  });

  test('ten thousand steps are one problem, found quickly', () => {
    const text = JSON.stringify({
      orchestrationName: 'o',
      as: 'initiator',
      type: 'parallel',
      steps: Array.from({ length: 10_000 }, (_, seq) => ({ seq, name: `s${seq}` })),
    });
    expect(problems(text).map(([code]) => code)).toEqual(['TOO_MANY_STEPS']);
  });

  test('at most a hundred problems are reported', () => {
    const steps = Array.from({ length: 150 }, (_, seq) => ({ seq, name: 'a b' }));
    expect(
      read(JSON.stringify({ orchestrationName: 'o', as: 'initiator', type: 'parallel', steps }))
        .problems,
    ).toHaveLength(100);
  });
});

describe('names that meet in Kafka', () => {
  const two = (first: string, firstStep: string, second: string, secondStep: string): string =>
    JSON.stringify({
      orchestrations: [
        {
          orchestrationName: first,
          as: 'initiator',
          type: 'parallel',
          steps: [{ seq: 1, name: firstStep }],
        },
        { orchestrationName: second, as: 'worker', steps: [{ name: secondStep }] },
      ],
    });
  test('a_b/c and a/b_c', () => {
    expect(problems(two('a_b', 'c', 'a', 'b_c')).map(([code]) => code)).toEqual([
      'TOPIC_COLLISION',
    ]);
    expect(problems(two('a_b', 'c', 'a_b', 'c'))).toEqual([]);
  });
  test('the same initiator twice', () => {
    const one = {
      orchestrationName: 'o',
      as: 'initiator',
      type: 'parallel',
      steps: [{ seq: 1, name: 'a' }],
    };
    expect(problems(JSON.stringify({ orchestrations: [one, one] })).map(([code]) => code)).toEqual([
      'ORCHESTRATION_DUPLICATE',
    ]);
  });
});

test('a value from a topic is read as well, without lines; text in it is a document', () => {
  expect(
    readRegistrationValue({ as: 'worker' }, { serviceName: null }).problems.map(({ line }) => line),
  ).toEqual([null, null]);
  expect(readRegistrationValue(seed, { serviceName: null }).declarations).toHaveLength(1);
  expect(readRegistrationValue(null, { serviceName: null }).problems).toHaveLength(1);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `${seed}${text}`),
      ),
      (text) => {
        expect(read(text).problems).toBeInstanceOf(Array);
      },
    ),
    { numRuns: 300 },
  );
});

describe('null is absent', () => {
  const documents = {
    initiator: {
      orchestrationName: 'o',
      as: 'initiator',
      type: 'sequential',
      steps: [{ seq: 1, name: 'a', backoff: { initial: 1 } }],
      labels: { team: 'x' },
    },
    worker: { orchestrationName: 'o', as: 'worker', steps: [{ name: 'a' }] },
  };

  test.each(Object.entries(documents))('at every level of the document of an %s', (_, document) => {
    const plain = readRegistrationValue(document, { serviceName: null });
    expect(plain.problems).toEqual([]);
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('root', 'step', 'inner', 'list'), (name, level) => {
        fc.pre(!['orchestrationName', 'as', 'type', 'steps', 'seq', 'name', 'team'].includes(name));
        fc.pre(!['initial', 'backoff', 'labels', '__proto__'].includes(name));
        const copy = structuredClone(document) as Record<string, unknown>;
        const [step] = copy.steps as Record<string, unknown>[];
        const inner = (step?.backoff ?? step) as Record<string, unknown>;
        if (level === 'root') copy[name] = null;
        if (level === 'step' && step !== undefined) step[name] = null;
        if (level === 'inner') inner[name] = null;
        const root = level === 'list' ? { [name]: null, orchestrations: [copy] } : copy;
        expect(readRegistrationValue(root, { serviceName: null })).toEqual(plain);
      }),
    );
  });

  test('of labels, and of the list of orchestrations beside a document', () => {
    const { initiator } = documents;
    const value = { ...initiator, orchestrations: null, labels: { team: 'x', other: null } };
    expect(readRegistrationValue(value, { serviceName: null })).toEqual(
      readRegistrationValue(initiator, { serviceName: null }),
    );
  });

  test('a required field that is null is missing', () => {
    expect(problems('orchestrationName: null\nas: worker\nsteps: [{ name: null }]')).toEqual([
      ['FIELD_MISSING', 'orchestrationName', 1],
      ['FIELD_MISSING', 'steps[0].name', 3],
    ]);
  });
});

describe('a problem names the document and the step it is in', () => {
  const messages = (text: string) => read(text).problems.map(({ message }) => message);

  test('of a worker', () => {
    expect(messages('orchestrationName: o\nas: worker\nsteps: [{ name: a, tpyo: 1 }]')).toEqual([
      expect.stringMatching(/"tpyo".*\(orchestration o, as worker, step a\)$/),
    ]);
  });

  test('in a list of documents', () => {
    const text = `orchestrations:
  - { orchName: one, as: worker, steps: [{ name: a }] }
  - { orchName: two, as: initiator, type: zigzag, steps: [{ seq: 1, name: b, timeout: -1 }] }
`;
    expect(messages(text)).toEqual([
      expect.stringMatching(/^orchestrations\[1\]\.type.*\(orchestration two, as initiator\)$/),
      expect.stringMatching(/\.steps\[0\]\.timeout.*\(orchestration two, as initiator, step b\)$/),
    ]);
  });

  test('as far as they have names', () => {
    expect(messages('steps: [{ maxRetries: -1 }]').join()).not.toContain('(orchestration');
  });
});

describe('objectives', () => {
  test('are targets, each optional, and absent where the checklist holds', () => {
    const text = root('objectives: { doSuccessRate: 0.9, stuckAfter: 1h, responseTime: 2s }');
    expect(orchestration(text).objectives).toEqual({
      doSuccessRate: 0.9,
      stuckAfter: 3_600_000,
      responseTime: 2000,
    });
    expect(orchestration(root(''))).not.toHaveProperty('objectives');
  });

  test.each([
    ['objectives', 'objectives: 0.9'],
    ['objectives.doSuccessRate', 'objectives: { doSuccessRate: 95 }'],
    ['objectives.responseTime', 'objectives: { responseTime: fast }'],
    ['objectives.responseTimes', 'objectives: { responseTimes: 1s }'],
  ])('%s is refused in %s', (path, line) => {
    expect(read(root(line)).problems).toMatchObject([{ path }]);
  });
});

describe('sensitive', () => {
  test('is a list of paths, and absent where nothing is sensitive', () => {
    const text = root('sensitive: [payload.card, "payload.items[*].iban", payload..token]');
    expect(orchestration(text).sensitive).toEqual([
      ...['payload.card', 'payload.items[*].iban', 'payload..token'],
    ]);
    expect(orchestration(root(''))).not.toHaveProperty('sensitive');
  });

  test.each([
    ['sensitive', 'sensitive: payload.card'],
    ['sensitive[1]', 'sensitive: [payload.card, card]'],
    ['sensitive[0]', 'sensitive: [7]'],
    ['sensitive[0]', `sensitive: [payload.${'x'.repeat(200)}]`],
    ['sensitive', `sensitive: [${Array.from({ length: 101 }, (_, n) => `payload.a${n}`)}]`],
  ])('%s that is none is a problem with its place', (path, line) => {
    expect(read(root(line)).problems).toMatchObject([{ code: 'FIELD_INVALID', path }]);
  });
});

describe('payloadSchema', () => {
  const checkSchema = (schema: unknown) =>
    JSON.stringify(schema).includes('wrong')
      ? { wrong: { at: ['properties', 'a'], message: 'it is wrong' } }
      : { nodes: 400 };
  const checked = (text: string) => readRegistration(text, { serviceName: null, checkSchema });

  test('of an orchestration and of its steps is kept as given', () => {
    const text = root('payloadSchema: { type: object }');
    expect(orchestration(text).payloadSchema).toEqual({ type: 'object' });
    expect(orchestration(root(''))).not.toHaveProperty('payloadSchema');
    expect(checked(text).problems).toEqual([]);
  });

  test('that cannot be enforced is a problem at its line inside the schema', () => {
    const text = `orchestrationName: o
as: initiator
type: sequential
steps:
  - seq: 1
    name: a
    payloadSchema:
      properties:
        a: { wrong: true }
`;
    expect(checked(text).problems).toEqual([
      {
        code: 'PAYLOAD_SCHEMA_INVALID',
        path: 'steps[0].payloadSchema.properties.a',
        line: 9,
        message: expect.stringMatching(
          /^steps\[0\]\.payloadSchema\.properties\.a: it is wrong \(orchestration o, as initiator, step a\)$/,
        ),
        suggestions: [],
      },
    ]);
  });

  test('of one document are bounded together, and that is reported once', () => {
    const steps = [1, 2, 3, 4].map((seq) => `{ seq: ${seq}, name: s${seq}, payloadSchema: {} }`);
    const text = `{ orchestrationName: o, as: initiator, type: parallel, steps: [${steps.join(', ')}] }`;
    expect(checked(text).problems).toMatchObject([
      { code: 'PAYLOAD_SCHEMA_INVALID', path: 'steps[2].payloadSchema' },
    ]);
  });

  test("of a worker is ignored, as all that is an initiator's", () => {
    const text = '{ orchestrationName: o, as: worker, payloadSchema: 7, steps: [{ name: a }] }';
    expect(checked(text).problems).toEqual([]);
  });
});
