/** How many open flows one caller may have: OPEN_FLOWS_PER_CALLER. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OpenFlows } from '../../src/api/open-flows.js';
import type { CountedStart } from '../../src/engine/ports.js';
import type { ExecuteResult } from '../../src/engine/service.js';
import type { StartRequest } from '../../src/saga/input.js';
import type { Running } from './kit/server.js';
import { Callers } from './kit/tokens.js';
import { eventually } from './kit/until.js';

const REFUSED = 'TOO_MANY_OPEN_FLOWS';
const NEW: StartRequest = {
  orchestrationName: 'accounts',
  flowId: null,
  payload: null,
  headers: {},
  initiator: null,
  idempotencyKey: null,
};
const KEYED = { ...NEW, idempotencyKey: 'k' };
const codeOf = ({ created, problems: [problem] }: ExecuteResult): string =>
  problem?.code ?? (created ? 'created' : 'repeated');

describe('the bound', () => {
  /** `stored`: what the database has; a start adds one to it, where it is new. */
  function bounded(most: number) {
    const state = { now: 0, stored: 0, counts: 0, refusals: 0, failing: false };
    const seen: CountedStart[] = [];
    const count = async (): Promise<number> => {
      state.counts++;
      if (state.failing) throw new Error('away');
      return Math.min(state.stored, most + 1);
    };
    const refused = (): void => void state.refusals++;
    const open = new OpenFlows(most, count, refused, () => state.now);
    const work = async (counted: CountedStart): Promise<ExecuteResult> => {
      seen.push(counted);
      if (state.failing) throw new Error('away');
      const problems = counted.refused ? [{ ...counted.refused }] : [];
      if (problems.length === 0) state.stored++;
      return { flow: null, created: problems.length === 0, problems: problems as never[] };
    };
    const start = (key = 'ann', request = NEW) => open.start(key, request, work);
    return { state, seen, open, start };
  }

  test('is exact on one gateway, however many start at once, and costs one count a second', async () => {
    const { state, start } = bounded(3);
    const results = await Promise.all(Array.from({ length: 10 }, () => start()));
    expect(results.map(codeOf)).toEqual([...Array(3).fill('created'), ...Array(7).fill(REFUSED)]);
    expect(state).toMatchObject({ stored: 3, counts: 1, refusals: 7 });
    state.now = 1000;
    expect(codeOf(await start())).toBe(REFUSED);
    expect(state.counts).toBe(2);
  });

  test('counts what other gateways started, and what has ended, a second later at most', async () => {
    const { state, start } = bounded(3);
    await start();
    state.stored += 5;
    expect(codeOf(await start())).toBe('created');
    state.now = 1000;
    const { problems } = await start();
    expect(problems).toMatchObject([{ code: REFUSED, message: expect.stringContaining('over 3') }]);
    state.stored = 2;
    state.now = 2000;
    expect([codeOf(await start()), codeOf(await start())]).toEqual(['created', REFUSED]);
  });

  test('is for each caller; a name that an index could not hold is stored as its hash', async () => {
    const { seen, start } = bounded(5);
    for (const key of ['token ann', 'jwt \u0000', `jwt ${'x'.repeat(5000)}`]) await start(key);
    const hash = expect.stringMatching(/^sha256 [0-9a-f]{64}$/);
    expect(seen.map(({ startedBy }) => startedBy)).toEqual(['token ann', hash, hash]);
    expect(seen[1]).not.toEqual(seen[2]);
  });

  test('beyond it a start with a key is left to the engine, which knows whether it is new', async () => {
    const { state, seen, start } = bounded(1);
    await start();
    expect(codeOf(await start('ann', KEYED))).toBe(REFUSED);
    expect(seen.map(({ refused }) => refused?.code)).toEqual([undefined, REFUSED]);
    expect(codeOf(await start())).toBe(REFUSED);
    expect(seen).toHaveLength(2);
    expect(state.refusals).toBe(2);
  });

  test('a count or a start that fails takes no place', async () => {
    const { state, start } = bounded(1);
    state.failing = true;
    await expect(Promise.all([start(), start()])).rejects.toThrow('away');
    state.failing = false;
    expect(codeOf(await start())).toBe('created');
    state.stored = 0;
    state.now = 1000;
    const counted = start();
    state.failing = true;
    await expect(counted).rejects.toThrow('away');
    state.failing = false;
    state.now = 2000;
    expect(codeOf(await start())).toBe('created');
  });

  test('one refusal a second is worth noting', async () => {
    const { state, open, start } = bounded(1);
    await start();
    const notes = [open.isWorthNoting('ann'), open.isWorthNoting('ann'), open.isWorthNoting('bob')];
    state.now = 1000;
    expect([...notes, open.isWorthNoting('ann')]).toEqual([true, false, true, true]);
  });
});

describe('OPEN_FLOWS_PER_CALLER', () => {
  const callers = new Callers();
  let running: Running;
  beforeAll(async () => {
    running = await callers.api({ openFlowsPerPrincipal: 2 });
  });
  afterAll(async () => {
    await running.close();
    callers[Symbol.dispose]();
  });

  const as = (name: string) => callers.as(name);
  const MANY =
    'mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created flow { flowId } problems { code message } } }';
  interface Started {
    readonly created: boolean;
    readonly flow: { readonly flowId: string } | null;
    readonly problems: readonly { readonly code: string; readonly message: string }[];
  }
  const many = async (name: string, keys: readonly (string | null)[]) => {
    const inputs = keys.map((idempotencyKey) => ({
      orchestrationName: 'tenantCreation',
      idempotencyKey,
    }));
    const { headers, body } = await running.graphql(MANY, { inputs }, as(name));
    const answers = body.data?.executeMany as unknown as readonly Started[];
    return { retryAfter: headers.get('retry-after'), answers };
  };
  const rest = (name: string, key?: string) =>
    running.post(
      '/api/orchestrations/execute',
      JSON.stringify({ orchestrationName: 'tenantCreation', payload: {} }),
      { ...as(name), ...(key !== undefined && { 'idempotency-key': key }) },
    );

  test('beyond it a start is refused with what to do and Retry-After; others are served', async () => {
    for (const name of ['ann', 'bob']) {
      const { retryAfter, answers } = await many(name, [null, null, null, null]);
      expect(retryAfter).toBe('1');
      expect(answers.map(({ created }) => created)).toEqual([true, true, false, false]);
      const message = expect.stringMatching(
        /^this caller has 2 open flows, and may have 2; .*OPEN_FLOWS_PER_CALLER/,
      );
      for (const { problems } of answers.slice(2))
        expect(problems).toEqual([{ code: REFUSED, message }]);
      const rows = running.engine.refusals.filter(({ actor }) => actor.endsWith(name));
      expect(rows).toMatchObject([{ code: REFUSED }]);
    }
  });

  test('REST answers 429; a repeated start is none; an ended flow frees its place; the metrics count it', async () => {
    const first = await many('eve', ['once', null]);
    expect(first.answers.map(({ created }) => created)).toEqual([true, true]);
    const [{ flow } = { flow: null }] = first.answers;
    const refused = await rest('eve', 'new');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.body).toMatchObject({ code: REFUSED, title: 'Too Many Requests' });
    expect((await rest('eve')).status).toBe(429);
    const again = await many('eve', ['once']);
    expect(again.answers).toEqual([{ created: false, flow, problems: [] }]);
    for (const step of ['createRealm', 'createUser'])
      await running.engine.answers(flow?.flowId ?? '', step);
    await eventually(async () => (await rest('eve')).status === 202);
    const { text } = await running.get('/metrics', as('eve'));
    expect(text).toMatch(/^backstep_refused_total\{limit="open_flows"\} [1-9]/m);
  });
});
