/** Tokens for Kafka: kept until they are near their end, and never in a message. */
import { expect, test } from '@jest/globals';
import { commandToken, endpointToken, keptToken } from '../../src/launch/token-source.js';
import { tokenFor } from '../kit/secured-kafka.js';

test('a token is kept for four fifths of its life, and requested once for all who wait', async () => {
  let clock = 0;
  let count = 0;
  const fresh = async () => ({ value: `token-${++count}`, livesMs: 1000 });
  const token = keptToken(fresh, () => clock);
  expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1']);
  clock = 799;
  expect(await token()).toBe('token-1');
  clock = 800;
  expect(await token()).toBe('token-2');
});

test('a token of unknown life is not kept, and a failure neither', async () => {
  const answers = [() => null, () => 'a', () => 'b'];
  const token = keptToken(async () => {
    const value = answers.shift()?.() ?? null;
    if (value === null) throw new Error('not now');
    return { value, livesMs: null };
  });
  await expect(token()).rejects.toThrow('not now');
  expect([await token(), await token()]).toEqual(['a', 'b']);
});

test('the life of a token from a command is that of its claims', async () => {
  const { value, livesMs } = await commandToken(`echo ${tokenFor('gateway', 600)}`);
  expect(value).toMatch(/^ey/);
  expect(livesMs).toBeGreaterThan(500_000);
  expect((await commandToken('echo opaque')).livesMs).toBeNull();
});

test.each([
  ['node -e process.stdout.write("secret-token");process.exit(3)', /ended with 3/],
  ['no-such-program', /no-such-program failed: ENOENT/],
  ['true', /must print a token/],
  ['echo secret-token and-more', /nothing else/],
])('%s is refused without its output', async (command, why) => {
  const error = await commandToken(command).catch((one: Error) => one);
  expect((error as Error).message).toMatch(why);
  expect(`${(error as Error).message} ${(error as Error).stack}`).not.toContain('secret-token');
});

test('an endpoint that is away is reported with its address', async () => {
  const endpoint = { url: 'http://127.0.0.1:1/token', clientId: 'a', clientSecret: 'hidden' };
  const answer = endpointToken({ ...endpoint, scope: null, ca: undefined });
  await expect(answer).rejects.toThrow(/KAFKA_OAUTH_TOKEN_URL http:\/\/127.0.0.1:1.*ECONNREFUSED/);
});
