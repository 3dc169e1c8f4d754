/**
 * A Java team's messages, byte for byte as its unmodified library sends them, on a real Kafka:
 * registrations in any order, and a flow to its end.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { ROOT } from './kit/child.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, unique } from './kit/surroundings.js';

interface Captured {
  readonly topic: string;
  readonly value: string;
}

const CAPTURED_ID = 'dc179632-e598-490c-a389-9ab3c5cd6449';
const FLOW_ID = randomUUID();
const captured = readFileSync(join(ROOT, 'testing/fixtures/wire/java-wire.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line.replaceAll(CAPTURED_ID, FLOW_ID)) as Captured);
const onTopic = (name: string): string[] =>
  captured.filter(({ topic }) => topic === `orchestrator.${name}`).map(({ value }) => value);
const [worker = '', initiator = ''] = onTopic('registration');
const STATUS = 'query ($name: String!) { orchestration(name: $name) { status } }';

describe("the Java library's own messages", () => {
  const stack = new AsyncDisposableStack();
  let gateway: Gateway;
  let broker: TestBroker;
  let answers: Listener;

  beforeAll(async () => {
    const database = stack.use(await newDatabase());
    broker = stack.use(await openBroker());
    gateway = stack.use(await startGateway({ database, group: `java-${unique()}` }));
    answers = await broker.listen('orchestrator.registration.status');
  }, 180_000);
  afterAll(() => stack.disposeAsync(), 90_000);

  const register = (text: string): Promise<void> =>
    broker.sendText('orchestrator.registration', text);
  const status = async (name: string): Promise<string | undefined> => {
    const found = await gateway.client.graphql<{ orchestration: { status: string } | null }>(
      STATUS,
      { name },
    );
    return found.orchestration?.status;
  };
  const answer = (name: string, as: string): Promise<unknown> =>
    answers
      .receives(`an answer for ${as} of ${name}`, ({ payload }) => isAnswer(payload, name, as))
      .then(({ payload }) => payload);

  test.each([
    { order: 'first', pair: [worker, initiator], together: false },
    { order: 'last', pair: [initiator, worker], together: false },
    { order: 'at the same time', pair: [worker, initiator], together: true },
  ])(
    'a worker that registers $order is REGISTERED, its topics are there',
    async (one) => {
      const name = `ref-${unique()}`;
      const [first = '', second = ''] = one.pair.map((text) => text.replaceAll('refFlow', name));
      if (one.together) await Promise.all([register(first), register(second)]);
      else {
        await register(first);
        await answer(name, first.includes('"as":"worker"') ? 'worker' : 'initiator');
        await register(second);
      }
      for (const as of ['worker', 'initiator'])
        expect(await answer(name, as)).toMatchObject({ failureReason: null });
      expect(await status(name)).toBe('REGISTERED');
      const topics = await broker.admin.listTopics();
      for (const step of ['s1', 's2'])
        for (const action of ['do', 'undo'])
          expect(topics).toContain(`orchestrator.${name}.${step}.${action}`);
    },
    60_000,
  );

  test('a refused registration names its document, step and field', async () => {
    const name = `ref-${unique()}`;
    await register(worker.replaceAll('refFlow', name).replace('"doMethod":"doS2"', '"doMethd":1'));
    expect(await answer(name, 'worker')).toMatchObject({
      status: 'FAILED',
      failureReason: expect.stringMatching(
        new RegExp(`UNKNOWN_FIELD at steps\\[1\\]\\.doMethd: .*${name}, as worker, step s2`),
      ),
    });
  });

  test('the captured flow runs to its end, each captured reply sent once its command is there', async () => {
    // The third step of the captured flow was registered by a document that was not captured.
    const third = (text: string): string =>
      text.replace(
        /("steps":\[.*)(\{"seq":2.*?\})\]/,
        (_, before: string, step: string) =>
          `${before}${step},${step.replace('"seq":2', '"seq":3').replaceAll('s2', 's3')}]`,
      );
    await register(third(initiator));
    await answer('refFlow', 'initiator');
    const steps = ['s1', 's2', 's3'];
    const commands = await broker.listen(
      ...steps.flatMap((step) =>
        ['do', 'undo'].map((action) => `orchestrator.refFlow.${step}.${action}`),
      ),
    );
    const ends = await broker.listen('orchestrator.execution.status');
    const [start = ''] = onTopic('execution.start');
    await broker.sendText('orchestrator.execution.start', start);
    for (const reply of onTopic('response.result')) {
      const { headers } = JSON.parse(reply) as { headers: { attemptId: string } };
      await commands.receives(
        `the command ${headers.attemptId}`,
        (record) => record.headers.attemptId === headers.attemptId,
      );
      await broker.sendText('orchestrator.response.result', reply);
    }
    const end = await ends.receives('the end', (record) => record.headers.flowId === FLOW_ID);
    expect(end.payload).toMatchObject({ status: 'UNDONE' });
    const { steps: after } = await gateway.client.ended(FLOW_ID);
    expect(after.map(({ stepName, status: is, retryCount }) => [stepName, is, retryCount])).toEqual(
      [
        ['s1', 'UNDO_SUCCESS', 0],
        ['s2', 'UNDO_SUCCESS', 0],
        ['s3', 'RETRY_EXHAUSTED', 3],
      ],
    );
    expect(commands.received.filter(({ headers }) => headers.flowId === FLOW_ID)).toHaveLength(10);
  });
});

function isAnswer(payload: unknown, name: string, as: string): boolean {
  const fields = (payload ?? {}) as { readonly orchName?: unknown; readonly as?: unknown };
  return fields.orchName === name && fields.as === as;
}
