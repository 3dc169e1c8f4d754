/** Workers that use GraphQL and REST, over the whole API and the real engine. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits/limits.js';
import { openapi } from './kit/openapi.js';
import { type Body, POLL, REPLY, startedRest } from './kit/rest.js';
import type { Running } from './kit/server.js';
import { eventually, until } from './kit/until.js';

const api = startedRest();
afterEach(() => {
  api.running.engine.commands.failure = null;
});

const ALL = '{ leaseId leaseUntil flowId stepName action attempt attemptId headers payload }';
const COMMANDS = `subscription ($group: String, $concurrency: Int) {
  commands(orchestrationName: "tenantCreation", group: $group, concurrency: $concurrency) ${ALL} }`;
const REPLY_MUTATION = `mutation ($input: ReplyInput!) {
  reply(input: $input) { accepted leaseUntil problems { code message path } } }`;

interface Command {
  readonly leaseId: string;
  readonly flowId: string;
  readonly stepName: string;
  readonly action: string;
  readonly headers: Record<string, unknown>;
  readonly payload: unknown;
}
interface Replied {
  readonly accepted: boolean;
  readonly leaseUntil: string | null;
  readonly problems: readonly { readonly code: string; readonly path: string | null }[];
}

/** A group of its own for each test: it begins with the commands of all. */
let groups = 0;
const group = (): string => `group-${++groups}`;

async function start(payload: unknown = null): Promise<string> {
  const { execute } = await api.running.data<{ execute: { flow: { flowId: string } } }>(
    'mutation ($input: ExecuteInput!) { execute(input: $input) { flow { flowId } } }',
    { input: { orchestrationName: 'tenantCreation', payload, headers: { correlationId: 'c-1' } } },
  );
  return execute.flow.flowId;
}

async function reply(input: object): Promise<Replied> {
  const data = await api.running.data<{ reply: Replied }>(REPLY_MUTATION, { input });
  return data.reply;
}

/** A worker over WebSocket: its commands, until it is closed. */
function worker(running: Running, variables: object) {
  const subscriber = running.subscriber();
  const source = subscriber.iterate<{ commands: Command }>({
    query: COMMANDS,
    variables: { ...variables },
  });
  return {
    async next(flowId: string): Promise<Command> {
      for (;;) {
        const { value } = await source.next();
        const command = (value as { data?: { commands: Command } } | undefined)?.data?.commands;
        if (command === undefined) throw new Error(`it ended: ${JSON.stringify(value)}`);
        if (command.flowId === flowId) return command;
      }
    },
    close: () => subscriber.dispose(),
  };
}

const statusOf = (flowId: string) => api.running.engine.flows.get(flowId)?.flow.status;

describe('GraphQL', () => {
  test('a flow runs to its end by commands and replies, its payload letter for letter', async () => {
    const own = worker(api.running, { group: group(), concurrency: 1000 });
    try {
      const flowId = await start({ n: 1 });
      const first = await own.next(flowId);
      expect(first).toMatchObject({ stepName: 'createRealm', action: 'DO', payload: { n: 1 } });
      expect(first.headers).toMatchObject({ correlationId: 'c-1', attempt: 1 });
      const body = `{"query":${JSON.stringify(REPLY_MUTATION)},"variables":{"input":{"leaseId":"${first.leaseId}","status":true,"headers":{"realm":1.0},"payload":{"n":1.0,"big":9007199254740993}}}}`;
      const { text } = await api.running.post('/graphql', body);
      expect(text).toBe('{"data":{"reply":{"accepted":true,"leaseUntil":null,"problems":[]}}}');
      const second = await own.next(flowId);
      expect(second.headers).toMatchObject({ realm: 1, correlationId: 'c-1' });
      const sent = api.running.engine.published.findLast(({ key }) => key === flowId);
      expect(String(sent?.value)).toContain('"payload":{"n":1.0,"big":9007199254740993}');
      expect(String(sent?.value)).toContain('"realm":1.0');
      expect(await reply({ leaseId: second.leaseId, status: true })).toMatchObject({
        accepted: true,
      });
      expect(statusOf(flowId)).toBe('COMPLETED');
    } finally {
      await own.close();
    }
  });

  test('a failure is retried or undone, like that of any worker', async () => {
    const own = worker(api.running, { group: group(), concurrency: 1000 });
    try {
      const flowId = await start();
      await reply({ leaseId: (await own.next(flowId)).leaseId, status: true });
      const { leaseId } = await own.next(flowId);
      await reply({ leaseId, status: false, errorMessage: 'boom', retryable: false });
      const undo = await own.next(flowId);
      expect(undo).toMatchObject({ stepName: 'createRealm', action: 'UNDO' });
      await reply({ leaseId: undo.leaseId, status: true });
      expect(statusOf(flowId)).toBe('UNDONE');
    } finally {
      await own.close();
    }
  });

  test('an unknown outcome is not retried but undone', async () => {
    const own = worker(api.running, { group: group(), concurrency: 1000 });
    try {
      const flowId = await start();
      const { leaseId } = await own.next(flowId);
      const both = await reply({ leaseId, status: true, outcomeUnknown: true });
      expect(both).toMatchObject({ accepted: false, problems: [{ path: 'outcomeUnknown' }] });
      const errorMessage = 'Keycloak answered 504';
      expect(await reply({ leaseId, outcomeUnknown: true, errorMessage })).toMatchObject({
        accepted: true,
      });
      const undo = await own.next(flowId);
      expect(undo).toMatchObject({ stepName: 'createRealm', action: 'UNDO' });
      const events = api.running.engine.flows.get(flowId)?.events ?? [];
      expect(JSON.stringify(events)).toContain(errorMessage);
    } finally {
      await own.close();
    }
  });

  test('progress is on the timeline, and extends the lease', async () => {
    const own = worker(api.running, { group: group(), concurrency: 1000 });
    try {
      const flowId = await start();
      const { leaseId } = await own.next(flowId);
      const answer = await reply({ leaseId, progress: 0.25, message: 'a quarter' });
      expect(answer).toMatchObject({ accepted: true, problems: [] });
      expect(Date.parse(answer.leaseUntil ?? '')).toBeGreaterThan(api.running.engine.database.now);
      const events = api.running.engine.flows.get(flowId)?.events ?? [];
      expect(events.at(-1)).toMatchObject({ type: 'STEP_PROGRESS', progress: 0.25 });
    } finally {
      await own.close();
    }
  });

  test('what a client had is with another one when its connection is lost', async () => {
    const shared = group();
    const first = worker(api.running, { group: shared, concurrency: 1000 });
    const flowId = await start();
    const lost = await first.next(flowId);
    const second = worker(api.running, { group: shared, concurrency: 1000 });
    try {
      await first.close();
      const again = await second.next(flowId);
      expect(again.leaseId).not.toBe(lost.leaseId);
      expect(await reply({ leaseId: lost.leaseId, status: true })).toMatchObject({
        accepted: true,
        problems: [{ code: 'LEASE_LOST', path: 'leaseId' }],
      });
      // The first one's work counts: the next step is sent, and this reply is an echo.
      expect(await reply({ leaseId: again.leaseId, status: true })).toMatchObject({ problems: [] });
      expect(api.running.engine.flows.get(flowId)?.flow.steps[0]?.status).toBe('DO_SUCCESS');
    } finally {
      await second.close();
    }
  });

  test.each([
    ['nothing', {}, ['status']],
    ['an end and progress', { status: true, progress: 0.5 }, ['progress']],
    ['a success with an error', { status: true, errorMessage: 'boom' }, ['errorMessage']],
    ['progress with a result', { progress: 0.5, payload: 1 }, ['payload']],
    ['progress out of bounds', { progress: 1.5 }, ['progress', 'status']],
    ['headers that are none', { status: true, headers: 7 }, ['headers']],
    ['a payload that is too large', { status: true, payload: 'x'.repeat(950_000) }, ['payload']],
  ])('%s is refused field by field', async (_, fields, paths) => {
    const answer = await reply({ leaseId: 'none', ...fields });
    expect(answer.accepted).toBe(false);
    expect(answer.problems.map(({ path }) => path)).toEqual(paths);
  });

  test.each([
    ['orchestrationName: "nothing"', 'UNKNOWN_ORCHESTRATION', /no orchestration is called nothing/],
    ['stepNames: ["createReal"]', 'UNKNOWN_STEP', /did you mean createRealm\?/],
    ['stepNames: ["x"]', 'UNKNOWN_STEP', /it has createRealm, createUser/],
    ['stepNames: []', 'BAD_USER_INPUT', /stepNames is empty/],
    ['group: "a b"', 'BAD_USER_INPUT', /1 to 100 letters/],
    ['concurrency: 0', 'BAD_USER_INPUT', /from 1 to 1000/],
    ['concurrency: 1001', 'BAD_USER_INPUT', /from 1 to 1000/],
  ])('a subscription with %s is refused: %s', async (argument, code, message) => {
    const name = argument.startsWith('orch') ? '' : 'orchestrationName: "tenantCreation", ';
    const subscriber = api.running.subscriber();
    try {
      const query = `subscription { commands(${name}${argument}) { leaseId } }`;
      const { value } = await subscriber.iterate({ query }).next();
      const [error] =
        (value as { errors?: { message: string; extensions: object }[] }).errors ?? [];
      expect(error).toMatchObject({
        extensions: { code },
        message: expect.stringMatching(message),
      });
    } finally {
      await subscriber.dispose();
    }
  });
});

describe('REST', () => {
  const poll = (more: Body): Promise<{ status: number; body: Body; text: string }> =>
    api.rest.worker(POLL, { orchestrationName: 'tenantCreation', ...more });
  const first = (body: Body): Command => (body.commands as Command[])[0] as Command;

  /** All that is there is with this group: what it gets from now on is new. */
  const drained = async (): Promise<string> => {
    const own = group();
    await eventually(async () => {
      const { body } = await poll({ group: own, waitMs: 100, max: 100 });
      return (body.commands as []).length === 0;
    });
    return own;
  };

  test('a poll waits for a command, and answers nothing when there is none in time', async () => {
    const own = await drained();
    const waiting = poll({ group: own });
    const flowId = await start();
    expect(first((await waiting).body)).toMatchObject({ flowId, stepName: 'createRealm' });
    expect((await poll({ group: own, waitMs: 0 })).body).toEqual({ commands: [] });
  });

  test('its reply runs the flow on, letter for letter', async () => {
    const own = await drained();
    const flowId = await start();
    const { leaseId } = first((await poll({ group: own })).body);
    const text = `{"leaseId":"${leaseId}","status":true,"payload":{"n":1.0}}`;
    const { status, body } = await api.rest.worker(REPLY, text);
    expect([status, body]).toEqual([200, { accepted: true, leaseUntil: null, problems: [] }]);
    const next = await poll({ group: own, stepNames: ['createUser'] });
    expect(first(next.body)).toMatchObject({ flowId, stepName: 'createUser', action: 'DO' });
    expect(next.text).toContain('"payload":{"n":1.0}');
  });

  test('a lease that is lost is in the answer', async () => {
    const own = worker(api.running, { group: group(), concurrency: 1000 });
    const flowId = await start();
    const { leaseId } = await own.next(flowId);
    await own.close();
    const gone = () => api.running.engine.workers.figures().sessions === 0;
    await until('it has gone', gone);
    const { status, body } = await api.rest.worker(REPLY, { leaseId, progress: 0.5 });
    expect([status, body]).toMatchObject([
      200,
      { accepted: true, leaseUntil: null, problems: [{ code: 'LEASE_LOST', field: 'leaseId' }] },
    ]);
  });

  type Case = readonly [typeof POLL | typeof REPLY, unknown, number, string];
  test.each<Case>([
    [POLL, { orchestrationName: 7 }, 400, 'FIELD_INVALID'],
    [POLL, { orchestrationName: 'tenantCreation', max: 101 }, 400, 'FIELD_INVALID'],
    [POLL, { orchestrationName: 'tenantCreation', waitMs: -1 }, 400, 'FIELD_INVALID'],
    [POLL, { orchestrationName: 'tenantCreation', stepNames: 'x' }, 400, 'FIELD_INVALID'],
    [POLL, { orchestrationName: 'tenantCreation', more: 1 }, 400, 'UNKNOWN_FIELD'],
    [POLL, [], 400, 'FIELD_INVALID'],
    [POLL, { orchestrationName: 'nothing' }, 404, 'UNKNOWN_ORCHESTRATION'],
    [POLL, { orchestrationName: 'tenantCreation', stepNames: ['x'] }, 404, 'UNKNOWN_STEP'],
    [REPLY, {}, 400, 'FIELD_INVALID'],
    [REPLY, { leaseId: 'none', status: 'yes' }, 400, 'FIELD_INVALID'],
    [REPLY, { leaseId: 'none' }, 400, 'FIELD_INVALID'],
    [REPLY, { leaseId: 'none', status: true }, 404, 'UNKNOWN_LEASE'],
  ])('%s with %j is answered with %i %s', async (path, body, status, code) => {
    const answer = await api.rest.worker(path, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('what is too large, of another type, or meets a fault is answered as described', async () => {
    const large = { leaseId: 'none', status: true, payload: 'x'.repeat(950_000) };
    expect((await api.rest.worker(REPLY, large)).body.code).toBe('PAYLOAD_TOO_LARGE');
    const bytes = LIMITS.bodyBytes.value + 1;
    expect((await api.rest.worker(POLL, `"${'x'.repeat(bytes)}"`)).status).toBe(413);
    const type = { 'content-type': 'text/plain' };
    for (const path of [POLL, REPLY] as const)
      expect((await api.rest.worker(path, {}, type)).status).toBe(415);
    const own = await drained();
    await start();
    const { leaseId } = first((await poll({ group: own })).body);
    api.running.engine.commands.failure = new Error('kafka-7 is away');
    const answer = await api.rest.worker(REPLY, { leaseId, status: true });
    expect([answer.status, answer.body.code]).toEqual([503, 'UNAVAILABLE']);
    expect(answer.text).not.toContain('kafka-7');
    api.running.engine.commands.failure = null;
    api.running.engine.failure = new Error('something else');
    expect((await poll({ group: group() })).status).toBe(500);
    const { Fault } = await import('../../src/engine/ports.js');
    api.running.engine.failure = new Fault('DATABASE_AWAY', 'no connection');
    expect((await poll({ group: group() })).status).toBe(503);
  });

  test('every answer that is described was seen', () => {
    const described = [POLL, REPLY].flatMap((path) =>
      Object.keys(openapi.paths[path]?.post?.responses ?? {}).map((one) => `post ${path} ${one}`),
    );
    // Those that depend on who calls are seen in auth/openapi.test.ts; a reply meets no resolver.
    const elsewhere = / 40[13]$|reply 500$/;
    const missing = described.filter((one) => !elsewhere.test(one) && !api.rest.seen.has(one));
    expect(missing).toEqual([]);
  });
});
