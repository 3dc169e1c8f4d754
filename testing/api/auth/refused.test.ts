/** Without a valid credential: the same answer on every path, in the form its client reads. */
import { expect, test } from '@jest/globals';
import { type Authentication, Unauthenticated } from '../../../src/api/auth/authentication.js';
import { Running } from '../kit/server.js';
import { RawSocket } from '../kit/socket.js';

const refuse = async (): Promise<never> => {
  throw new Unauthenticated('the token is unknown');
};
const authentication: Authentication = {
  mode: 'tokens',
  authenticate: refuse,
  authenticateConnection: refuse,
  watch: () => () => undefined,
  close: () => undefined,
};

test('GraphQL answers with an error, REST with a problem', async () => {
  await using running = await Running.start({ authentication });
  const graphql = await running.graphql('{ __typename }');
  expect(graphql.status).toBe(401);
  expect(graphql.headers.get('www-authenticate')).toBe('Bearer realm="backstep"');
  expect(graphql.body).toEqual({
    errors: [{ message: 'the token is unknown', extensions: { code: 'UNAUTHENTICATED' } }],
  });
  const rest = await running.get('/api/orchestrations/history');
  expect(rest.status).toBe(401);
  expect(rest.headers.get('www-authenticate')).toBe('Bearer realm="backstep"');
  expect(rest.body).toMatchObject({ title: 'Unauthorized', code: 'UNAUTHENTICATED' });
});

test('a WebSocket is closed with 4401', async () => {
  await using running = await Running.start({ authentication });
  const socket = await RawSocket.open(running.socketUrl, {}, false);
  socket.send('{"type":"connection_init"}');
  expect(await socket.closed).toEqual({ code: 4401, reason: 'the token is unknown' });
});
