/**
 * The typed client against the real API: results, errors, pages, and events that survive a
 * gateway's restart.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BackstepClient,
  BackstepError,
  createClient,
  ProblemError,
} from '../../src/client/index.js';
import { StartingEngine } from '../../src/engine/operations/starting.js';
import { Running, TENANT } from '../api/kit/server.js';
import { numbersOf } from '../kit/watched.js';

let running: Running;
let client: BackstepClient;
const clientOf = (url: string, transport: 'ws' | 'sse' = 'ws'): BackstepClient =>
  createClient({ url: `${url}/graphql`, transport });
beforeAll(async () => {
  running = await Running.start();
  client = clientOf(running.api.url);
});
afterAll(async () => {
  client.close();
  await running.close();
});

const begun = async (): Promise<string> =>
  (await client.execute({ orchestrationName: 'tenantCreation' })).flow.flowId;
/** Both steps are done. */
const completes = async (flowId: string): Promise<void> => {
  await running.engine.answers(flowId, 'createRealm');
  await running.engine.answers(flowId, 'createUser');
};

describe('calls', () => {
  test('register returns what was registered', async () => {
    const [registered] = await client.register(TENANT.replace('tenantCreation', 'another'));
    expect(registered).toMatchObject({ orchestrationName: 'another', as: 'initiator', version: 1 });
  });

  test('register throws every problem with its line', async () => {
    const document = 'orchestrationName: a\nas: initiator\ntype: sequental\nsteps: []\n';
    const error = await client.register(document).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).problems).toEqual([
      expect.objectContaining({ code: 'FIELD_INVALID', path: 'type', line: 3 }),
      expect.objectContaining({ code: 'FIELD_INVALID', path: 'steps', line: 4 }),
    ]);
  });

  test('execute starts a flow; the same key again returns it', async () => {
    const input = { orchestrationName: 'tenantCreation', payload: { a: 1 }, idempotencyKey: 'k1' };
    const first = await client.execute(input);
    expect(first).toMatchObject({ created: true, flow: { status: 'IN_PROGRESS' } });
    const again = await client.execute(input);
    expect(again).toMatchObject({ created: false, flow: { flowId: first.flow.flowId } });
  });

  test('an unknown name is a problem with suggestions', async () => {
    const error = await client
      .execute({ orchestrationName: 'tenantCreatoin' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).has('UNKNOWN_ORCHESTRATION')).toBe(true);
    expect((error as ProblemError).problems[0]?.suggestions).toEqual(['tenantCreation']);
  });

  test('details of an unknown flow are null', async () => {
    expect(await client.details('nothing')).toBeNull();
  });

  test('a verb that is not allowed is a problem', async () => {
    const flowId = await begun();
    const input = { flowId, stepName: 'createUser', reason: 'it should run' };
    await expect(client.retryStep(input)).rejects.toThrow(/NOT_ALLOWED/);
    await client.pauseFlow({ flowId, reason: 'wait' });
    expect((await client.details(flowId))?.paused).toBe(true);
  });

  test('history is read page by page, newest first', async () => {
    const started = [await begun(), await begun(), await begun()];
    const found: string[] = [];
    for await (const { flowId } of client.history({ pageSize: 2 })) found.push(flowId);
    expect(found.slice(0, 3)).toEqual(started.toReversed());
    expect(found).toHaveLength(running.engine.flows.size);
  });

  test('the audit is read page by page, newest first', async () => {
    const flowId = await begun();
    await client.pauseFlow({ flowId, reason: 'wait' });
    await client.resumeFlow({ flowId, reason: 'go on' });
    const found: string[] = [];
    for await (const { action } of client.audit({ filter: { flowId }, pageSize: 2 }))
      found.push(action);
    expect(found).toEqual(['resumeFlow', 'pauseFlow', 'execute']);
  });

  test('the stored timeline starts after the cursor', async () => {
    const flowId = await begun();
    await completes(flowId);
    const numbers: number[] = [];
    for await (const { number } of client.timeline(flowId, { after: 2 })) numbers.push(number);
    expect(numbers).toEqual([3, 4, 5, 6]);
  });

  test('a gateway that is not there is a retryable error that names its address', async () => {
    const away = createClient({ url: 'http://127.0.0.1:9/graphql' });
    const error = await away.details('x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BackstepError);
    expect(error).toMatchObject({ code: 'CONNECTION', retryable: true });
    expect((error as Error).message).toContain('http://127.0.0.1:9/graphql');
  });

  test('an aborted call rejects with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(client.details('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe.each(['ws', 'sse'] as const)('watching over %s', (transport) => {
  let client: BackstepClient;
  beforeAll(() => {
    client = clientOf(running.api.url, transport);
  });
  afterAll(() => client.close());

  test('executeAndWait returns the flow at its end', async () => {
    const ended = client.executeAndWait({ orchestrationName: 'tenantCreation', payload: 7 });
    const flowId = await newest();
    await completes(flowId);
    expect(await ended).toMatchObject({ flowId, status: 'COMPLETED', output: 7 });
  });

  test('a flow that is over already ends at once, also behind its last event', async () => {
    const flowId = await begun();
    await completes(flowId);
    expect(await numbersOf(client.watch(flowId))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await numbersOf(client.watch(flowId, { after: 6 }))).toEqual([]);
  });

  test('an unknown flow is an error, not an endless wait', async () => {
    await expect(client.waitForEnd('nothing')).rejects.toMatchObject({ code: 'UNKNOWN_FLOW' });
  });

  test('a restarted gateway is noticed and no event is lost or repeated', async () => {
    const first = await Running.start();
    const { engine } = first;
    const { port } = new URL(first.api.url);
    const follower = clientOf(first.api.url, transport);
    const { flow } = await follower.execute({ orchestrationName: 'tenantCreation' });
    const reconnects: string[] = [];
    const events = follower.watch(flow.flowId, {
      onReconnect: ({ code }) => reconnects.push(code),
    });
    expect((await events.next()).value?.number).toBe(1);
    expect((await events.next()).value?.number).toBe(2);
    await first.api.close();
    await engine.answers(flow.flowId, 'createRealm');
    const second = await Running.start({ engine: engine.service, port: Number(port) });
    await engine.answers(flow.flowId, 'createUser');
    expect(await numbersOf(events)).toEqual([3, 4, 5, 6]);
    expect(reconnects.length).toBeGreaterThan(0);
    follower.close();
    await Promise.all([second.close(), engine.stop()]);
  });

  test('a gateway that is up and still waits for its database is tried again', async () => {
    const first = await Running.start();
    const { engine } = first;
    const { port } = new URL(first.api.url);
    const follower = clientOf(first.api.url, transport);
    const { flow } = await follower.execute({ orchestrationName: 'tenantCreation' });
    const codes: string[] = [];
    const starting = new StartingEngine();
    const events = follower.watch(flow.flowId, {
      onReconnect({ code }) {
        if (code === 'STARTING' && !codes.includes(code)) starting.started(engine.service);
        codes.push(code);
      },
    });
    await events.next();
    await events.next();
    await first.api.close();
    const second = await Running.start({ engine: starting.service, port: Number(port) });
    await engine.answers(flow.flowId, 'createRealm');
    await engine.answers(flow.flowId, 'createUser');
    expect(await numbersOf(events)).toEqual([3, 4, 5, 6]);
    expect(codes).toContain('STARTING');
    follower.close();
    await Promise.all([second.close(), engine.stop()]);
  });

  test('an aborted watch rejects, and its subscription ends at the gateway', async () => {
    const flowId = await begun();
    const abort = new AbortController();
    const events = client.watch(flowId, { signal: abort.signal });
    await events.next();
    await events.next();
    const waiting = events.next();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('step changes of one flow arrive live', async () => {
    const flowId = await begun();
    const changes = client.stepChanges({ flowId });
    const first = changes.next();
    await subscribed();
    await running.engine.answers(flowId, 'createRealm');
    expect((await first).value).toMatchObject({ stepName: 'createRealm', status: 'DO_SUCCESS' });
    await changes.return();
  });
});

test('the bundle of the client has no server code in it and stays within its budget', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['testing/client/bundle.mjs']);
  const { first, sse, imports, budget } = JSON.parse(stdout) as {
    readonly first: number;
    readonly sse: number;
    readonly imports: readonly string[];
    readonly budget: { readonly first: number; readonly sse: number };
  };
  expect([imports, first < budget.first, sse < budget.sse]).toEqual([[], true, true]);
});

/** Of a flow another call is starting right now. */
async function newest(): Promise<string> {
  for await (const { flowId, status } of client.history({ pageSize: 1 })) {
    if (status === 'IN_PROGRESS') return flowId;
    break;
  }
  return newest();
}

async function subscribed(): Promise<void> {
  const { followers } = running.engine;
  const before = followers.size;
  while (followers.size === before) await new Promise(setImmediate);
}
