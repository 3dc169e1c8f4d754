/** Clients that keep what they should give back: connections, subscriptions, memory. */
import { wait } from './gateway.mjs';
import { times } from './payloads.mjs';
import { EVERYTHING, Sockets } from './sockets.mjs';

export async function fanOut(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const open = await times(50, () => sockets.socket());
  for (const socket of open)
    for (let n = 0; n < 100; n++) sockets.subscribe(socket, `${n}`, EVERYTHING);
  await wait(Math.min(ms, 6000));
  return sockets.end();
}

export async function variablesKept(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const variables = { unused: Array.from({ length: 150_000 }, () => ({})) };
  const open = await times(12, () => sockets.socket());
  const enough = Date.now() + ms;
  for (let n = 0; n < 12 && Date.now() < enough; n++) {
    for (const socket of open) sockets.subscribe(socket, `${n}`, EVERYTHING, variables);
    await wait(100);
  }
  await wait(Math.min(ms, 2000));
  return sockets.end();
}

export async function initKept(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const payload = { kept: Array.from({ length: 150_000 }, () => ({})) };
  const enough = Date.now() + ms;
  for (let n = 0; n < 60 && Date.now() < enough; n++) await sockets.socket({ payload });
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

export async function idsKept(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const open = await times(5, () => sockets.socket());
  const enough = Date.now() + ms;
  for (let n = 0; n < 80 && Date.now() < enough; n++) {
    for (const socket of open)
      sockets.subscribe(socket, `${n}${'x'.repeat(1_000_000)}`, EVERYTHING);
    await wait(20);
  }
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

export async function tooDeepMessage(gateway) {
  const sockets = new Sockets(gateway);
  const socket = await sockets.socket();
  sockets.subscribe(socket, 'honest', EVERYTHING);
  if (socket !== null)
    socket.send(
      `{"type":"subscribe","id":"deep","payload":{"query":"{ __typename }","variables":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`,
    );
  await wait(500);
  return sockets.end();
}

export async function unfinishedBodies(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const head =
    'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n';
  const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(7_900_000, 32)]);
  await times(120, () => Promise.race([sockets.raw(bytes), wait(3000)]));
  await wait(Math.min(ms, 2000));
  return sockets.end();
}

export async function slowHeaders(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const enough = Date.now() + ms;
  for (let n = 0; n < 30 && Date.now() < enough; n++)
    await times(100, () =>
      Promise.race([sockets.raw('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: '), wait(1000)]),
    );
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

export async function unreadAnswers(gateway, _random, ms) {
  const sockets = new Sockets(gateway);
  const body = JSON.stringify({
    query: '{ history(orchestrationName: "heavy", first: 4) { edges { node { input } } } }',
  });
  const request = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const enough = Date.now() + ms;
  for (let n = 0; n < 60 && Date.now() < enough; n++) {
    const socket = await Promise.race([sockets.raw(request), wait(1000)]);
    socket?.pause();
  }
  await wait(Math.min(ms, 3000));
  return sockets.end();
}
