/** The smallest worker there is, in Python, against the built gateway. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listener, openBroker, type ReceivedRecord, type TestBroker } from './kit/broker.js';
import { type Child, ROOT } from './kit/child.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, unique } from './kit/surroundings.js';
import { buildPythonWorker, startPythonWorker } from './kit/workers.js';

const FOLDER = join(ROOT, 'examples/python-worker');

describe('a Python worker', () => {
  const stack = new AsyncDisposableStack();
  let gateway: Gateway;
  let broker: TestBroker;
  let replies: Listener;
  let worker: Child;

  beforeAll(async () => {
    buildPythonWorker();
    const database = stack.use(await newDatabase());
    gateway = stack.use(await startGateway({ database, group: `python-${unique()}` }));
    await gateway.client.register(readFileSync(join(FOLDER, 'orchestration.yaml'), 'utf8'));
    broker = stack.use(await openBroker());
    replies = await broker.listen('orchestrator.response.result');
    worker = stack.use(startPythonWorker());
  }, 480_000);
  afterAll(() => stack.disposeAsync(), 90_000);

  test('is less than 60 lines long', () => {
    expect(
      readFileSync(join(FOLDER, 'worker.py'), 'utf8').trimEnd().split('\n').length,
    ).toBeLessThan(60);
  });

  test('completes a flow', async () => {
    const flowId = await gateway.client.execute('tripBooking', { city: 'Rome' });
    const flow = await gateway.client.ended(flowId);
    expect(flow.status).toBe('COMPLETED');
    expect(flow.steps.map(({ status }) => status)).toEqual(['DO_SUCCESS', 'DO_SUCCESS']);
    const query = 'query ($flowId: ID!) { details(flowId: $flowId) { output } }';
    const { details } = await gateway.client.graphql<{ details: unknown }>(query, { flowId });
    expect(details).toEqual({
      output: { city: 'Rome', bookFlight: 'booked', bookHotel: 'booked' },
    });
  });

  test('undoes a flow whose second step fails', async () => {
    const flowId = await gateway.client.execute('tripBooking', {
      city: 'Rome',
      failAt: 'bookHotel',
    });
    const flow = await gateway.client.ended(flowId);
    expect(flow.status).toBe('UNDONE');
    expect(flow.steps).toMatchObject([
      { stepName: 'bookFlight', status: 'UNDO_SUCCESS' },
      {
        stepName: 'bookHotel',
        status: 'RETRY_EXHAUSTED',
        errorMessage: 'bookHotel: nothing free in Rome',
      },
    ]);
    const undone = new RegExp(`${flowId} orchestrator.tripBooking.bookFlight.undo ok`);
    await worker.prints(undone);
  });

  test('refuses a DO past its deadline, and echoes the headers of the command', async () => {
    const command = commandOf('DO', new Date(Date.now() - 1000));
    const { headers } = await answerTo(command);
    expect(headers).toEqual({
      ...command,
      status: false,
      errorMessage: expect.stringContaining('past its deadline'),
    });
  });

  test('takes an UNDO of what is undone already for a success, also past its deadline', async () => {
    const command = commandOf('UNDO', new Date(Date.now() - 1000));
    expect((await answerTo(command)).headers).toEqual({ ...command, status: true });
    expect(
      (await answerTo({ ...command, attempt: 2, attemptId: `${command.attemptId}-2` })).headers,
    ).toMatchObject({ status: true });
  });

  /** Plays the gateway: sends a command of an unknown flow, and receives the answer. */
  async function answerTo(command: ReturnType<typeof commandOf>): Promise<ReceivedRecord> {
    await broker.send(
      `orchestrator.tripBooking.bookFlight.${command.action.toLowerCase()}`,
      command,
      { city: 'Rome' },
    );
    return replies.receives(
      `the answer to ${command.attemptId}`,
      ({ headers }) => headers.attemptId === command.attemptId,
    );
  }
});

function commandOf(action: 'DO' | 'UNDO', deadline: Date) {
  const flowId = `played-${unique()}`;
  const attemptId = `${flowId}.${action}.1`;
  const protocol = {
    flowId,
    stepName: 'bookFlight',
    action,
    orchestrationName: 'tripBooking',
    seq: 1,
    attempt: 1,
    attemptId,
  };
  return {
    ...protocol,
    status: true,
    deadline: deadline.toISOString(),
    timestamp: new Date().toISOString(),
    correlationId: 'c-1',
  };
}
