/**
 * A secret is put into a flow by every way there is; whoever lacks the right finds it in no answer,
 * and nobody in a log or a dead letter.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENGINE_ANSWERS, maskedEngine, READ_ANSWERS } from '../../src/api/masked-engine.js';
import type { EngineService } from '../../src/engine/service.js';
import { TOPICS } from '../../src/wire/topics.js';
import { rootFields } from './kit/everything.js';
import { Running } from './kit/server.js';
import { bearer, TokenFile } from './kit/tokens.js';
import { until } from './kit/until.js';

const SECRET = 'secret-4111';
const REGISTER =
  'mutation ($document: String!) { registerOrchestration(input: {document: $document}) { problems { code } } }';
const PAYLOAD = { card: SECRET, nested: [{ card: `${SECRET}-nested` }], shown: 'open-77' };
const DOCUMENT = (name: string, type: string): string => `
orchestrationName: ${name}
as: initiator
type: ${type}
maxRetries: 0
onRetriesExhausted: hold
sensitive: [payload..card, headers.token]
steps: [{ seq: 1, name: one }, { seq: 2, name: two }, { seq: 3, name: three }]
`;

interface World {
  readonly running: Running;
  /** Ids: a flow that ends, one that is held, a parallel one, a record in quarantine. */
  readonly ids: Readonly<Record<'done' | 'held' | 'both' | 'record', string>>;
}

async function play(running: Running): Promise<World> {
  const { engine } = running;
  const registered = [DOCUMENT('charge', 'sequential'), DOCUMENT('both', 'parallel')];
  for (const document of registered) await running.data(REGISTER, { document });
  const [done, held] = [await begin(running, 'charge'), await begin(running, 'charge')];
  const reply = { payload: JSON.stringify(PAYLOAD) };
  await engine.progresses(done, 'one', 0.5);
  for (const step of ['one', 'two', 'three']) await engine.answers(done, step, reply);
  await engine.answers(held, 'one', reply);
  const message = `the card ${SECRET} of {"card":"${SECRET}"} was declined`;
  await engine.fails(held, 'two', message);
  const parallel = await begin(running, 'both');
  for (const step of ['one', 'two', 'three']) await engine.answers(parallel, step, reply);
  await poison(running, held);
  const record = (await engine.quarantine())[0]?.id ?? '';
  return { running, ids: { done, held, both: parallel, record } };
}

async function begin(
  running: Running,
  orchestrationName: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const { execute } = await running.data<{ execute: { flow: { flowId: string } } }>(
    'mutation ($input: ExecuteInput!) { execute(input: $input) { flow { flowId } } }',
    {
      input: { orchestrationName, payload: PAYLOAD, headers: { token: SECRET, trace: 'open-78' } },
    },
    headers,
  );
  return execute.flow.flowId;
}

/** Records that nobody can use: of a known flow, readable or not, and starts that are refused. */
async function poison({ engine }: Running, flowId: string): Promise<void> {
  const send = (topic: string, value: object | string): Promise<void> =>
    engine.deliverTo(topic, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  const headers = { flowId, token: SECRET, status: true };
  await send(TOPICS.replies, { headers: { ...headers, stepName: 'nothing' }, payload: PAYLOAD });
  await send(TOPICS.replies, {
    headers: { ...headers, stepName: 'two', status: `what ${SECRET}`, action: 'DO' },
    payload: PAYLOAD,
  });
  await send(TOPICS.replies, {
    headers: { ...headers, stepName: 'two', action: 'X' },
    payload: PAYLOAD,
  });
  const key = { orchestrationName: 'charge', idempotencyKey: 'k', token: SECRET };
  await send(TOPICS.starts, { headers: key, payload: PAYLOAD });
  await send(TOPICS.starts, { headers: key, payload: { ...PAYLOAD, other: 1 } });
}

let masked: World;
let shown: World;
beforeAll(async () => {
  [masked, shown] = [
    await play(await Running.start({ unprovenReadPayloads: false })),
    await play(await Running.start({ unprovenReadPayloads: true })),
  ];
});
afterAll(async () => {
  await masked?.running.close();
  await shown?.running.close();
});

const REASON = 'reason: "a test"';
/** Arguments of every root field, for one of the flows; whoever adds a field adds it here. */
const ARGUMENTS: Readonly<Record<string, (ids: World['ids']) => string>> = {
  history: () => '(first: 5)',
  details: ({ held }) => `(flowId: "${held}")`,
  diagnose: ({ held }) => `(flowId: "${held}")`,
  undoPlan: ({ done }) => `(flowId: "${done}")`,
  slo: () => '',
  commands: () => '(orchestrationName: "charge")',
  reply: () => '(input: {leaseId: "none", status: true, payload: 1})',
  simulate: () => '(input: {orchestrationName: "charge", faults: []})',
  orchestrations: () => '(first: 1, nameContains: "charge")',
  orchestration: () => '(name: "charge")',
  quarantine: () => '(first: 20)',
  audit: () => '(first: 100)',
  registerOrchestration: () =>
    `(input: {document: ${JSON.stringify(DOCUMENT('charge', 'sequential'))}})`,
  execute: () => `(input: {orchestrationName: "charge", payload: {card: "${SECRET}"}})`,
  executeMany: () => `(inputs: [{orchestrationName: "charge", payload: {card: "${SECRET}"}}])`,
  resendCommand: ({ held }) => `(input: {flowId: "${held}", stepName: "two", ${REASON}})`,
  retryStep: ({ held }) => `(input: {flowId: "${held}", stepName: "two", ${REASON}})`,
  skipStep: ({ held }) =>
    `(input: {flowId: "${held}", stepName: "two", output: {card: "${SECRET}"}, ${REASON}})`,
  pauseFlow: ({ held }) => `(input: {flowId: "${held}", ${REASON}})`,
  resumeFlow: ({ held }) => `(input: {flowId: "${held}", ${REASON}})`,
  undoFlow: ({ done }) => `(input: {flowId: "${done}", ${REASON}})`,
  cancelFlow: ({ held }) => `(input: {flowId: "${held}", ${REASON}})`,
  retryFlows: () => `(input: {filter: {}, dryRun: true, ${REASON}})`,
  undoFlows: () => `(input: {filter: {}, dryRun: true, ${REASON}})`,
  cancelFlows: () => `(input: {filter: {}, dryRun: true, ${REASON}})`,
  reencryptPayloads: () => `(input: {${REASON}})`,
  logLevels: () => '',
  setLogLevel: () => `(input: {component: relay, level: DEBUG, ${REASON}})`,
  setPolicy: () => `(input: {orchestrationName: "charge", maxRetries: 0, ${REASON}})`,
  pauseOrchestration: () => `(input: {name: "both", ${REASON}})`,
  resumeOrchestration: () => `(input: {name: "both", ${REASON}})`,
  archiveOrchestration: () => `(input: {name: "both", ${REASON}})`,
  replayQuarantined: ({ record }) => `(id: "${record}", ${REASON})`,
  discardQuarantined: ({ record }) => `(id: "${record}", ${REASON})`,
  flowEvents: ({ both }) => `(flowId: "${both}")`,
  stepStatusChanged: ({ held }) => `(flowId: "${held}")`,
};
/**
 * Fields in whose answers the payloads of flows, or bytes of records, are for those who have the
 * right.
 */
const HAVE_PAYLOADS = new Set(
  `history details undoPlan orchestrations orchestration quarantine execute executeMany resendCommand retryStep skipStep pauseFlow
  resumeFlow undoFlow cancelFlow replayQuarantined discardQuarantined flowEvents commands setPolicy pauseOrchestration resumeOrchestration archiveOrchestration`.split(
    /\s+/,
  ),
);

const FIELDS = rootFields();

test('there are arguments for every root field of the schema', () => {
  expect(FIELDS.map(({ name }) => name).toSorted()).toEqual(Object.keys(ARGUMENTS).toSorted());
});

describe.each(FIELDS)('$kind $name', ({ kind, name, document }) => {
  const answer = async ({ running, ids }: World): Promise<string> => {
    const query = document(ARGUMENTS[name]?.(ids) ?? '');
    if (kind !== 'subscription') {
      const { status, text, body } = await running.graphql(query);
      expect([status, body.errors]).toEqual([200, undefined]);
      return text;
    }
    if (name === 'commands') return handed(running, query);
    return name === 'flowEvents' ? followed(running, query) : changed({ running, ids }, query);
  };

  test('has the secret for those with the right, where it has payloads, and else for nobody', async () => {
    const [theirs, ours] = [await answer(masked), await answer(shown)];
    expect(theirs).not.toContain(SECRET);
    expect([name, ours.includes(SECRET)]).toEqual([name, HAVE_PAYLOADS.has(name)]);
  });
});

/** The events of a flow that has ended. */
async function followed(running: Running, query: string): Promise<string> {
  const subscriber = running.subscriber();
  const events: unknown[] = [];
  for await (const event of subscriber.iterate({ query })) events.push(event);
  await subscriber.dispose();
  return JSON.stringify(events);
}

/** The first command for a worker; for whoever may not see what is in it, why there is none. */
async function handed(running: Running, query: string): Promise<string> {
  await begin(running, 'charge');
  const subscriber = running.subscriber();
  try {
    const { value } = await subscriber.iterate({ query }).next();
    return JSON.stringify(value);
  } catch (error) {
    expect(JSON.stringify(error)).toContain('FORBIDDEN');
    return JSON.stringify(error);
  } finally {
    await subscriber.dispose();
  }
}

/** The next change of a step, in which a worker repeats the secret. */
async function changed({ running }: World, query: string): Promise<string> {
  const flowId = await begin(running, 'charge');
  const subscriber = running.subscriber();
  const events = subscriber.iterate({
    query: query.replace(/flowId: "[^"]*"/, `flowId: "${flowId}"`),
  });
  const next = events.next();
  await until('the subscription is there', () => running.engine.calls.includes('stepChanges'));
  await running.engine.fails(flowId, 'one', `${SECRET} was declined`);
  const { value } = await next;
  await subscriber.dispose();
  const text = JSON.stringify(value);
  expect(text).toContain('*** was declined');
  return text;
}

test('REST answers are masked', async () => {
  const answer = async ({ running, ids }: World): Promise<string> => {
    const paths = [`details/${ids.held}`, `details/${ids.both}`, `diagnose/${ids.held}`, 'history'];
    const texts = paths.map(
      async (path) => (await running.get(`/api/orchestrations/${path}`)).text,
    );
    return (await Promise.all(texts)).join('\n') + (await running.get('/api/audit?first=100')).text;
  };
  expect(await answer(masked)).not.toContain(SECRET);
  expect(await answer(shown)).toContain(SECRET);
});

test('the right payload:read decides where callers have roles', async () => {
  using file = new TokenFile();
  const admin = bearer(file.add('admin', { roles: ['admin'] }));
  const operator = bearer(file.add('operator', { roles: ['operator'] }));
  await using running = await file.api();
  await running.data(REGISTER, { document: DOCUMENT('charge', 'sequential') }, admin);
  const flowId = await begin(running, 'charge', admin);
  const inputFor = async (headers: Record<string, string> | undefined): Promise<unknown> =>
    running.data(`{ details(flowId: "${flowId}") { input } }`, {}, headers);
  expect(await inputFor(admin)).toEqual({ details: { input: PAYLOAD } });
  expect(JSON.stringify(await inputFor(operator))).not.toContain(SECRET);
});

test('what is not sensitive is shown, and what is has a mark', async () => {
  const { running, ids } = masked;
  const { details } = await running.data<{ details: Record<string, unknown> }>(
    `{ details(flowId: "${ids.both}") { input output headers steps { stepName input output } } }`,
  );
  const payload = { card: '***', nested: [{ card: '***' }], shown: 'open-77' };
  expect(details).toEqual({
    input: payload,
    output: { one: payload, two: payload, three: payload },
    headers: { token: '***', trace: 'open-78' },
    steps: ['one', 'two', 'three'].map((stepName) => ({
      stepName,
      input: payload,
      output: payload,
    })),
  });
});

test('nobody finds an error by the secret that is in it', async () => {
  const found = async (errorContains: string): Promise<unknown> => {
    const { history } = await shown.running.data<{ history: { edges: unknown[] } }>(
      `{ history(filter: {errorContains: "${errorContains}"}) { edges { node { flowId } } } }`,
    );
    return history.edges.length > 0;
  };
  expect([await found('was declined'), await found(SECRET)]).toEqual([true, false]);
});

describe.each([
  ['whoever has the right', () => shown],
  ['whoever lacks it', () => masked],
])('for %s', (_, world) => {
  test('no line of the log has it', () => {
    const { running } = world();
    const text = JSON.stringify([...running.engine.logged, ...running.lines]);
    expect(text).toContain('open-77');
    expect(text).not.toContain(SECRET);
  });

  test('no copy for the dead-letter topic has it, the commands do', () => {
    const { published } = world().running.engine;
    const textOf = (topic: (name: string) => boolean): string =>
      published
        .filter((row) => topic(row.topic))
        .map(({ value, startPayload, headers }) =>
          [Buffer.from(value ?? '').toString(), startPayload, JSON.stringify(headers)].join(' '),
        )
        .join('\n');
    const dead = textOf((topic) => topic === TOPICS.deadLetters);
    expect(dead).toContain('"card":"***"');
    expect(dead).not.toContain(SECRET);
    expect(textOf((topic) => /\.do$/.test(topic))).toContain(SECRET);
  });
});

test('each member of the engine that answers payloads is masked', () => {
  const { engine } = shown.running;
  const over = maskedEngine(engine.service);
  const changed = <T extends object>(one: T, other: T, names: Readonly<Record<string, string>>) =>
    Object.keys(names).filter((name) => Object.hasOwn(other, name) && one !== other);
  const payloads = (names: Readonly<Record<string, string>>): string[] =>
    Object.keys(names).filter((name) => names[name] === 'payloads');
  expect(changed<EngineService>(engine.service, over, ENGINE_ANSWERS)).toEqual(
    payloads(ENGINE_ANSWERS),
  );
  expect(changed(engine.service.read, over.read, READ_ANSWERS)).toEqual(payloads(READ_ANSWERS));
});
