/** Log levels that are changed while the gateway runs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const SHOWN =
  'logLevels { instance levels { component level configured until } } problems { code path }';
const SET = `mutation ($input: SetLogLevelInput!) { setLogLevel(input: $input) { ${SHOWN} } }`;
const LEVELS = '{ logLevels { instance levels { component level configured until } } }';

interface Levels {
  readonly instance: string;
  readonly levels: readonly {
    readonly component: string;
    readonly level: string;
    readonly configured: string;
    readonly until: string | null;
  }[];
}

async function set(input: object) {
  const { setLogLevel } = (await running.data(SET, { input })) as {
    setLogLevel: { logLevels: Levels | null; problems: object[] };
  };
  return setLogLevel;
}

const kafkaIn = (levels: Levels | null) =>
  levels?.levels.find(({ component }) => component === 'kafka');

test('one component is louder for a time, on the instance that the answer names', async () => {
  const input = { component: 'kafka', level: 'DEBUG', minutes: 5, reason: 'why it waits' };
  const before = Date.now();
  const { logLevels, problems } = await set(input);
  expect(problems).toEqual([]);
  expect(logLevels?.instance).toBe('here-1');
  const kafka = kafkaIn(logLevels);
  expect(kafka).toMatchObject({ level: 'DEBUG', configured: 'INFO' });
  expect(Date.parse(kafka?.until ?? '') - before).toBeGreaterThanOrEqual(5 * 60_000);
  const others = logLevels?.levels.filter(({ component }) => component !== 'kafka');
  expect(others?.filter(({ level, until }) => level !== 'INFO' || until !== null)).toEqual([]);
  const read = (await running.data(LEVELS)) as { logLevels: Levels };
  expect(read.logLevels).toEqual(logLevels);
});

test('without a level the configured one comes back at once', async () => {
  await set({ component: 'kafka', level: 'ERROR', reason: 'too loud' });
  const { logLevels } = await set({ component: 'kafka', reason: 'seen enough' });
  expect(kafkaIn(logLevels)).toEqual({
    component: 'kafka',
    level: 'INFO',
    configured: 'INFO',
    until: null,
  });
});

test('the audit has who, why, what was before and what is now', async () => {
  await set({ component: 'do', level: 'DEBUG', minutes: 2, reason: 'a slow step' });
  const { tables } = running.engine.database;
  expect(tables.audit.at(-1)).toMatchObject({
    action: 'setLogLevel',
    reason: 'a slow step',
    outcome: 'DONE',
    before: '{"instance":"here-1","component":"do","level":"info"}',
    after: '{"level":"debug","minutes":2}',
  });
});

test.each([0, 1_441])('%d minutes are refused', async (minutes) => {
  const input = { component: 'do', level: 'DEBUG', minutes, reason: 'r' };
  const { body } = await running.graphql(SET, { input });
  expect(body.errors?.[0]?.message).toContain('1 to 1440');
});

test.each(['nothing', 'Kafka'])('the component %s is refused', async (component) => {
  const { body } = await running.graphql(SET, { input: { component, reason: 'r' } });
  expect(body.errors?.[0]?.message).toContain('LogComponent');
});
