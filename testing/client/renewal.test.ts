/**
 * A token that ends while the typed client uses it: the client gets a new one from the program and
 * goes on.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type BackstepClient, type BackstepError, createClient } from '../../src/client/index.js';
import type { Running } from '../api/kit/server.js';
import { bearer, TokenFile } from '../api/kit/tokens.js';
import { numbersOf } from '../kit/watched.js';

const ROLES = { roles: ['viewer', 'initiator'] } as const;
const open: BackstepClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** A program that has a new token whenever its last one is refused. */
class Caller {
  readonly refusals: (BackstepError | undefined)[] = [];
  private token: string | null = null;
  private name = '';
  readonly client: BackstepClient;

  constructor(
    private readonly tokens: TokenFile,
    private readonly running: Running,
    { transport, lifetimeMs }: { transport: 'ws' | 'sse'; lifetimeMs?: number },
  ) {
    this.client = createClient({
      url: `${running.api.url}/graphql`,
      transport,
      headers: async (refused) => {
        this.refusals.push(refused);
        if (this.token === null || refused !== undefined) this.token = await this.fresh(lifetimeMs);
        return bearer(this.token);
      },
    });
    open.push(this.client);
  }

  get renewals(): number {
    return this.refusals.filter((refused) => refused !== undefined).length;
  }

  revoke(): void {
    this.tokens.remove(this.name);
  }

  /** Accepted from now on: the gateway looks at the file from time to time. */
  private async fresh(lifetimeMs = 3_600_000): Promise<string> {
    this.name = randomUUID();
    const expiresAt = new Date(Date.now() + lifetimeMs).toISOString();
    const token = this.tokens.add(this.name, { ...ROLES, expiresAt });
    for (;;) {
      const { status, text } = await this.running.graphql('{ __typename }', {}, bearer(token));
      if (status === 200 || text.includes('expired')) return token;
    }
  }
}

/** Resolves when the stream has been refused so often. */
function refused(times: number): { onReconnect(error: BackstepError): void; done: Promise<void> } {
  let resolve = (): void => undefined;
  const done = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  let left = times;
  const onReconnect = ({ code }: BackstepError): void => {
    if (code === 'UNAUTHENTICATED') left -= 1;
    if (left === 0) resolve();
  };
  return { onReconnect, done };
}

describe.each(['ws', 'sse'] as const)('over %s', (transport) => {
  test('a subscription whose token is revoked goes on with a new one, without a gap', async () => {
    using tokens = new TokenFile();
    await using running = await tokens.api();
    const caller = new Caller(tokens, running, { transport });
    const { flow } = await caller.client.execute({ orchestrationName: 'tenantCreation' });
    const { onReconnect, done } = refused(1);
    const events = caller.client.watch(flow.flowId, { onReconnect });
    expect((await events.next()).value?.number).toBe(1);
    expect((await events.next()).value?.number).toBe(2);
    const rest = numbersOf(events);
    caller.revoke();
    await Promise.race([done, rest]);
    await running.engine.answers(flow.flowId, 'createRealm');
    await running.engine.answers(flow.flowId, 'createUser');
    expect(await rest).toEqual([3, 4, 5, 6]);
    expect(caller.refusals.find((one) => one !== undefined)).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('it outlives several tokens although nothing happens meanwhile', async () => {
    using tokens = new TokenFile();
    await using running = await tokens.api();
    const starter = new Caller(tokens, running, { transport });
    const { flow } = await starter.client.execute({ orchestrationName: 'tenantCreation' });
    const caller = new Caller(tokens, running, { transport, lifetimeMs: 3000 });
    const { onReconnect, done } = refused(2);
    const events = caller.client.watch(flow.flowId, { onReconnect });
    const all = numbersOf(events);
    await Promise.race([done, all]);
    await running.engine.answers(flow.flowId, 'createRealm');
    await running.engine.answers(flow.flowId, 'createUser');
    expect(await all).toEqual([1, 2, 3, 4, 5, 6]);
    expect(caller.renewals).toBeGreaterThanOrEqual(2);
  });

  test('a new token that is refused, too, ends it with an error', async () => {
    using tokens = new TokenFile();
    await using running = await tokens.api();
    const client = createClient({
      url: `${running.api.url}/graphql`,
      transport,
      headers: async () => ({ authorization: 'Bearer nothing' }),
    });
    open.push(client);
    const failed = client.stepChanges().next();
    await expect(failed).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

test('a request is sent once more with a new token, a mutation, too', async () => {
  using tokens = new TokenFile();
  await using running = await tokens.api();
  const caller = new Caller(tokens, running, { transport: 'ws' });
  await caller.client.details('nothing');
  caller.revoke();
  // The file is looked at from time to time.
  while (caller.renewals === 0) await caller.client.details('nothing');
  caller.revoke();
  const { created } = await caller.client.execute({ orchestrationName: 'tenantCreation' });
  expect([created, running.engine.flows.size]).toEqual([true, 1]);
});

test('constant headers are not tried twice', async () => {
  using tokens = new TokenFile();
  await using running = await tokens.api();
  let requests = 0;
  const client = createClient({
    url: `${running.api.url}/graphql`,
    headers: { authorization: 'Bearer nothing' },
    fetch: (...call) => {
      requests += 1;
      return fetch(...call);
    },
  });
  await expect(client.details('x')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(requests).toBe(1);
});
