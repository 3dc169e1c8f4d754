/** The query `simulate` and its REST path. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '../../src/engine/service.js';
import { openapi } from './kit/openapi.js';
import { Rest } from './kit/rest.js';
import { Running, TENANT } from './kit/server.js';

let running: Running;
let rest: Rest;
beforeAll(async () => {
  running = await Running.start();
  rest = new Rest(running);
});
beforeEach(() => {
  running.engine.calls.length = 0;
});
afterAll(() => running.close());

const SIMULATE = `query ($input: SimulateInput!) { simulate(input: $input) {
  status trace events { flowId number type at stepName stepStatus flowStatus message } problems { code path line suggestions } } }`;
interface Simulation {
  readonly status: string | null;
  readonly trace: string;
  readonly events: readonly Record<string, unknown>[];
  readonly problems: readonly Record<string, unknown>[];
}
const simulated = async (input: object): Promise<Simulation> =>
  (await running.data<{ simulate: Simulation }>(SIMULATE, { input })).simulate;

const failing = { stepName: 'createUser', action: 'DO', kind: 'FAIL' };

describe('simulate', () => {
  test('answers the timeline and the trace of a registered orchestration', async () => {
    const result = await simulated({ orchestrationName: 'tenantCreation', faults: [failing] });
    expect(result).toMatchObject({
      status: 'UNDONE',
      trace:
        'createRealm+ createUser- createUser- [FLOW_TURNED_AROUND createUser] ~createRealm+ => UNDONE',
      problems: [],
    });
    expect(result.events[0]).toEqual({
      flowId: 'simulation',
      number: 1,
      type: 'FLOW_STARTED',
      at: '1970-01-01T00:00:00.000Z',
      stepName: null,
      stepStatus: null,
      flowStatus: 'IN_PROGRESS',
      message: 'the flow starts',
    });
    expect(running.engine.calls).toEqual(['simulate']);
  });

  test('follows the policies a flow that starts now gets', async () => {
    const policy = { orchestrationName: 'tenantCreation', maxRetries: 0, reason: 'r' };
    const set = `mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { problems { code } } }`;
    await running.data(set, { input: policy });
    const { trace } = await simulated({ orchestrationName: 'tenantCreation', faults: [failing] });
    expect(trace).toMatch(/^createRealm\+ createUser- \[/);
    await running.data(set, { input: { ...policy, maxRetries: null } });
  });

  test('takes a document that is not registered, and the one named of several', async () => {
    const document = TENANT.replace('tenantCreation', 'other').replace('createUser', 'createBox');
    const faults = [{ ...failing, stepName: 'createBox', attempt: 1 }];
    const { status, trace } = await simulated({ document, faults });
    expect([status, trace]).toEqual([
      'COMPLETED',
      'createRealm+ createBox- createBox+ => COMPLETED',
    ]);
    const one = (name: string): object => ({
      orchestrationName: name,
      as: 'initiator',
      type: 'sequential',
      steps: [{ seq: 1, name: 'a' }],
    });
    const several = JSON.stringify({ orchestrations: [one('first'), one('second')] });
    expect(
      await simulated({ document: several, orchestrationName: 'second', faults: [] }),
    ).toMatchObject({ trace: 'a+ => COMPLETED' });
    expect(await simulated({ document: several, faults: [] })).toMatchObject({
      status: null,
      trace: '',
      events: [],
      problems: [{ code: 'FIELD_INVALID', path: 'orchestrationName' }],
    });
    expect(running.engine.orchestrations).toEqual(['tenantCreation']);
  });

  test('names every problem with its place', async () => {
    const wrong = [
      { ...failing, kind: 'FALL' },
      { ...failing, attempt: 0 },
    ];
    expect(await simulated({ faults: wrong })).toMatchObject({
      status: null,
      problems: [
        { code: 'FIELD_INVALID', path: 'faults[0].kind', suggestions: ['FAIL'] },
        { code: 'FIELD_INVALID', path: 'faults[1].attempt' },
        { code: 'FIELD_MISSING', path: 'orchestrationName' },
      ],
    });
    expect(await simulated({ orchestrationName: 'tenantCration', faults: [] })).toMatchObject({
      problems: [{ code: 'UNKNOWN_ORCHESTRATION', suggestions: ['tenantCreation'] }],
    });
    const faults = [failing, { ...failing, stepName: 'createUsr' }];
    expect(await simulated({ orchestrationName: 'tenantCreation', faults })).toMatchObject({
      problems: [{ code: 'UNKNOWN_STEP', path: 'faults[1].stepName', suggestions: ['createUser'] }],
    });
    const document = TENANT.replace('sequential', 'zigzag');
    expect(await simulated({ document, faults: [] })).toMatchObject({
      problems: [{ code: 'FIELD_INVALID', path: 'type', line: 4 }],
    });
    const worker = '{ orchestrationName: a, as: worker, steps: [{ name: b }] }';
    expect(await simulated({ document: worker, faults: [] })).toMatchObject({
      problems: [{ code: 'FIELD_INVALID', path: 'document' }],
    });
  });

  test('is bounded: in faults, in events, and in simulations per request', async () => {
    const many = Array.from({ length: 1001 }, () => failing);
    const input = { orchestrationName: 'tenantCreation', faults: many };
    expect(await running.error(SIMULATE, { input })).toMatchObject({ code: 'BAD_USER_INPUT' });
    const steps = Array.from({ length: 30 }, (_, at) => ({ seq: at + 1, name: `s${at}` }));
    const document = JSON.stringify({
      orchestrationName: 'wide',
      as: 'initiator',
      type: 'parallel',
      maxRetries: 1000,
      steps,
    });
    const faults = steps.map(({ name }) => ({ stepName: name, action: 'DO', kind: 'FAIL' }));
    expect(await simulated({ document, faults })).toMatchObject({
      status: null,
      events: [],
      problems: [{ code: 'SIMULATION_TOO_LONG', path: 'faults' }],
    });
    const aliases = Array.from(
      { length: 25 },
      (_, at) =>
        `s${at}: simulate(input: {orchestrationName: "tenantCreation", faults: []}) { status }`,
    );
    const { body } = await running.graphql(`{ ${aliases.join(' ')} }`);
    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('POST simulate', () => {
  test('answers the same', async () => {
    const { status, body } = await rest.simulate({
      orchestrationName: 'tenantCreation',
      faults: [failing],
    });
    const graphql = await simulated({ orchestrationName: 'tenantCreation', faults: [failing] });
    expect([status, body]).toMatchObject([200, { status: 'UNDONE', trace: graphql.trace }]);
    expect(body.events).toHaveLength(graphql.events.length);
  });

  test('answers what is wrong as problems, and is described with every status', async () => {
    expect(await rest.simulate({ orchestrationName: 'tenantCration' })).toMatchObject({
      status: 404,
      body: { code: 'UNKNOWN_ORCHESTRATION', suggestions: ['tenantCreation'] },
    });
    const wrong = { orchestrationName: 'tenantCreation', faults: [{ stepName: 7 }] };
    expect(await rest.simulate(wrong)).toMatchObject({
      status: 400,
      body: { code: 'FIELD_INVALID' },
    });
    const known = { orchestrationName: 'tenantCreation' };
    expect((await rest.simulate(known, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await rest.simulate({ document: 'x'.repeat(9_000_000) })).status).toBe(413);
    running.engine.failure = new Fault('DATABASE_AWAY', 'away');
    expect((await rest.simulate(known)).status).toBe(503);
    running.engine.failure = new Error('unexpected');
    expect((await rest.simulate(known)).status).toBe(500);
    running.engine.failure = null;
    const described = Object.keys(
      openapi.paths['/api/orchestrations/simulate']?.post?.responses ?? {},
    );
    const path = 'post /api/orchestrations/simulate';
    // 401 and 403 depend on who calls: auth/openapi.test.ts.
    const ofHere = described.filter((status) => !/^40[13]$/.test(status));
    expect(ofHere.filter((status) => !rest.seen.has(`${path} ${status}`))).toEqual([]);
  });
});
