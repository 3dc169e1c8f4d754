import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readRegistration } from '../../src/wire/documents.js';
import { Running, TENANT } from './kit/server.js';

const SHOWN = `orchestration { name version
  policies { stepName maxRetries undoMaxRetries timeoutMs undoTimeoutMs backoff actor reason at }
  steps { name maxRetries undoMaxRetries timeoutMs } } problems { code path message suggestions }`;
const SET = `mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { ${SHOWN} } }`;
const input = { orchestrationName: 'tenantCreation', reason: 'the partner is slow' };

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
beforeEach(() => {
  running.engine.calls.length = 0;
});
afterAll(() => running.close());

const set = async (values: object, headers = {}) => {
  const answer = await running.data(SET, { input: { ...input, ...values } }, headers);
  return answer.setPolicy as unknown;
};

describe('setPolicy', () => {
  test('shows what holds now, with who set it, why and when; set to nothing it is gone', async () => {
    const backoff = { initial: '2s', jitter: 'none' };
    await set({ maxRetries: 7, undoTimeoutMs: 5000, backoff }, { 'x-actor': 'ann' });
    const own = { stepName: 'createUser', maxRetries: 0, timeoutMs: 1 };
    const nothing = { undoMaxRetries: null, undoTimeoutMs: null, backoff: null };
    const by = { reason: input.reason, at: '2026-11-23T12:00:00.000Z' };
    expect(await set(own)).toEqual({
      orchestration: {
        name: 'tenantCreation',
        version: 1,
        policies: [
          {
            ...nothing,
            stepName: null,
            maxRetries: 7,
            timeoutMs: null,
            undoTimeoutMs: 5000,
            backoff: { initial: 2000, jitter: 'none' },
            actor: 'ann',
            ...by,
          },
          { ...nothing, ...own, actor: 'anonymous', ...by },
        ],
        steps: [
          { name: 'createRealm', maxRetries: 7, undoMaxRetries: 1, timeoutMs: 300_000 },
          { name: 'createUser', maxRetries: 0, undoMaxRetries: 1, timeoutMs: 1 },
        ],
      },
      problems: [],
    });

    const document = TENANT.replace('maxRetries: 1', 'maxRetries: 2');
    await running.engine.service.register(readRegistration(document, { serviceName: 'tenants' }), {
      dryRun: false,
    });
    const query =
      '{ orchestration(name: "tenantCreation") { version policies { maxRetries } steps { maxRetries undoMaxRetries } } }';
    expect(await running.data(query)).toEqual({
      orchestration: {
        version: 2,
        policies: [{ maxRetries: 7 }, { maxRetries: 0 }],
        steps: [
          { maxRetries: 7, undoMaxRetries: 2 },
          { maxRetries: 0, undoMaxRetries: 2 },
        ],
      },
    });

    await set({});
    expect(await set({ stepName: 'createUser' })).toMatchObject({
      orchestration: { policies: [], steps: [{ maxRetries: 2 }, { maxRetries: 2 }] },
      problems: [],
    });
  });

  test('names every problem of its input at once, and sets nothing', async () => {
    const backoff = { inital: 1 };
    const wrong = { maxRetries: 1001, timeoutMs: 0, backoff, stepName: '', reason: ' ' };
    expect(await set(wrong)).toMatchObject({
      orchestration: null,
      problems: [
        { code: 'INVALID_TEXT', path: 'stepName' },
        {
          code: 'FIELD_INVALID',
          path: 'maxRetries',
          message: 'maxRetries must be a whole number from 0 to 1000, not the number 1001',
        },
        { code: 'FIELD_INVALID', path: 'timeoutMs' },
        { code: 'UNKNOWN_FIELD', path: 'backoff.inital', suggestions: ['initial'] },
        { code: 'REASON_MISSING', path: 'reason' },
      ],
    });
    expect(running.engine.calls).toEqual([]);
  });

  test.each(['2.0', '2', '1.50e1'])(
    'takes the factor %s as a number, however it is written',
    async (factor) => {
      const query = `mutation { setPolicy(input: {orchestrationName: "tenantCreation", reason: "x", backoff: {factor: ${factor}}}) { problems { message } orchestration { policies { backoff } } } }`;
      const wanted = {
        problems: [],
        orchestration: { policies: [{ backoff: { factor: Number(factor) } }] },
      };
      expect(await running.data(query)).toEqual({ setPolicy: wanted });
      const variables = `{"input":{"orchestrationName":"tenantCreation","reason":"x","backoff":{"factor":${factor}}}}`;
      const { body } = await running.post(
        '/graphql',
        `{"query":${JSON.stringify(SET)},"variables":${variables}}`,
      );
      expect(body).toMatchObject({ data: { setPolicy: wanted } });
      await set({});
    },
  );

  test('of an unknown orchestration or step has suggestions', async () => {
    expect(await set({ orchestrationName: 'tenantCration', maxRetries: 1 })).toMatchObject({
      orchestration: null,
      problems: [
        {
          code: 'UNKNOWN_ORCHESTRATION',
          path: 'orchestrationName',
          suggestions: ['tenantCreation'],
        },
      ],
    });
    expect(await set({ stepName: 'createUsers', maxRetries: 1 })).toMatchObject({
      orchestration: { policies: [] },
      problems: [{ code: 'UNKNOWN_STEP', path: 'stepName', suggestions: ['createUser'] }],
    });
  });
});
