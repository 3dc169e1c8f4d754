import { describe, expect, test } from '@jest/globals';
import { startedApi } from './kit/server.js';
import { RawSocket, STEP_STATUS_CHANGED } from './kit/socket.js';
import { until } from './kit/until.js';

const api = startedApi();

const EVENTS =
  'subscription ($flowId: ID!, $after: Int) { flowEvents(flowId: $flowId, after: $after) { flowId number type at stepName action attempt stepStatus flowStatus message actor details } }';

type Values<T> = {
  readonly data?: Record<string, T> | null | undefined;
  readonly errors?: readonly object[] | undefined;
};

/** All of them, until the server completes. */
async function all<T>(iterator: AsyncIterable<Values<T>>): Promise<T[]> {
  const found: T[] = [];
  for await (const { data, errors } of iterator) {
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    found.push(...Object.values(data ?? {}));
  }
  return found;
}

describe('flowEvents', () => {
  test('gives what is stored, then what happens, each once and in order, and completes at the end', async () => {
    const flowId = await api.running.engine.startFlow();
    const subscriber = api.running.subscriber();
    const events = subscriber.iterate<Record<string, { number: number; type: string }>>({
      query: EVENTS,
      variables: { flowId },
    });
    const first = await events.next();
    expect(first.value?.data).toMatchObject({
      flowEvents: { number: 1, type: 'FLOW_STARTED', message: 'the flow starts', details: null },
    });
    await api.running.engine.answers(flowId, 'createRealm', {
      payload: '{"id":12345678901234567890}',
    });
    await api.running.engine.answers(flowId, 'createUser');
    const rest = await all(events);
    expect(rest.map(({ number, type }) => [number, type])).toEqual([
      [2, 'DO_SENT'],
      [3, 'DO_SUCCEEDED'],
      [4, 'DO_SENT'],
      [5, 'DO_SUCCEEDED'],
      [6, 'FLOW_COMPLETED'],
    ]);
    await subscriber.dispose();
  });

  test('goes on after the event a client has seen', async () => {
    const flowId = await api.running.engine.startFlow();
    await api.running.engine.answers(flowId, 'createRealm');
    await api.running.engine.answers(flowId, 'createUser');
    const subscriber = api.running.subscriber();
    const numbers = async (after: number): Promise<number[]> =>
      (
        await all(
          subscriber.iterate<Record<string, { number: number }>>({
            query: EVENTS,
            variables: { flowId, after },
          }),
        )
      ).map(({ number }) => number);
    expect(await numbers(4)).toEqual([5, 6]);
    expect(await numbers(6)).toEqual([]);
    await subscriber.dispose();
  });

  test.each([
    [{ flowId: 'nobody' }, 'UNKNOWN_FLOW', 'there is no flow nobody'],
    [{ flowId: '\u0000' }, 'BAD_USER_INPUT', 'flowId has a NUL character'],
    [
      { flowId: 'f', after: -1 },
      'BAD_USER_INPUT',
      'after must be a whole number 0 or more, not -1',
    ],
  ])('answers %p with %s', async (variables, code, message) => {
    const subscriber = api.running.subscriber();
    const answers: unknown[] = [];
    for await (const answer of subscriber.iterate({ query: EVENTS, variables }))
      answers.push(answer);
    expect(answers).toEqual([
      { errors: [expect.objectContaining({ message, extensions: { code } })] },
    ]);
    await subscriber.dispose();
  });

  test('is left behind by nothing when a client unsubscribes or disconnects', async () => {
    api.running.engine.followers.clear();
    const flowId = await api.running.engine.startFlow();
    const subscriber = api.running.subscriber();
    const one = subscriber.iterate({ query: EVENTS, variables: { flowId } });
    const other = subscriber.iterate({ query: STEP_STATUS_CHANGED, variables: {} });
    await one.next();
    const pending = other.next();
    await until('both are subscribed', () => api.running.engine.followers.size === 2);
    await one.return?.();
    await until(
      'the first has ended',
      () => [...api.running.engine.followers].filter(({ aborted }) => aborted).length === 1,
    );
    await subscriber.dispose();
    await pending.catch(() => undefined);
    await until('both have ended', () =>
      [...api.running.engine.followers].every(({ aborted }) => aborted),
    );
  });

  test('reports a fault without its cause', async () => {
    const flowId = await api.running.engine.startFlow();
    api.running.engine.failure = new Error('select * from orchestration_run on host db-7');
    const subscriber = api.running.subscriber();
    const answer = await subscriber.iterate<never>({ query: EVENTS, variables: { flowId } }).next();
    api.running.engine.failure = null;
    expect(answer.value?.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(answer)).not.toMatch(/select|db-7|stack/);
    expect(api.running.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    await subscriber.dispose();
  });
});

describe('stepStatusChanged', () => {
  test('gets the changes of one flow, of one orchestration, or of all', async () => {
    const [flowId, other] = [
      await api.running.engine.startFlow(),
      await api.running.engine.startFlow(),
    ];
    const socket = await RawSocket.open(api.running.socketUrl);
    socket.subscribe('flow', STEP_STATUS_CHANGED, { flowId });
    socket.subscribe('orchestration', STEP_STATUS_CHANGED, { orchestrationName: 'tenantCreation' });
    socket.subscribe('another', STEP_STATUS_CHANGED, { orchestrationName: 'another' });
    socket.subscribe('all', STEP_STATUS_CHANGED, {});
    await socket.answered('{ orchestration(name: "x") { name } }');
    await api.running.engine.answers(flowId, 'createRealm');
    await api.running.engine.fails(other, 'createRealm', 'no', { retryable: true });
    const changes = (id: string) =>
      socket.values(id).map((value) => (value as { stepStatusChanged: object }).stepStatusChanged);
    await until('all were delivered', () => changes('all').length === 3);
    expect(changes('all')[0]).toEqual({
      flowId,
      orchestrationName: 'tenantCreation',
      stepName: 'createRealm',
      seq: 1,
      status: 'DO_SUCCESS',
      previousStatus: 'IN_PROGRESS',
      retryCount: 0,
      errorMessage: null,
      flowStatus: 'IN_PROGRESS',
      at: expect.stringMatching(/^2026-11-23T12:00:.*Z$/),
      eventNumber: 3,
    });
    expect(changes('all')[2]).toMatchObject({
      flowId: other,
      status: 'DO_FAIL',
      errorMessage: 'no',
    });
    await until(
      'those of one flow were delivered',
      () => changes('flow').length === 2 && changes('orchestration').length === 3,
    );
    expect(changes('another')).toEqual([]);
    socket.close();
  });

  test('a client that does not keep up gets LAGGED, and uses no more memory', async () => {
    const flowIds = await Promise.all(
      Array.from({ length: 1500 }, () => api.running.engine.startFlow()),
    );
    const socket = await RawSocket.open(api.running.socketUrl);
    socket.subscribe('all', STEP_STATUS_CHANGED, {});
    await socket.answered('{ orchestration(name: "x") { name } }');
    // All in one commit: the subscription has no moment to pass them on.
    await api.running.engine.answersAll(flowIds, 'createRealm');
    await until(
      'it got the error',
      () => socket.errors('all').length > 0 || socket.values('all').length >= 1500,
    );
    expect(socket.errors('all')).toMatchObject([
      { extensions: { code: 'LAGGED', retryable: true } },
    ]);
    socket.close();
  });

  test.each([
    [{ flowId: '\u0000' }, 'flowId'],
    [{ orchestrationName: 'x'.repeat(201) }, 'orchestrationName'],
  ])('refuses a wrong filter, naming the field (%#)', async (variables, field) => {
    const subscriber = api.running.subscriber();
    const answer = await subscriber.iterate({ query: STEP_STATUS_CHANGED, variables }).next();
    expect(answer.value).toEqual({
      errors: [
        expect.objectContaining({
          message: expect.stringContaining(field),
          extensions: { code: 'BAD_USER_INPUT' },
        }),
      ],
    });
    await subscriber.dispose();
  });
});
