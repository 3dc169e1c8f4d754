/**
 * Every mutation leaves a row in the audit: what was done with what did it, what was refused before
 * its answer.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSchema } from '../../src/api/graphql/schema.js';
import { type AuditEntry, type AuditRow, Fault } from '../../src/engine/ports.js';
import { TOPICS } from '../../src/wire/topics.js';
import { Running } from './kit/server.js';

const HOLDING = `
orchestrationName: holding
as: initiator
type: sequential
maxRetries: 0
onRetriesExhausted: hold
steps: [{ seq: 1, name: only }]
`;

let running: Running;
beforeAll(async () => {
  running = await Running.start();
  for (const name of ['holding', 'stoppable'])
    await running.data(REGISTER, { document: HOLDING.replace('holding', name) });
});
afterAll(() => running.close());
beforeEach(() => {
  running.engine.refusals.length = 0;
  running.engine.failure = null;
});

const REGISTER =
  'mutation ($document: String!) { registerOrchestration(input: {document: $document}) { problems { code } } }';
const rows = (): readonly AuditEntry[] => running.engine.database.tables.audit;
const flow = (): Promise<string> => running.engine.startFlow();
const on = (flowId: string, more = ''): string =>
  `(input: {flowId: "${flowId}", reason: "because"${more}}) { problems { code } }`;
const bulk = (name: string): string =>
  `${name}(input: {filter: {}, reason: "because"}) { matched problems { code } }`;
const ofName = (name: string, reason = 'because'): string =>
  `(input: {name: "${name}", reason: "${reason}"}) { problems { code } }`;

async function failing(): Promise<string> {
  const flowId = await flow();
  await running.engine.answers(flowId, 'createRealm', { status: false });
  return flowId;
}

async function held(): Promise<string> {
  const start = { flowId: null, payload: null, initiator: null, idempotencyKey: null, headers: {} };
  const { flow: one } = await running.engine.service.execute({
    orchestrationName: 'holding',
    ...start,
  });
  await running.engine.fails(one?.flowId ?? '', 'only', 'boom');
  return one?.flowId ?? '';
}

async function paused(): Promise<string> {
  const flowId = await flow();
  await running.data(`mutation { pauseFlow${on(flowId)} }`);
  return flowId;
}

/** Id of a record that waits in quarantine for its flow, which exists by now. */
async function quarantined(): Promise<string> {
  const flowId = `late-${rows().length}`;
  const headers = { flowId, stepName: 'createRealm', action: 'DO', status: true };
  await running.engine.deliver(Buffer.from(JSON.stringify({ headers })));
  const start = { payload: null, initiator: null, idempotencyKey: null, headers: {} };
  await running.engine.service.execute({ orchestrationName: 'tenantCreation', flowId, ...start });
  return (await running.engine.quarantine()).at(-1)?.id ?? '';
}

const standing = async (verb: string): Promise<string> => {
  await running.data(`mutation { ${verb}${ofName('stoppable')} }`);
  return 'stoppable';
};

interface Case {
  /** A mutation that is done, what is needed for it included. */
  readonly done: () => Promise<string>;
  readonly refused: string;
}

const UNKNOWN = on('nowhere');
const UNKNOWN_STEP = on('nowhere', ', stepName: "createRealm"');
const ID = '(id: "900", reason: "because") { problems { code } }';
const START = 'orchestrationName: "tenantCreation"';

/** Whoever adds a mutation adds it here: a flow of it that is done, and one that is refused. */
const CASES: Readonly<Record<string, Case>> = {
  registerOrchestration: {
    done: async () =>
      `registerOrchestration(input: {document: ${JSON.stringify(HOLDING)}}) { problems { code } }`,
    refused: 'registerOrchestration(input: {document: "as: nothing"}) { problems { code } }',
  },
  execute: {
    done: async () => `execute(input: {${START}}) { problems { code } }`,
    refused: 'execute(input: {orchestrationName: "nothing"}) { problems { code } }',
  },
  executeMany: {
    done: async () => `executeMany(inputs: [{${START}}]) { problems { code } }`,
    refused: 'executeMany(inputs: [{orchestrationName: "nothing"}]) { problems { code } }',
  },
  retryStep: {
    done: async () => `retryStep${on(await failing(), ', stepName: "createRealm"')}`,
    refused: `retryStep${UNKNOWN_STEP}`,
  },
  skipStep: {
    done: async () => `skipStep${on(await held(), ', stepName: "only"')}`,
    refused: `skipStep${UNKNOWN_STEP}`,
  },
  resendCommand: {
    done: async () => `resendCommand${on(await flow(), ', stepName: "createRealm"')}`,
    refused: `resendCommand${UNKNOWN_STEP}`,
  },
  cancelFlow: {
    done: async () => `cancelFlow${on(await flow())}`,
    refused: `cancelFlow${UNKNOWN}`,
  },
  undoFlow: { done: async () => `undoFlow${on(await flow())}`, refused: `undoFlow${UNKNOWN}` },
  pauseFlow: { done: async () => `pauseFlow${on(await flow())}`, refused: `pauseFlow${UNKNOWN}` },
  resumeFlow: {
    done: async () => `resumeFlow${on(await paused())}`,
    refused: `resumeFlow${UNKNOWN}`,
  },
  retryFlows: {
    done: async () => bulk('retryFlows'),
    refused: 'retryFlows(input: {filter: {}, reason: " "}) { problems { code } }',
  },
  undoFlows: {
    done: async () => bulk('undoFlows'),
    refused: 'undoFlows(input: {filter: {}, reason: " "}) { problems { code } }',
  },
  cancelFlows: {
    done: async () => bulk('cancelFlows'),
    refused: 'cancelFlows(input: {filter: {}, reason: " "}) { problems { code } }',
  },
  pauseOrchestration: {
    done: async () => `pauseOrchestration${ofName('stoppable')}`,
    refused: `pauseOrchestration${ofName('nothing')}`,
  },
  archiveOrchestration: {
    done: async () => `archiveOrchestration${ofName('stoppable')}`,
    refused: `archiveOrchestration${ofName('nothing')}`,
  },
  resumeOrchestration: {
    done: async () => `resumeOrchestration${ofName(await standing('pauseOrchestration'))}`,
    refused: `resumeOrchestration${ofName('nothing')}`,
  },
  reencryptPayloads: {
    done: async () => 'reencryptPayloads(input: {reason: "because"}) { problems { code } }',
    refused: 'reencryptPayloads(input: {reason: " "}) { problems { code } }',
  },
  setLogLevel: {
    done: async () =>
      'setLogLevel(input: {component: kafka, level: DEBUG, reason: "because"}) { problems { code } }',
    refused:
      'setLogLevel(input: {component: kafka, level: DEBUG, reason: " "}) { problems { code } }',
  },
  setPolicy: {
    done: async () =>
      'setPolicy(input: {orchestrationName: "holding", maxRetries: 7, reason: "because"}) { problems { code } }',
    refused:
      'setPolicy(input: {orchestrationName: "nothing", maxRetries: 7, reason: "because"}) { problems { code } }',
  },
  replayQuarantined: {
    done: async () =>
      `replayQuarantined(id: "${await quarantined()}", reason: "because") { problems { code } }`,
    refused: `replayQuarantined${ID}`,
  },
  discardQuarantined: {
    done: async () =>
      `discardQuarantined(id: "${await quarantined()}", reason: "because") { problems { code } }`,
    refused: `discardQuarantined${ID}`,
  },
};

/** Like replies by topic: what they lead to is on the timeline of their flow. */
const MESSAGES = ['reply'];

const HEADERS = { 'x-actor': 'ann', 'x-request-id': 'request-7' };
/** The names under which these are recorded. */
const RECORDED_AS: Readonly<Record<string, string>> = { executeMany: 'execute' };
const PER_FLOW = /^(?:retry|undo|cancel)Flows$/;

async function rowsOf(mutation: string): Promise<readonly AuditEntry[]> {
  const before = rows().length;
  const { body } = await running.graphql(`mutation { ${mutation} }`, {}, HEADERS);
  expect(body.errors).toBeUndefined();
  return rows().slice(before);
}

test('there is a case for every mutation of the schema', () => {
  const fields = Object.keys(createSchema().getMutationType()?.getFields() ?? {});
  expect([...Object.keys(CASES), ...MESSAGES].toSorted()).toEqual(fields.toSorted());
});

test.each(MESSAGES)('%s is a message of a worker, and leaves no row', async (name) => {
  const rowsBefore = rows().length;
  const { body } = await running.graphql(
    `mutation { ${name}(input: {leaseId: "none", status: true}) { problems { code } } }`,
  );
  expect(body.data).toEqual({ [name]: { problems: [{ code: 'UNKNOWN_LEASE' }] } });
  expect([rows().length, running.engine.refusals]).toEqual([rowsBefore, []]);
});

describe.each(Object.entries(CASES))('%s', (name, { done, refused }) => {
  test('that is done leaves one row, from the transaction that did it', async () => {
    const document = await done();
    running.engine.refusals.length = 0;
    const left = await rowsOf(document);
    // One action on many flows has a row for each of them, too.
    const own = PER_FLOW.test(name) ? left.slice(-1) : left;
    expect(own).toMatchObject([
      {
        ...{ actor: 'ann', proven: false, origin: '127.0.0.1', requestId: 'request-7' },
        ...{ action: RECORDED_AS[name] ?? name, outcome: 'DONE', code: null },
      },
    ]);
    expect(running.engine.refusals).toEqual([]);
  });

  test('that is refused leaves one row, with the code of its answer', async () => {
    const { body } = await running.graphql(`mutation { ${refused} }`, {}, HEADERS);
    const [answer] = Object.values(body.data ?? {}).flat() as { problems: { code: string }[] }[];
    expect(running.engine.refusals).toMatchObject([
      { ...{ actor: 'ann', origin: '127.0.0.1', requestId: 'request-7', action: name } },
    ]);
    expect(rows().at(-1)).toMatchObject({ outcome: 'REFUSED', code: answer?.problems[0]?.code });
  });

  test('that fails leaves one row, with the code of its error', async () => {
    const document = await done();
    running.engine.refusals.length = 0;
    running.engine.failure = new Fault('DATABASE_AWAY', 'no connection');
    const { body } = await running.graphql(`mutation { ${document} }`, {}, HEADERS);
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(running.engine.refusals).toMatchObject([
      { action: name, outcome: 'REFUSED', code: 'UNAVAILABLE' },
    ]);
    // The database is away: it was refused all the same, and the row is in the log.
    const { message, fields } = running.lines.findLast(({ level }) => level === 'warn') ?? {};
    expect(message).toContain('an audit row could not be stored');
    expect(fields).toMatchObject({ audit: { action: name, code: 'UNAVAILABLE' } });
  });
});

test('POST execute leaves a row, done or refused', async () => {
  const post = async (body: object): Promise<readonly AuditEntry[]> => {
    const before = rows().length;
    await running.post('/api/orchestrations/execute', JSON.stringify(body), HEADERS);
    return rows().slice(before);
  };
  const by = { actor: 'ann', origin: '127.0.0.1', requestId: 'request-7', action: 'execute' };
  expect(await post({ orchestrationName: 'tenantCreation' })).toMatchObject([
    { ...by, outcome: 'DONE', orchestrationName: 'tenantCreation', flowId: expect.any(String) },
  ]);
  expect(await post({ orchestrationName: 'nothing' })).toMatchObject([
    { ...by, outcome: 'REFUSED', code: 'UNKNOWN_ORCHESTRATION', orchestrationName: 'nothing' },
  ]);
  expect(await post({ orchestrationName: 'nothing', payload: 1, headers: 7 })).toMatchObject([
    { ...by, outcome: 'REFUSED', code: 'INVALID_HEADERS' },
  ]);
});

test('every path that takes a POST is a mutation of the table above, or changes nothing', async () => {
  const { text } = await running.get('/openapi.yaml');
  const posts = [...text.matchAll(/^ {2}(\/\S+):\n {4}post:/gm)].map(([, path]) => path);
  expect(posts).toEqual([
    ...['/api/orchestrations/execute', '/api/orchestrations/simulate'],
    // Messages of workers, as above.
    ...['/api/worker/poll', '/api/worker/reply'],
  ]);
});

describe('topics', () => {
  const send = async (topic: string, value: object): Promise<AuditEntry | undefined> => {
    const before = rows().length;
    await running.engine.deliverTo(topic, Buffer.from(JSON.stringify(value)));
    expect(rows()).toHaveLength(before + 1);
    return rows().at(-1);
  };
  const place = (topic: string): unknown => expect.stringMatching(new RegExp(`^${topic}/0@\\d+$`));
  const unproven = (topic: string, row: Partial<AuditRow>): object => ({
    ...{ proven: false, origin: place(topic), requestId: null },
    ...row,
  });

  test('a start has the service it names as its unproven actor', async () => {
    const headers = { orchestrationName: 'tenantCreation', serviceName: 'shop' };
    expect(await send(TOPICS.starts, { headers, payload: 1 })).toMatchObject(
      unproven(TOPICS.starts, { action: 'execute', actor: 'shop', outcome: 'DONE' }),
    );
  });

  test.each([
    [{ headers: { orchestrationName: 'nothing', serviceName: 'shop' } }, 'UNKNOWN_ORCHESTRATION'],
    [{ headers: { serviceName: 'shop' } }, 'ORCHESTRATION_NAME_MISSING'],
  ])('a refused start %j has its code', async (value, code) => {
    expect(await send(TOPICS.starts, value)).toMatchObject(
      unproven(TOPICS.starts, { action: 'execute', actor: 'shop', outcome: 'REFUSED', code }),
    );
  });

  test('a registration has the service it names as its unproven actor', async () => {
    const payload = { orchestrationName: 'byTopic', as: 'initiator', type: 'sequential' };
    const steps = [{ seq: 1, name: 'only' }];
    const headers = { serviceName: 'shop' };
    const row = { action: 'registerOrchestration', actor: 'shop', orchestrationName: 'byTopic' };
    expect(
      await send(TOPICS.registrations, { headers, payload: { ...payload, steps } }),
    ).toMatchObject(unproven(TOPICS.registrations, { ...row, outcome: 'DONE', before: null }));
    expect(
      await send(TOPICS.registrations, { headers, payload: { ...payload, steps: [] } }),
    ).toMatchObject(unproven(TOPICS.registrations, { ...row, outcome: 'REFUSED' }));
  });

  test.each([[TOPICS.starts], [TOPICS.registrations]])(
    'a record of %s that can not be read is refused, by nobody known',
    async (topic) => {
      const before = rows().length;
      await running.engine.deliverTo(topic, Buffer.from('{"a'));
      expect(rows().slice(before)).toMatchObject([
        unproven(topic, { actor: 'unknown', outcome: 'REFUSED' }),
      ]);
    },
  );

  test('a reply is no mutation', async () => {
    const flowId = await flow();
    const before = rows().length;
    await running.engine.answers(flowId, 'createRealm');
    await running.engine.deliver(Buffer.from('{"a'));
    expect(rows()).toHaveLength(before);
  });
});

test('a row has what changed, and never a payload', async () => {
  const flowId = await held();
  const document = `skipStep${on(flowId, ', stepName: "only", output: {card: "4111-secret"}')}`;
  expect(await rowsOf(document)).toMatchObject([
    {
      ...{ flowId, stepName: 'only', orchestrationName: 'holding', reason: 'because' },
      before: '{"status":"IN_PROGRESS","held":true,"steps":{"only":"RETRY_EXHAUSTED"}}',
      after: '{"status":"COMPLETED","steps":{"only":"DO_SUCCESS"}}',
    },
  ]);
  expect(JSON.stringify(rows())).not.toContain('4111-secret');
});

test('what was refused is stored as far as it can be', async () => {
  const variables = { flowId: `a\u0000b\ud800${'x'.repeat(5000)}`, reason: 'y'.repeat(9000) };
  await running.data(
    'mutation ($flowId: ID!, $reason: String!) { pauseFlow(input: {flowId: $flowId, reason: $reason}) { problems { code } } }',
    variables,
  );
  const { flowId = '', reason = '' } = rows().at(-1) ?? {};
  expect(flowId).toMatch(/^a\uFFFDb\uFFFDx+$/);
  expect([flowId?.length, reason?.length]).toEqual([200, 2000]);
});
