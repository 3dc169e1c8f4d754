/** Brokers whose address the client cannot take apart. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Cluster, cluster, newName, onAdmin, openGateway } from '../kit/cluster.js';

let kafka: Cluster;
beforeAll(async () => {
  kafka = await cluster();
});
afterAll(() => kafka.close());

/** On ::1, in front of the broker: it names its own address once it is reached. */
async function onIPv6(): Promise<{ readonly port: number; close(): void }> {
  const [host = '', port = ''] = kafka.brokers[0]?.split(':') ?? [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((inner) => {
    const outer = connect({ host, port: Number(port) });
    for (const one of [inner, outer]) sockets.add(one.on('error', () => one.destroy()));
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = (): void => {
    server.close();
    for (const one of sockets) one.destroy();
  };
  return { port: address.port, close };
}

test('an IPv6 address in brackets is reached', async () => {
  const proxy = await onIPv6();
  const replies = newName('ipv6');
  const gateway = await openGateway([`[::1]:${proxy.port}`], replies);
  try {
    await gateway.ensureTopics([replies]);
    expect(await onAdmin(kafka.brokers, (admin) => admin.listTopics())).toContain(replies);
  } finally {
    await gateway.close();
    proxy.close();
  }
});
