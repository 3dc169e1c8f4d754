/** Brokers whose address the client cannot take apart. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { row } from '../contracts/broker-builders.js';
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

/** Accepts connections and never answers, like a broker whose machine is suspended. */
async function silentBroker(): Promise<{ readonly address: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const one of sockets) one.destroy();
  };
  return { address: `127.0.0.1:${(server.address() as { port: number }).port}`, close };
}

test('brokers of the list that are dead or silent are passed over, wherever they stand', async () => {
  const silent = await silentBroker();
  const closed = await silentBroker();
  closed.close();
  const dead = ['127.0.0.1:1', '127.0.0.1:2', closed.address];
  const topic = newName('some-dead');
  const gateway = await openGateway([silent.address, ...dead, ...kafka.brokers], topic);
  try {
    for (let made = false; !made; )
      made = await gateway.ensureTopics([topic]).then(
        () => true,
        () => false,
      );
    // A producer has a client of its own: it begins with a broker that answers.
    const [sent] = await gateway.publisher.publish([row(topic, 'a value')]);
    expect(sent?.result).toBe('ok');
  } finally {
    await gateway.close();
    silent.close();
  }
}, 60_000);
