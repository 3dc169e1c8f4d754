import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { readRegistration } from '../../src/wire/documents.js';
import { Running } from './kit/server.js';

let running: Running;
let flowId: string;

const EXECUTE =
  'mutation ($input: ExecuteInput!) { execute(input: $input) { flow { flowId } problems { code message } } }';

async function started(payload: unknown = null, more: object = {}): Promise<string> {
  const input = { orchestrationName: 'tenantCreation', payload, ...more };
  const { execute } = await running.data<{ execute: { flow: { flowId: string } } }>(EXECUTE, {
    input,
  });
  return execute.flow.flowId;
}

beforeAll(async () => {
  running = await Running.start();
  const { engine } = running;
  flowId = await started(
    { tenant: 'acme' },
    { headers: { correlationId: 'c-1' }, initiator: 'shop', idempotencyKey: 'k-1' },
  );
  await engine.answers(flowId, 'createRealm', { payload: '{"realm":9007199254740993}' });
  await engine.progresses(flowId, 'createUser', 0.5);
  await engine.fails(flowId, 'createUser', 'no quota', { retryable: true });
});
afterAll(() => running.close());

describe('details', () => {
  test('shows a flow with its steps, payloads and what may be done', async () => {
    const { details } = await running.data(`{ details(flowId: "${flowId}") {
      flowId orchestrationName orchestrationVersion type status paused input output headers initiator idempotencyKey failureReason
      startedAt endedAt durationMs deadline pausedAt pauseReason lastEventNumber
      steps { stepName seq objectType status retryCount maxRetries undoRetryCount undoMaxRetries errorMessage errorCode input output
        startedAt endedAt undoneAt durationMs nextAttemptAt deadline progress progressMessage skipped }
      availableActions { name stepName allowed reason } } }`);
    expect(details).toMatchObject({
      flowId,
      orchestrationName: 'tenantCreation',
      orchestrationVersion: 1,
      type: 'SEQUENTIAL',
      status: 'IN_PROGRESS',
      paused: false,
      input: { tenant: 'acme' },
      output: null,
      headers: { correlationId: 'c-1' },
      initiator: 'shop',
      idempotencyKey: 'k-1',
      startedAt: '2026-11-23T12:00:00.010Z',
      endedAt: null,
      steps: [
        {
          stepName: 'createRealm',
          seq: 1,
          objectType: 'Realm',
          status: 'DO_SUCCESS',
          startedAt: '2026-11-23T12:00:00.010Z',
        },
        {
          stepName: 'createUser',
          seq: 2,
          status: 'DO_FAIL',
          errorMessage: 'no quota',
          nextAttemptAt: '2026-11-23T12:00:01.040Z',
        },
      ],
    });
    expect(details).toHaveProperty(
      'availableActions',
      expect.arrayContaining([expect.objectContaining({ name: 'cancelFlow', allowed: true })]),
    );
  });

  test('keeps the digits of big numbers that workers answer', async () => {
    const { text } = await running.graphql(`{ details(flowId: "${flowId}") { steps { output } } }`);
    expect(text).toContain('"output":{"realm":9007199254740993}');
  });

  test('has the timeline in sentences, with the details of each event, and reads the flow once', async () => {
    running.engine.calls.length = 0;
    const query = `{ details(flowId: "${flowId}") { timeline { number type at stepName action attempt stepStatus flowStatus message actor details } } }`;
    const { details } = await running.data<{ details: { timeline: Record<string, unknown>[] } }>(
      query,
    );
    expect(running.engine.calls).toEqual(['flows', 'timelines']);
    expect(details.timeline.map(({ number, type }) => [number, type])).toEqual([
      [1, 'FLOW_STARTED'],
      [2, 'DO_SENT'],
      [3, 'DO_SUCCEEDED'],
      [4, 'DO_SENT'],
      [5, 'STEP_PROGRESS'],
      [6, 'DO_FAILED'],
      [7, 'DO_RETRY_SCHEDULED'],
    ]);
    expect(details.timeline[2]).toMatchObject({
      action: 'DO',
      attempt: 1,
      stepStatus: 'DO_SUCCESS',
      details: { output: { realm: expect.anything() } },
    });
    expect(details.timeline[5]).toMatchObject({
      message: 'DO createUser failed: no quota',
      details: { errorMessage: 'no quota', final: false },
    });
    expect(details.timeline[6]).toMatchObject({
      details: { nextAttemptAt: '2026-11-23T12:00:01.040Z' },
    });
  });

  test('fills a short page of the timeline although some events are not for readers', async () => {
    const id = await started();
    for (const progress of [0.1, 0.2, 0.3])
      await running.engine.progresses(id, 'createRealm', progress);
    await running.engine.answers(id, 'createRealm');
    const query =
      'query ($id: ID!, $after: Int) { details(flowId: $id) { timeline(first: 2, after: $after) { number type } } }';
    const { details } = await running.data<{ details: unknown }>(query, { id, after: 2 });
    expect(details).toEqual({
      timeline: [
        { number: 3, type: 'STEP_PROGRESS' },
        { number: 6, type: 'DO_SUCCEEDED' },
      ],
    });
  });

  test('is null for a flow that is not there', async () => {
    expect(await running.data('{ details(flowId: "nobody") { status } }')).toEqual({
      details: null,
    });
  });

  test.each([
    ['{ details(flowId: "a\\u0000b") { status } }', 'flowId has a NUL character'],
    [
      `{ details(flowId: "${'x'.repeat(201)}") { status } }`,
      'flowId has 201 characters, at most 200 are allowed',
    ],
    [
      '{ details(flowId: "FLOW") { timeline(first: 0) { number } } }',
      'first must be a whole number from 1 to 1000, not 0',
    ],
    [
      '{ details(flowId: "FLOW") { timeline(first: 1001) { number } } }',
      'first must be a whole number from 1 to 1000, not 1001',
    ],
    [
      '{ details(flowId: "FLOW") { timeline(after: -1) { number } } }',
      'after must be a whole number 0 or more, not -1',
    ],
  ])('refuses %#, naming the field', async (query, message) => {
    expect(await running.error(query.replace('FLOW', flowId))).toMatchObject({
      code: 'BAD_USER_INPUT',
      message,
    });
  });
});

describe('orchestrations', () => {
  const STEPS =
    'steps { seq name objectType maxRetries undoMaxRetries timeoutMs doTopic undoTopic workers }';

  test('one is shown as registered, with its topics and workers', async () => {
    const worker = 'orchestrationName: tenantCreation\nas: worker\nsteps:\n  - name: createRealm\n';
    await running.engine.service.register(readRegistration(worker, { serviceName: 'realms' }), {
      dryRun: false,
    });
    const query = `{ orchestration(name: "tenantCreation") { name version type status paused archived labels initiator createdAt ${STEPS}
      history(first: 1) { edges { node { flowId } } } } }`;
    const { orchestration } = await running.data(query);
    expect(orchestration).toMatchObject({
      name: 'tenantCreation',
      version: 1,
      type: 'SEQUENTIAL',
      status: 'PARTIALLY_REGISTERED',
      paused: false,
      archived: false,
      labels: { team: 'tenants' },
      initiator: 'tenants',
      createdAt: '2026-11-23T12:00:00.000Z',
      steps: [
        {
          seq: 1,
          name: 'createRealm',
          maxRetries: 1,
          timeoutMs: 300_000,
          doTopic: 'orchestrator.tenantCreation.createRealm.do',
          workers: ['realms'],
        },
        {
          seq: 2,
          name: 'createUser',
          undoTopic: 'orchestrator.tenantCreation.createUser.undo',
          workers: [],
        },
      ],
      history: { edges: [{ node: { flowId: [...running.engine.flows.keys()].at(-1) } }] },
    });
  });

  test('a page of them reads the workers of all at once', async () => {
    for (const name of ['billing', 'cleaning']) {
      const document = `orchestrationName: ${name}\nas: initiator\ntype: parallel\nsteps: [{ seq: 1, name: only }]\n`;
      await running.engine.service.register(readRegistration(document, { serviceName: null }), {
        dryRun: false,
      });
    }
    running.engine.calls.length = 0;
    const { orchestrations } = await running.data<{
      orchestrations: { edges: { node: { name: string } }[] };
    }>(
      `{ orchestrations(first: 2) { edges { cursor node { name status ${STEPS} } } pageInfo { hasNextPage endCursor } } }`,
    );
    expect(orchestrations.edges.map(({ node }) => node.name)).toEqual(['billing', 'cleaning']);
    expect(running.engine.calls).toEqual(['orchestrations', 'workersOf']);
  });

  test('are found by a part of the name, and one that is not there is null', async () => {
    const found =
      '{ orchestrations(nameContains: "bill") { edges { node { name } } } orchestration(name: "nobody") { name } }';
    expect(await running.data(found)).toEqual({
      orchestrations: { edges: [{ node: { name: 'billing' } }] },
      orchestration: null,
    });
    expect(await running.data('{ orchestration(name: "billing", version: 7) { name } }')).toEqual({
      orchestration: null,
    });
  });

  test.each([
    ['{ orchestrations(first: 1000) { edges { cursor } } }', 'first must be'],
    ['{ orchestrations(nameContains: "\\u0000") { edges { cursor } } }', 'nameContains has a NUL'],
    ['{ orchestration(name: "\\u0000") { name } }', 'name has a NUL'],
    [
      '{ orchestration(name: "billing", version: 0) { name } }',
      'version must be a whole number 1 or more, not 0',
    ],
    [
      '{ orchestration(name: "billing") { history(first: 0) { edges { cursor } } } }',
      'first must be',
    ],
  ])('refuses %s', async (query, message) => {
    expect(await running.error(query)).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(message),
    });
  });

  test('one request may not read the whole database through nested lists', async () => {
    const query =
      'query ($many: Int) { history(first: $many) { edges { node { timeline(first: 1000) { number } t2: timeline(first: 1000) { number } } } } }';
    for (let count = 0; count < 20; count++) await started();
    expect((await running.graphql(query, { many: 20 })).body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('this request needs too much at once'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

test('introspection is within the limits', async () => {
  const { status, body } = await running.graphql(getIntrospectionQuery());
  expect([status, body.errors]).toEqual([200, undefined]);
});
