/** The first minute: what a new user reads, and how the example workers answer. */
import { describe, expect, test } from '@jest/globals';
import { traceFlow } from '../../src/demo/trace.js';
import { startDemoWorkers } from '../../src/demo/workers.js';
import type { WorkerClient, WorkerMessage, WorkerRecord } from '../../src/engine/ports.js';
import type { EngineService } from '../../src/engine/service.js';
import { silent } from '../../src/observability/log.js';
import type { EventBody, EventEnvelope, FlowEvent } from '../../src/saga/event.js';

type Left = Partial<Pick<EventEnvelope, 'flowStatus' | 'stepStatus'>>;

/** Events 100 ms apart. */
function timeline(...events: readonly (EventBody & Left)[]): FlowEvent[] {
  const envelope = { flowStatus: 'IN_PROGRESS', stepStatus: null, stepStatusBefore: null } as const;
  return events.map((event, index) => ({
    ...envelope,
    ...event,
    number: index + 1,
    at: 1_000 + index * 100,
  }));
}

async function trace(
  events: readonly FlowEvent[],
  coloured = false,
): Promise<{ lines: string[]; short: string }> {
  const follow = async (): Promise<AsyncIterable<FlowEvent>> =>
    (async function* () {
      yield* events;
    })();
  const lines: string[] = [];
  const short = await traceFlow({ follow } as unknown as EngineService, 'f', {
    print: (line) => lines.push(line),
    coloured,
  });
  return { lines, short };
}

const failure = {
  errorMessage: 'the mail address is taken',
  errorCode: null,
  final: false,
  unknown: false,
};
const UNDONE = timeline(
  { type: 'FLOW_STARTED' },
  { type: 'DO_SENT', stepName: 'createRealm', attempt: 1, deadline: 0, stepStatus: 'IN_PROGRESS' },
  {
    type: 'DO_SUCCEEDED',
    stepName: 'createRealm',
    attempt: 1,
    late: false,
    assumed: false,
    output: null,
    stepStatus: 'DO_SUCCESS',
  },
  { type: 'DO_SENT', stepName: 'createUser', attempt: 1, deadline: 0, stepStatus: 'IN_PROGRESS' },
  { type: 'DO_FAILED', stepName: 'createUser', attempt: 1, ...failure, stepStatus: 'DO_FAIL' },
  {
    type: 'DO_RETRY_SCHEDULED',
    stepName: 'createUser',
    attempt: 2,
    nextAttemptAt: 1_800,
    stepStatus: 'DO_FAIL',
  },
  { type: 'DO_SENT', stepName: 'createUser', attempt: 2, deadline: 0, stepStatus: 'IN_PROGRESS' },
  { type: 'DO_FAILED', stepName: 'createUser', attempt: 2, ...failure, stepStatus: 'DO_FAIL' },
  { type: 'DO_RETRIES_EXHAUSTED', stepName: 'createUser', stepStatus: 'RETRY_EXHAUSTED' },
  {
    type: 'FLOW_TURNED_AROUND',
    cause: 'RETRIES_EXHAUSTED',
    stepName: 'createUser',
    failureReason: 'taken',
    actor: null,
    flowStatus: 'UNDOING',
    stepStatus: 'RETRY_EXHAUSTED',
  },
  {
    type: 'UNDO_SENT',
    stepName: 'createRealm',
    attempt: 1,
    round: 1,
    deadline: 0,
    flowStatus: 'UNDOING',
    stepStatus: 'UNDOING',
  },
  {
    type: 'UNDO_SUCCEEDED',
    stepName: 'createRealm',
    attempt: 1,
    round: 1,
    late: false,
    flowStatus: 'UNDOING',
    stepStatus: 'UNDO_SUCCESS',
  },
  { type: 'FLOW_UNDONE', flowStatus: 'UNDONE' },
);

describe('a flow printed live', () => {
  test('is one line for each thing that happened, with the status names as they are', async () => {
    const { lines } = await trace(UNDONE);
    const seen = lines.map((line) => line.trim().split(/\s+/).slice(3, 5).join(' '));
    expect(seen).toEqual([
      'createRealm IN_PROGRESS',
      'createRealm DO_SUCCESS',
      'createUser IN_PROGRESS',
      'createUser DO_FAIL',
      'createUser DO_FAIL',
      'createUser IN_PROGRESS',
      'createUser DO_FAIL',
      'createUser RETRY_EXHAUSTED',
      expect.stringMatching(/^UNDOING/),
      'createRealm UNDOING',
      'createRealm UNDO_SUCCESS',
      expect.stringMatching(/^UNDONE/),
    ]);
    expect(lines[4]).toContain('it will be tried again in 0.3 s');
  });

  test('has its columns under each other, and times from its start', async () => {
    const { lines } = await trace(UNDONE);
    expect(lines[0]).toMatch(/^ {4}0\.10 s {2}→/);
    expect(new Set(lines.map((line) => line.search(/[A-Z_]{6,}/))).size).toBe(1);
  });

  test('ends with all of it in one line', async () => {
    expect((await trace(UNDONE)).short).toBe(
      'createRealm+ createUser- createUser- ~createRealm+ => UNDONE',
    );
  });

  test('has colours only where they are seen', async () => {
    expect((await trace(UNDONE)).lines.join('')).not.toContain('\u001b');
    expect((await trace(UNDONE, true)).lines.join('')).toContain('\u001b[31m✗');
  });

  test('that an operator ended has the name', async () => {
    const ended: EventBody = {
      type: 'FLOW_CANCELLED',
      failureReason: 'x',
      actor: 'ann',
      reason: 'a test',
    };
    const { lines, short } = await trace(
      timeline({ type: 'FLOW_STARTED' }, { ...ended, flowStatus: 'CANCELLED' }),
    );
    expect(lines.join()).toContain('ended by ann: a test');
    expect(short).toBe('=> CANCELLED');
  });
});

describe('an example worker', () => {
  async function answers(value: string): Promise<WorkerMessage[]> {
    const sent: WorkerMessage[] = [];
    let give: (record: WorkerRecord) => Promise<void> = async () => undefined;
    const client: WorkerClient = {
      subscribe: async (topics, onRecord) => {
        expect(topics).toEqual(['create.do', 'create.undo']);
        give = onRecord;
      },
      send: async (messages) => void sent.push(...messages),
      close: async () => undefined,
    };
    await startDemoWorkers(
      client,
      [{ stepName: 'create', topics: ['create.do', 'create.undo'] }],
      'replies',
      silent('demo'),
    );
    await give({ topic: 'create.do', key: null, value: Buffer.from(value), headers: {} });
    return sent;
  }
  const command = (headers: object, payload: unknown): string =>
    JSON.stringify({
      headers: {
        flowId: 'flow-1',
        stepName: 'create',
        action: 'DO',
        attemptId: 'a:1',
        own: 'kept',
        ...headers,
      },
      payload,
    });

  test('answers with the headers of the command, a status and what it made', async () => {
    const [reply, ...more] = await answers(command({}, { tenant: 'globex' }));
    expect(more).toEqual([]);
    expect(reply).toMatchObject({ topic: 'replies', key: 'flow-1' });
    expect(JSON.parse(reply?.value ?? '')).toEqual({
      headers: {
        flowId: 'flow-1',
        stepName: 'create',
        action: 'DO',
        attemptId: 'a:1',
        own: 'kept',
        status: true,
      },
      payload: { tenant: 'globex', createId: 'create-flow-1' },
    });
  });

  test('fails the step that the payload names, with a reason; undoing it works', async () => {
    const payload = { tenant: 'acme', failAt: 'create' };
    const [failed] = await answers(command({}, payload));
    expect(JSON.parse(failed?.value ?? '')).toMatchObject({
      headers: { status: false, errorMessage: expect.stringContaining('acme') },
    });
    const [undone] = await answers(command({ action: 'UNDO' }, payload));
    expect(JSON.parse(undone?.value ?? '')).toMatchObject({
      headers: { action: 'UNDO', status: true },
      payload,
    });
  });

  test.each([
    '',
    'nonsense',
    'null',
    '{"headers":null}',
    '{"headers":{"flowId":"f","stepName":"s","action":"JUMP"}}',
  ])('leaves %j alone', async (value) => expect(await answers(value)).toEqual([]));
});
