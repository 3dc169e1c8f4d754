/**
 * undoPlan, and undoFlow by its hash: of two operators with one plan the first undoes, the second
 * is refused.
 */
import { expect, test } from '@jest/globals';
import { startedApi } from './kit/server.js';

const api = startedApi();
const PLAN =
  'query ($flowId: ID!) { undoPlan(flowId: $flowId) { flowId hash steps { order stepName payload willUndo reason } } }';
const UNDO =
  'mutation ($input: UndoFlowInput!) { undoFlow(input: $input) { flow { status } problems { code message } } }';
const START =
  'mutation { execute(input: {orchestrationName: "tenantCreation", payload: {tenant: "acme"}}) { flow { flowId } } }';

const start = async (): Promise<string> => {
  const { execute } = (await api.running.data(START)) as { execute: { flow: { flowId: string } } };
  return execute.flow.flowId;
};
const planOf = async (flowId: string) =>
  ((await api.running.data(PLAN, { flowId })) as { undoPlan: { hash: string } }).undoPlan;
const undo = async (flowId: string, planHash: string) =>
  (await api.running.data(UNDO, { input: { flowId, reason: 'wrong tenant', planHash } })).undoFlow;

test('shows each step with its payload, and whether and why it is undone', async () => {
  const flowId = await start();
  await api.running.engine.answers(flowId, 'createRealm', { payload: '{"id":1.0}' });
  await api.running.engine.fails(flowId, 'createUser', 'no quota', { retryable: true });
  expect(await planOf(flowId)).toEqual({
    flowId,
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    steps: [
      {
        order: 1,
        stepName: 'createRealm',
        payload: { id: 1 },
        willUndo: true,
        reason: 'it is done',
      },
      {
        order: 0,
        stepName: 'createUser',
        payload: null,
        willUndo: false,
        reason: 'every attempt was answered with a failure',
      },
    ],
  });
  expect(await api.running.data(PLAN, { flowId: 'nobody' })).toEqual({ undoPlan: null });
});

test('a plan that was read without payloads has the same hash', async () => {
  const flowId = await start();
  await api.running.engine.answers(flowId, 'createRealm', { payload: '1' });
  const query = `{ undoPlan(flowId: "${flowId}") { hash } }`;
  const { hash } = await planOf(flowId);
  expect(await api.running.data(query)).toEqual({ undoPlan: { hash } });
});

test('of two operators with one plan the first undoes, and the second gets the problem that the flow has changed', async () => {
  const flowId = await start();
  const { hash } = await planOf(flowId);
  const answers = await Promise.all([undo(flowId, hash), undo(flowId, hash)]);
  const refused = {
    code: 'PLAN_CHANGED',
    message: 'the flow has changed since this plan was made: look at undoPlan again',
  };
  expect(answers).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ problems: [] }),
      expect.objectContaining({ problems: [refused] }),
    ]),
  );
});

test('a plan that is no longer true undoes nothing', async () => {
  const flowId = await start();
  const { hash } = await planOf(flowId);
  await api.running.engine.answers(flowId, 'createRealm');
  expect(await undo(flowId, hash)).toMatchObject({
    flow: { status: 'IN_PROGRESS' },
    problems: [{ code: 'PLAN_CHANGED' }],
  });
});
