import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Running, TENANT } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
beforeEach(() => {
  running.engine.failure = null;
});
afterAll(() => running.close());

async function begunFlow(): Promise<string> {
  const query =
    'mutation { execute(input: { orchestrationName: "tenantCreation" }) { flow { flowId } } }';
  const { execute } = await running.data<{ execute: { flow: { flowId: string } } }>(query);
  return execute.flow.flowId;
}

describe('registerOrchestration', () => {
  const REGISTER = `mutation ($input: RegisterOrchestrationInput!) { registerOrchestration(input: $input) {
    registrations { orchestrationName as version changed status changes { kind breaking description flowsInFlight } } problems { code message path line suggestions } } }`;

  test('registers a document for a service', async () => {
    const document = TENANT.replace('tenantCreation', 'userCreation');
    const { registerOrchestration } = await running.data(REGISTER, {
      input: { document, serviceName: 'users' },
    });
    expect(registerOrchestration).toEqual({
      registrations: [
        {
          orchestrationName: 'userCreation',
          as: 'initiator',
          version: 1,
          changed: true,
          status: 'PARTIALLY_REGISTERED',
          changes: [],
        },
      ],
      problems: [],
    });
    expect((await running.engine.service.orchestration('userCreation', null))?.initiator).toBe(
      'users',
    );
  });

  test('only looks when it is a dry run', async () => {
    const document = TENANT.replace('tenantCreation', 'neverStored');
    const { registerOrchestration } = await running.data(REGISTER, {
      input: { document, dryRun: true },
    });
    expect(registerOrchestration).toMatchObject({ registrations: [{ version: 1 }] });
    expect(await running.engine.service.orchestration('neverStored', null)).toBeNull();
  });

  test('answers the problems of the document with their lines', async () => {
    const { registerOrchestration } = await running.data(REGISTER, {
      input: { document: TENANT.replace('objectType: Realm', 'objecttype: Realm') },
    });
    expect(registerOrchestration).toMatchObject({
      registrations: [],
      problems: expect.arrayContaining([
        expect.objectContaining({
          code: 'UNKNOWN_FIELD',
          line: 9,
          path: 'steps[0].objecttype',
          suggestions: ['objectType'],
        }),
      ]),
    });
  });

  test.each([
    ['', 'DOCUMENT_EMPTY'],
    ['steps: [', 'DOCUMENT_INVALID'],
    ['x'.repeat(1_100_000), 'DOCUMENT_TOO_LARGE'],
  ])('answers a document that is none with a problem (%#)', async (document, code) => {
    expect(await running.data(REGISTER, { input: { document } })).toMatchObject({
      registerOrchestration: { registrations: [], problems: [{ code }] },
    });
  });

  test.each(['', '\u0000', 'x'.repeat(201)])(
    'answers a wrong serviceName with a problem and registers nothing (%#)',
    async (serviceName) => {
      running.engine.calls.length = 0;
      const { registerOrchestration } = await running.data(REGISTER, {
        input: { document: TENANT, serviceName },
      });
      expect(registerOrchestration).toMatchObject({
        registrations: [],
        problems: [{ code: 'INVALID_TEXT', path: 'serviceName' }],
      });
      expect(running.engine.calls).toEqual([]);
    },
  );

  test.each([
    ['document', { serviceName: 'x' }],
    ['document', { document: 5 }],
    ['dryRun', { document: '', dryRun: 'yes' }],
  ])('answers a %s of the wrong type with a request error that names it', async (field, input) => {
    expect(await running.error(REGISTER, { input })).toMatchObject({
      status: 400,
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(field),
    });
  });
});

describe('an operator', () => {
  const FLOW =
    '{ flow { flowId status paused pauseReason steps { status skipped output } } problems { code message path } }';
  const act = async (
    mutation: string,
    type: string,
    input: object,
    headers = {},
  ): Promise<Record<string, unknown>> => {
    const data = await running.data<Record<string, Record<string, unknown>>>(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) ${FLOW} }`,
      { input },
      headers,
    );
    return data[mutation] ?? {};
  };

  test('pauses and resumes, by name and with a reason', async () => {
    const flowId = await begunFlow();
    const paused = await act(
      'pauseFlow',
      'FlowActionInput',
      { flowId, reason: ' maintenance ' },
      { 'x-actor': 'ada' },
    );
    expect(paused).toMatchObject({
      problems: [],
      flow: { paused: true, pauseReason: 'maintenance' },
    });
    await act('resumeFlow', 'FlowActionInput', { flowId, reason: 'done' });
    expect(running.engine.actions.slice(-2)).toEqual([
      { type: 'PAUSE', flowId, actor: 'ada', reason: 'maintenance' },
      { type: 'RESUME', flowId, actor: 'anonymous', reason: 'done' },
    ]);
  });

  test('cancels with undo by default', async () => {
    expect(
      await act('cancelFlow', 'CancelFlowInput', { flowId: await begunFlow(), reason: 'x' }),
    ).toMatchObject({
      flow: { status: 'UNDOING' },
    });
    const left = await act('cancelFlow', 'CancelFlowInput', {
      flowId: await begunFlow(),
      reason: 'x',
      undo: false,
    });
    expect(left).toMatchObject({ flow: { status: 'CANCELLED' } });
  });

  test('undoes a flow that is complete', async () => {
    const flowId = await begunFlow();
    await running.engine.answers(flowId, 'createRealm');
    await running.engine.answers(flowId, 'createUser');
    expect(await act('undoFlow', 'UndoFlowInput', { flowId, reason: 'refund' })).toMatchObject({
      flow: { status: 'UNDOING' },
      problems: [],
    });
  });

  test('retries or skips a step that could not be undone', async () => {
    const flowId = await begunFlow();
    await running.engine.answers(flowId, 'createRealm');
    await running.engine.fails(flowId, 'createUser', 'no');
    await running.engine.fails(flowId, 'createRealm', 'no');
    expect(
      await act('retryStep', 'StepActionInput', {
        flowId,
        stepName: 'createRealm',
        reason: 'again',
      }),
    ).toMatchObject({
      flow: { status: 'UNDOING' },
      problems: [],
    });
    await running.engine.fails(flowId, 'createRealm', 'no');
    const skipped = await act('skipStep', 'SkipStepInput', {
      flowId,
      stepName: 'createRealm',
      reason: 'by hand',
      output: { id: 1 },
    });
    expect(skipped).toMatchObject({
      flow: { status: 'UNDONE', steps: [{ skipped: true }, {}] },
      problems: [],
    });
  });

  test('sends the open command of a step once more', async () => {
    const flowId = await begunFlow();
    const step = { flowId, stepName: 'createRealm', reason: 'the worker began at latest' };
    const resent = await act('resendCommand', 'StepActionInput', step);
    expect(resent).toMatchObject({ flow: { status: 'IN_PROGRESS' }, problems: [] });
    await running.engine.answers(flowId, 'createRealm');
    const done = await act('resendCommand', 'StepActionInput', step);
    expect(done.problems).toMatchObject([
      { code: 'NOT_ALLOWED', message: 'createRealm is done: no command of it is open' },
    ]);
  });

  test('gets the reason why an action is not possible, and a problem for an unknown flow or step', async () => {
    const flowId = await begunFlow();
    expect(await act('resumeFlow', 'FlowActionInput', { flowId, reason: 'x' })).toMatchObject({
      problems: [{ code: 'NOT_ALLOWED' }],
    });
    expect(
      await act('pauseFlow', 'FlowActionInput', { flowId: 'nobody', reason: 'x' }),
    ).toMatchObject({
      flow: null,
      problems: [{ code: 'UNKNOWN_FLOW', path: 'flowId' }],
    });
    const unknown = await act('retryStep', 'StepActionInput', {
      flowId,
      stepName: 'nobody',
      reason: 'x',
    });
    expect(unknown).toMatchObject({ problems: [{ code: 'UNKNOWN_STEP' }] });
  });

  const action = { flowId: 'f', reason: 'r', stepName: 's' };
  test.each<[string, string, string, object]>([
    ['flowId', 'pauseFlow', 'FlowActionInput', { flowId: '', reason: 'r' }],
    ['flowId', 'resumeFlow', 'FlowActionInput', { flowId: '\u0000', reason: 'r' }],
    ['reason', 'cancelFlow', 'CancelFlowInput', { flowId: 'f', reason: '  ' }],
    ['reason', 'undoFlow', 'UndoFlowInput', { flowId: 'f', reason: 'x'.repeat(2001) }],
    ['stepName', 'retryStep', 'StepActionInput', { ...action, stepName: '' }],
    ['stepName', 'resendCommand', 'StepActionInput', { ...action, stepName: '' }],
    ['stepName', 'skipStep', 'SkipStepInput', { ...action, stepName: 'x'.repeat(201) }],
    ['output', 'skipStep', 'SkipStepInput', { ...action, output: '\u0000' }],
    ['output', 'skipStep', 'SkipStepInput', { ...action, output: 'x'.repeat(1_000_000) }],
  ])(
    'gets a problem for a wrong %s of %s, and nothing is done (%#)',
    async (path, mutation, type, input) => {
      running.engine.calls.length = 0;
      const { flow, problems } = await act(mutation, type, input);
      expect([flow, problems]).toEqual([
        null,
        [
          expect.objectContaining({
            path,
            message: expect.stringMatching(new RegExp(`^${path} `)),
          }),
        ],
      ]);
      expect(running.engine.calls).toEqual([]);
    },
  );
});
