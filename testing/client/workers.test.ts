/** Workers with the typed client, against the real API. */
import { describe, expect, test } from '@jest/globals';
import {
  type BackstepClient,
  BackstepError,
  createClient,
  ProblemError,
  type WorkerCommand,
} from '../../src/client/index.js';
import { startedApi } from '../api/kit/server.js';

const api = startedApi();
const clientOf = (transport: 'ws' | 'sse' = 'ws'): BackstepClient =>
  createClient({ url: `${api.running.api.url}/graphql`, transport });
const ORCHESTRATION = { orchestrationName: 'tenantCreation' };

describe.each(['ws', 'sse'] as const)('over %s', (transport) => {
  test('commands come, replies count, and the iteration can be left', async () => {
    const client = clientOf(transport);
    try {
      const running = client.executeAndWait({ ...ORCHESTRATION, payload: { n: 1 } });
      const done: string[] = [];
      for await (const command of client.commands({ ...ORCHESTRATION, group: transport })) {
        await client.reply({ leaseId: command.leaseId, progress: 0.5 });
        const answer = { leaseId: command.leaseId, status: true, payload: command.payload };
        expect(await client.reply(answer)).toEqual({ leaseLost: false, leaseUntil: null });
        if (done.push(command.stepName) === 2) break;
      }
      expect(done).toEqual(['createRealm', 'createUser']);
      expect((await running).status).toBe('COMPLETED');
    } finally {
      client.close();
    }
  });
});

test('a worker that stops answers what it has', async () => {
  const client = clientOf();
  const stop = new AbortController();
  try {
    const { flow } = await client.execute(ORCHESTRATION);
    const mine: WorkerCommand[] = [];
    const wish = { ...ORCHESTRATION, group: 'stops' };
    const reading = (async () => {
      for await (const command of client.commands(wish, { signal: stop.signal })) {
        mine.push(command);
        stop.abort();
      }
    })();
    await expect(reading).rejects.toThrow();
    const [command] = mine;
    const answer = { leaseId: command?.leaseId ?? '', status: true };
    expect(await client.reply(answer)).toEqual({ leaseLost: false, leaseUntil: null });
    expect(command?.flowId).toBe(flow.flowId);
  } finally {
    client.close();
  }
});

test('what is refused is an error: of a reply with its problems, of a subscription at once', async () => {
  const client = clientOf();
  try {
    const reply = client.reply({ leaseId: 'none', status: true });
    const problem = await reply.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ProblemError);
    expect((problem as ProblemError).has('UNKNOWN_LEASE')).toBe(true);
    const first = client.commands({ orchestrationName: 'nothing' }).next();
    const error = await first.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BackstepError);
    expect((error as BackstepError).code).toBe('UNKNOWN_ORCHESTRATION');
  } finally {
    client.close();
  }
});
