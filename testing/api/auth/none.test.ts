/**
 * AUTH=none: the name of the caller is what the caller claims, on every transport, and nothing
 * hides that.
 */
import { describe, expect, test } from '@jest/globals';
import { Running } from '../kit/server.js';
import { RawSocket } from '../kit/socket.js';
import { until } from '../kit/until.js';

const PAUSE = `mutation ($flowId: ID!) {
  pauseFlow(input: { flowId: $flowId, reason: "a look" }) { problems { code } }
}`;

describe('the actor', () => {
  test.each([
    ['a header of the upgrade', { 'x-actor': 'grace' }, undefined, 'grace'],
    ['connection_init', {}, { 'X-Actor': 'grace' }, 'grace'],
    ['connection_init before the header', { 'x-actor': 'ann' }, { 'x-actor': 'grace' }, 'grace'],
    ['nothing', {}, { 'x-actor': 7, more: 'x' }, 'anonymous'],
  ])('over WebSocket comes from %s', async (_from, headers, payload, actor) => {
    await using running = await Running.start();
    const flowId = await running.engine.startFlow();
    const socket = await RawSocket.open(running.socketUrl, headers, false);
    socket.send(JSON.stringify({ type: 'connection_init', ...(payload && { payload }) }));
    await until('the connection is acknowledged', () => socket.types.includes('connection_ack'));
    socket.subscribe('1', PAUSE, { flowId });
    await until('it is paused', () => socket.values('1').length === 1);
    expect(running.engine.actions).toEqual([
      expect.objectContaining({ type: 'PAUSE', flowId, actor }),
    ]);
    socket.close();
  });
});

describe('/readyz', () => {
  const checks = async (host: string): Promise<unknown> => {
    await using running = await Running.start({ host });
    const port = new URL(running.api.url).port;
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return ((await response.json()) as { checks: unknown }).checks;
  };

  test('warns when others can reach the gateway', async () => {
    expect(await checks('0.0.0.0')).toContainEqual({
      name: 'authentication',
      ok: true,
      detail: expect.stringMatching(/^AUTH=none: whoever reaches this address may do everything/),
    });
  });

  test('does not on a loopback address', async () => {
    expect(await checks('127.0.0.1')).not.toContainEqual(
      expect.objectContaining({ name: 'authentication' }),
    );
  });
});
