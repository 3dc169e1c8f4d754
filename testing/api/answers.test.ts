/**
 * Answers are bounded in bytes, each and all together, and payloads are read for those who select
 * them.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AnswerBytes } from '../../src/api/answer-bytes.js';
import { Budget } from '../../src/api/context.js';
import type { ReadModel, ReadOptions } from '../../src/engine/ports.js';
import { LIMITS } from '../../src/limits/limits.js';
import { Running } from './kit/server.js';

let running: Running;
const requested: ReadOptions[] = [];
beforeAll(async () => {
  running = await Running.start();
  noteReads();
});

function noteReads(): void {
  const { readModel } = running.engine;
  running.engine.readOverrides = {
    history: (filter, first, after, options = {}) => {
      requested.push(options);
      return readModel.history(filter, first, after);
    },
    flows: (ids, options = {}) => {
      requested.push(options);
      return readModel.flows(ids);
    },
  };
}
afterAll(() => running.close());

test.each([
  ['{ history { edges { cursor } } }', []],
  ['{ history { edges { node { input } } } }', ['flowInput']],
  [
    '{ history { edges { ...E } } } fragment E on FlowEdge { node { ... on Flow { output } steps { ...S } } } fragment S on StepRun { output }',
    ['flowOutput', 'stepOutput'],
  ],
  ['{ details(flowId: "x") { flowId steps { stepName } } }', []],
  [
    '{ details(flowId: "x") { given: input steps { a: input b: status } } }',
    ['flowInput', 'stepInput'],
  ],
  [
    '{ orchestration(name: "tenantCreation") { history { edges { node { steps { output } } } } } }',
    ['stepOutput'],
  ],
])('%s reads these payloads: %j', async (query, payloads) => {
  requested.length = 0;
  await running.data(query);
  const [options] = requested;
  const wanted = Object.entries(options?.payloads ?? {}).flatMap(([name, is]) =>
    is ? [name] : [],
  );
  expect([requested.length, wanted.sort()]).toEqual([1, [...payloads].sort()]);
});

test('the payloads of one answer are bounded, all its parts together', async () => {
  const budget = new Budget({ payloadLimit: 1000 });
  await budget.take(LIMITS.answerBytes.value - 10);
  await expect(budget.take(11)).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
});

test('the payloads of all answers are bounded: the next one waits until others have been sent', async () => {
  const answers = new AnswerBytes(100, 60_000);
  const [first, second, third] = [
    new Budget({ answers, payloadLimit: 1000 }),
    new Budget({ answers, payloadLimit: 1000 }),
    new Budget({ answers, payloadLimit: 1000 }),
  ];
  await first.take(80);
  const order: string[] = [];
  const waiting = [
    second.take(50).then(() => order.push('second')),
    third.take(30).then(() => order.push('third')),
  ];
  await Promise.resolve();
  expect(order).toEqual([]);
  first.release();
  first.release();
  await Promise.all(waiting);
  expect(order).toEqual(['second', 'third']);
});

test('one that waits too long is refused as overload, and what it took after its end is given back', async () => {
  const answers = new AnswerBytes(100, 1);
  const [first, late] = [
    new Budget({ answers, payloadLimit: 1000 }),
    new Budget({ answers, payloadLimit: 1000 }),
  ];
  await first.take(100);
  await expect(late.take(1)).rejects.toMatchObject({ code: 'OVERLOADED' });
  first.release();
  late.release();
  await late.take(60);
  await answers.take(100);
});

test.each(['GET', 'POST'])(
  'a %s ends its read when the caller hangs up, and not before',
  async (method) => {
    const { readOverrides } = running.engine;
    const began = Promise.withResolvers<AbortSignal | undefined>();
    const ended = Promise.withResolvers<void>();
    const flows: ReadModel['flows'] = async (_ids, options: ReadOptions = {}) => {
      const { signal } = options;
      signal?.addEventListener('abort', () => ended.resolve());
      // Some turns of the event loop: by then a request without a body has been read to its end.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      began.resolve(signal);
      await ended.promise;
      return new Map();
    };
    running.engine.readOverrides = { ...readOverrides, flows };
    const caller = new AbortController();
    const sending =
      method === 'GET'
        ? fetch(`${running.api.url}/api/orchestrations/details/x`, { signal: caller.signal })
        : fetch(`${running.api.url}/graphql`, {
            method,
            signal: caller.signal,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query: '{ details(flowId: "x") { flowId } }' }),
          });
    expect((await began.promise)?.aborted).toBe(false);
    caller.abort();
    await expect(sending).rejects.toThrow();
    await ended.promise;
  },
);

describe('the flow in the answer of a mutation', () => {
  const START =
    'mutation ($i: ExecuteInput!) { execute(input: $i) { created problems { code } flow { flowId status input } } }';
  const payload = { text: 'x'.repeat(900_000) };
  const input = { orchestrationName: 'tenantCreation', payload, idempotencyKey: 'large' };
  interface Answered {
    readonly data: Record<string, { flow: { flowId?: string; status: string; input: unknown } }>;
    readonly errors: readonly { path: readonly string[]; extensions: { code: string } }[];
  }
  const sent = async (query: string, variables: object): Promise<Answered> =>
    JSON.parse((await running.post('/graphql', JSON.stringify({ query, variables }))).text);

  test('of an operator is counted in bytes: beyond them the payload fails, not the action', async () => {
    const { execute } = (await sent(START, { i: input })).data;
    expect(execute?.flow.input).toEqual(payload);
    const actions = Array.from({ length: 20 }, (_, n) => {
      const name = n % 2 === 0 ? 'pauseFlow' : 'resumeFlow';
      return `a${n}: ${name}(input: { flowId: $f, reason: "r" }) { flow { status input } }`;
    });
    const { data, errors } = await sent(`mutation ($f: ID!) { ${actions.join(' ')} }`, {
      f: execute?.flow.flowId,
    });
    const flows = Object.values(data).map(({ flow }) => flow);
    expect(flows.map(({ status }) => status)).toEqual(actions.map(() => 'IN_PROGRESS'));
    const whole = flows.filter(({ input: shown }) => shown !== null).length;
    expect(whole).toBe(Math.floor(LIMITS.answerBytes.value / JSON.stringify(payload).length));
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(
      Array(actions.length - whole).fill('ANSWER_TOO_LARGE'),
    );
    expect(errors[0]?.path).toEqual([`a${whole}`, 'flow', 'input']);
  });

  test('of a start that was known is read without its payload, unless it is selected', async () => {
    noteReads();
    requested.length = 0;
    const again = START.replace(' status input', ' status');
    expect((await sent(again, { i: input })).data.execute).toMatchObject({ created: false });
    const before = requested.map(({ payloads }) => payloads?.flowInput);
    const { data } = await sent(START, { i: input });
    expect([before, requested.map(({ payloads }) => payloads?.flowInput)]).toEqual([[], [true]]);
    expect(data.execute?.flow.input).toEqual(payload);
  });
});
