/** retryFlows, undoFlows, cancelFlows: what callers give and get. */
import { expect, test } from '@jest/globals';
import { startedApi } from './kit/server.js';

const api = startedApi();
const START =
  'mutation { execute(input: {orchestrationName: "tenantCreation"}) { flow { flowId } } }';

const start = async (): Promise<string> => {
  const { execute } = (await api.running.data(START)) as { execute: { flow: { flowId: string } } };
  return execute.flow.flowId;
};

const run = async (name: string, input: object): Promise<unknown> => {
  const query = `mutation ($input: BulkInput!) { ${name}(input: $input) {
    matched done refused refusals { code message count flowIds } problems { code message path } hasNextPage endCursor } }`;
  const all = { reason: 'mail is back', ...input };
  return (await api.running.data(query, { input: all }, { 'x-actor': 'ann' }))[name];
};

const nothing = { matched: 0, done: 0, refused: 0, refusals: [], problems: [] };

test('each verb acts on the flows that may allow it; finished ones are undone only when named', async () => {
  const [completed, running] = [await start(), await start()];
  for (const step of ['createRealm', 'createUser'])
    await api.running.engine.answers(completed, step);
  const filter = {};
  expect(await run('undoFlows', { filter, dryRun: true })).toMatchObject({ matched: 1, done: 1 });
  expect(await run('cancelFlows', { filter })).toMatchObject({ matched: 1, done: 1, refused: 0 });
  expect(api.running.engine.flows.get(running)?.flow.failureReason).toBe(
    'cancelled by ann: mail is back',
  );
  const named = { filter: { statuses: ['COMPLETED', 'UNDOING'] } };
  expect(await run('undoFlows', named)).toEqual({
    ...{ matched: 2, done: 1, refused: 1, hasNextPage: false, endCursor: expect.any(String) },
    refusals: [
      { code: 'NOT_ALLOWED', message: 'the flow is UNDOING', count: 1, flowIds: [running] },
    ],
    problems: [
      { code: 'NOT_ALLOWED', message: `1 flow: the flow is UNDOING (${running})`, path: null },
    ],
  });
});

test('retryFlows runs what waits for its next attempt now, of one step when it is named', async () => {
  const flowId = await start();
  await api.running.engine.fails(flowId, 'createRealm', 'no', { retryable: true });
  const filter = { statuses: ['IN_PROGRESS'], stepName: 'createUser' };
  expect(await run('retryFlows', { filter })).toMatchObject({ matched: 1, done: 0, refused: 1 });
  const own = { ...filter, stepName: 'createRealm' };
  expect(await run('retryFlows', { filter: own })).toMatchObject({ matched: 1, done: 1 });
});

test('needs a reason, and a number of flows from 1 to 1000', async () => {
  expect(await run('cancelFlows', { filter: {}, reason: ' ' })).toMatchObject({
    ...nothing,
    problems: [{ code: 'REASON_MISSING', path: 'reason' }],
  });
  const query =
    'mutation { cancelFlows(input: {filter: {}, reason: "x", first: 1001}) { matched } }';
  const { body } = await api.running.post('/graphql', JSON.stringify({ query }));
  expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});
