/** The command line against the real API: what it prints, and its exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { createProgram } from '../../src/cli/program.js';
import { Running, TENANT } from '../api/kit/server.js';
import { type Ran, ran } from './ran.js';

let running: Running;
const folder = mkdtempSync(join(tmpdir(), 'backstep-cli-'));
beforeAll(async () => {
  running = await Running.start();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await running.close();
});

/** Runs one command line against the gateway of this file, or against `--url` when it is given. */
function backstep(...args: readonly string[]): Promise<Ran> {
  const url = args.includes('--url') ? [] : ['--url', running.api.url];
  return ran([...args, ...url, '--actor', 'ann']);
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const started = async (...more: string[]): Promise<string> => {
  const { out } = await backstep('execute', 'tenantCreation', ...more);
  return out.trim();
};

describe('register', () => {
  test('registers every file', async () => {
    const one = file('one.yaml', TENANT.replace('tenantCreation', 'one'));
    const { code, out } = await backstep('register', one, '--service-name', 'tenants');
    expect([code, out]).toEqual([0, 'one v1  registered as initiator, PARTIALLY_REGISTERED\n']);
  });

  test('shows a problem with file, line, column and a mark below the field', async () => {
    const bad = file(
      'bad.yaml',
      'orchestrationName: a\nas: initiator\ntype: sequental\nsteps: []\n',
    );
    const { code, err } = await backstep('register', bad);
    expect(code).toBe(2);
    expect(err.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/bad\.yaml:3:1 {2}FIELD_INVALID {2}type must be/),
      '    3 | type: sequental',
      '      | ^',
    ]);
  });

  test('one bad file does not keep the others from being registered', async () => {
    const good = file('good.yaml', TENANT.replace('tenantCreation', 'good'));
    const { code } = await backstep('register', file('worse.yaml', 'a: ['), good);
    expect(code).toBe(2);
    expect(running.engine.orchestrations).toContain('good');
  });
});

describe('simulate', () => {
  test('shows the timeline of a document that is not registered, and its trace', async () => {
    const once = file('once.yaml', TENANT.replace('tenantCreation', 'simulatedOnly'));
    const { code, out } = await backstep('simulate', once, '--fail', 'createUser:DO:1');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^time +step +status +what happens$/);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^\+2\.0 s +createUser +DO_FAIL +DO createUser will be tried again at \+3\.0 s$/,
      ),
    );
    expect(lines.at(-1)).toBe('createRealm+ createUser- createUser+ => COMPLETED');
    expect(running.engine.orchestrations.includes('simulatedOnly')).toBe(false);
  });

  test('takes a registered name, faults of each kind, and answers JSON', async () => {
    const faults = [
      '--fail',
      'createUser',
      '--duplicate',
      'createRealm:do',
      '--late',
      'createRealm:UNDO:1',
    ];
    const { code, out } = await backstep('simulate', 'tenantCreation', ...faults, '--json');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      {
        status: 'UNDONE',
        trace: expect.stringMatching(/^createRealm\+ \(createRealm ALREADY_DONE\)/),
      },
    ]);
  });

  test('shows problems of a document with line and mark, and refuses a fault that is none', async () => {
    const bad = file('bad-simulation.yaml', TENANT.replace('sequential', 'zigzag'));
    const { code, err } = await backstep('simulate', bad);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/:4:1 {2}FIELD_INVALID .*\n.*\n +\| \^/),
    ]);
    expect(
      await backstep('simulate', 'tenantCreation', '--fail', 'createUser:TWICE'),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining('It must be like step, step:UNDO or step:DO:2.'),
    });
    expect(await backstep('simulate', 'tenantCreation', '--fail', 'createUsr')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/UNKNOWN_STEP.*Did you mean createUser\?/),
    });
  });
});

describe('codegen', () => {
  const TYPED = TENANT.replace('tenantCreation', 'typed-tenant')
    .replace(
      'steps:',
      'payloadSchema: { title: x, type: object, required: [tenant], additionalProperties: false, properties: { tenant: { type: string }, plan: { enum: [free, paid] } } }\nsteps:',
    )
    .replace(
      'objectType: Realm',
      'payloadSchema: { $defs: { id: { type: integer } }, type: object, properties: { realmId: { $ref: "#/$defs/id" } } }',
    );

  test('writes types of what starts a flow and of what each step answers, which compile', async () => {
    await backstep('register', file('typed.yaml', TYPED));
    const { code, out } = await backstep('codegen', 'typed-tenant');
    expect(code).toBe(0);
    expect(out).toContain(
      '/** Payloads of typed-tenant v1. Written by: backstep codegen typed-tenant */',
    );
    expect(out).toContain(
      "export interface TypedTenantInput {\n  tenant: string;\n  plan?: 'free' | 'paid';\n}",
    );
    expect(out).toMatch(
      /export interface TypedTenantCreateRealmOutput \{\n {2}realmId\?: (number|Id);/,
    );
    expect(out).toContain('export type TypedTenantCreateUserOutput = unknown;');
    expect(out).toContain(
      'export type TypedTenantSteps = {\n  createRealm: { input: TypedTenantInput; output: TypedTenantCreateRealmOutput };\n  createUser: { input: TypedTenantCreateRealmOutput; output: TypedTenantCreateUserOutput };\n};',
    );
    const use = `${out}\nexport const good: TypedTenantInput = { tenant: 'acme', plan: 'free' };\n// @ts-expect-error a field is missing\nexport const bad: TypedTenantInput = {};\n`;
    expect(typeErrors(file('use.ts', use))).toEqual([]);
  });

  test('writes into a file, of a version, and names an orchestration that is not there', async () => {
    const target = join(folder, 'types.ts');
    expect(
      await backstep('codegen', 'tenantCreation', '--of-version', '1', '-o', target),
    ).toMatchObject({
      code: 0,
      out: '',
    });
    expect(readFileSync(target, 'utf8')).toContain('export type TenantCreationInput = unknown;');
    expect(await backstep('codegen', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no orchestration is called nobody'),
    });
  });
});

describe('asyncapi', () => {
  test('writes what workers receive and send, of the newest or a version', async () => {
    const { code, out } = await backstep('asyncapi', 'tenantCreation');
    expect(code).toBe(0);
    expect(out).toContain('address: orchestrator.tenantCreation.createRealm.do');
    const target = join(folder, 'tenant.asyncapi.yaml');
    expect(
      await backstep('asyncapi', 'tenantCreation', '--of-version', '1', '-o', target),
    ).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(target, 'utf8')).toMatch(/^asyncapi: 3\.0\.0\n/);
    expect(await backstep('asyncapi', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no orchestration is called nobody'),
    });
  });
});

function typeErrors(path: string): string[] {
  const options = { strict: true, noEmit: true, types: [], skipLibCheck: true };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('execute', () => {
  test('prints the flowId and sends what was given, digit for digit', async () => {
    const payload = '{"big":9007199254740993,"price":1.0}';
    const header = ['-H', 'correlationId=c-1', '-H', 'a=b=c'];
    const { code, out } = await backstep('execute', 'tenantCreation', '-p', payload, ...header);
    expect([code, out]).toEqual([0, expect.stringMatching(/^[\w-]{36}\n$/)]);
    const request = running.engine.starts.at(-1);
    expect(request?.payload).toContain('9007199254740993');
    expect(request?.headers).toMatchObject({ correlationId: 'c-1', a: 'b=c' });
  });

  test('the same key again names the flow it started', async () => {
    const flowId = await started('--key', 'k9');
    const { out } = await backstep('execute', 'tenantCreation', '--key', 'k9');
    expect(out).toBe(`${flowId}  (started earlier with this key)\n`);
  });

  test('a payload that is not JSON is refused before anything is sent', async () => {
    const before = running.engine.starts.length;
    const { code, err } = await backstep('execute', 'tenantCreation', '-p', 'acme');
    expect(code).toBe(2);
    expect(err).toMatch(/it is not JSON.*--payload '"text"'/);
    expect(running.engine.starts).toHaveLength(before);
  });

  test('an unknown name is refused with a suggestion', async () => {
    const { code, err } = await backstep('execute', 'tenantCreatoin');
    expect(code).toBe(2);
    expect(err).toMatch(/UNKNOWN_ORCHESTRATION.*Did you mean tenantCreation\?/);
  });

  test('with --watch it prints every event and ends with the flow', async () => {
    const ran = backstep('execute', 'tenantCreation', '--watch', '--key', 'watched');
    const flowId = await flowWithKey('watched');
    await running.engine.answers(flowId, 'createRealm');
    await running.engine.answers(flowId, 'createUser');
    const { code, out } = await ran;
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^ +6 .* COMPLETED/);
  });

  test('a flow that does not complete is exit code 3', async () => {
    const ran = backstep('execute', 'tenantCreation', '--watch', '--json', '--key', 'fails');
    const flowId = await flowWithKey('fails');
    await running.engine.fails(flowId, 'createRealm', 'no realm');
    const { code, out } = await ran;
    expect(code).toBe(3);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.at(-1)?.type).toBe('FLOW_UNDONE');
  });
});

describe('what is stored', () => {
  test('history as a table, filtered', async () => {
    await started();
    const { code, out } = await backstep('history', '--status', 'IN_PROGRESS', '--limit', '1');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^FLOW +ORCHESTRATION +STATUS +STARTED/);
    expect(out.split('\n')[1]).toMatch(/^[\w-]{36} +tenantCreation +IN_PROGRESS/);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  test('a wrong status is refused with the ones there are', async () => {
    const { code, err } = await backstep('history', '--status', 'DONE');
    expect(code).toBe(2);
    expect(err).toMatch(/IN_PROGRESS, COMPLETED/);
  });

  test('details as text and as JSON', async () => {
    const flowId = await started('-p', '"a\\u001b[31mred"');
    const { out } = await backstep('details', flowId);
    expect(out).toMatch(/createRealm +IN_PROGRESS +0\/1 retries/);
    expect(out).not.toContain('\u001b[31m');
    const json = JSON.parse((await backstep('details', flowId, '--json')).out) as {
      flowId: string;
    };
    expect(json.flowId).toBe(flowId);
  });

  test('an unknown flow is exit code 2', async () => {
    expect(await backstep('details', 'nothing')).toMatchObject({
      code: 2,
      out: 'There is no flow nothing.\n',
    });
  });

  test('orchestrations', async () => {
    const { out } = await backstep('orchestrations', 'tenantC');
    expect(out).toMatch(/tenantCreation +v1 +SEQUENTIAL .*createRealm → createUser/);
  });
});

describe('audit', () => {
  test('as a table, filtered: who, from where, what, and what became of it', async () => {
    const flowId = await started();
    await backstep('pause', flowId, '-r', 'a test');
    await backstep('retry', flowId, 'createUser', '-r', 'too early');
    const { code, out } = await backstep('audit', '--flow', flowId, '--since', '3650d');
    expect(code).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^WHEN +WHO +FROM +WHAT +ON +OUTCOME +CHANGED +REASON$/);
    expect(rows).toEqual([
      expect.stringMatching(
        /ann \(unproven\) +127\.0\.0\.1 +retryStep .*REFUSED NOT_ALLOWED .*too early$/,
      ),
      expect.stringMatching(/ pauseFlow .* DONE .*"paused":true\} +a test$/),
      expect.stringMatching(/ execute .* DONE /),
    ]);
    const done = await backstep(
      'audit',
      '--flow',
      flowId,
      '--outcome',
      'DONE',
      '-n',
      '1',
      '--json',
    );
    expect(JSON.parse(done.out)).toMatchObject({ action: 'pauseFlow', after: { paused: true } });
    expect((await backstep('audit', '--by', 'nobody')).out).toBe('No row matches.\n');
  });
});

describe('actions', () => {
  test('cancel without undo stores reason and actor', async () => {
    const flowId = await started();
    const { code, out } = await backstep('cancel', flowId, '--no-undo', '-r', 'a test');
    expect([code, out]).toEqual([0, `tenantCreation ${flowId}  CANCELLED\n`]);
    expect(running.engine.actions.at(-1)).toMatchObject({ actor: 'ann', reason: 'a test' });
  });

  test('an action without a reason is refused', async () => {
    const { code, err } = await backstep('pause', 'flow-1');
    expect(code).toBe(2);
    expect(err).toContain("required option '-r, --reason <text>' not specified");
  });

  test('an action that is not allowed is exit code 2, as JSON too', async () => {
    const flowId = await started();
    const { code, out } = await backstep('retry', flowId, 'createUser', '-r', 'x', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { problems: [{ code: 'NOT_ALLOWED' }] } });
  });

  test('pause and resume', async () => {
    const flowId = await started();
    expect((await backstep('pause', flowId, '-r', 'x')).out).toContain('(paused)');
    expect((await backstep('resume', flowId, '-r', 'x')).out).not.toContain('(paused)');
  });
});

test('a gateway that is away is exit code 1 with its address', async () => {
  const { code, err } = await backstep('history', '--url', 'localhost:9');
  expect(code).toBe(1);
  expect(err).toMatch(/CONNECTION: http:\/\/localhost:9\/graphql cannot be reached.*BACKSTEP_URL/);
});

test('every command has help with its options', async () => {
  for (const name of createProgram(() => {}).commands.map((command) => command.name())) {
    const { code, out } = await backstep(name, '--help');
    expect([name, code]).toEqual([name, 0]);
    expect(out).toContain(`Usage: backstep ${name}`);
  }
});

test.each(['bash', 'zsh', 'fish'])('completion for %s names every command', async (shell) => {
  const { out } = await backstep('completion', shell);
  for (const command of createProgram(() => {}).commands) expect(out).toContain(command.name());
});

test('an unknown command is refused with a suggestion', async () => {
  const { code, err } = await backstep('histroy');
  expect(code).toBe(2);
  expect(err).toContain('(Did you mean history?)');
});

async function flowWithKey(key: string): Promise<string> {
  for (;;) {
    for (const { flow } of running.engine.flows.values())
      if (flow.idempotencyKey === key) return flow.flowId;
    await new Promise(setImmediate);
  }
}

describe('policy', () => {
  test('is set for all steps or one, shown, and removed when nothing is given', async () => {
    const all = await backstep('policy', 'tenantCreation', '--max-retries', '7', '-r', 'slow');
    expect([all.code, all.out]).toEqual([
      0,
      'tenantCreation v1  policies:\n  all steps  maxRetries 7  (ann: slow)\n',
    ]);
    const waits = ['--timeout-ms', '5', '--backoff', '{"initial":"1s"}', '-r', 'slower'];
    const own = await backstep('policy', 'tenantCreation', 'createUser', ...waits);
    expect(own.out).toContain(
      '\n  createUser  timeoutMs 5, backoff {"initial":1000}  (ann: slower)\n',
    );
    const { out } = await backstep('policy', 'tenantCreation', '-r', 'fast again', '--json');
    expect(JSON.parse(out)).toMatchObject({ policies: [{ stepName: 'createUser' }] });
    await backstep('policy', 'tenantCreation', 'createUser', '-r', 'fast again');
    expect((await running.engine.service.orchestration('tenantCreation', null))?.policies).toEqual(
      [],
    );
  });

  test('is refused with the problems of the gateway, or of the command line', async () => {
    const unknown = await backstep('policy', 'tenantCration', '--max-retries', '7', '-r', 'x');
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('tenantCreation')]);
    const worded = await backstep('policy', 'tenantCreation', '--max-retries', 'many', '-r', 'x');
    expect(worded.code).toBe(2);
  });
});

describe('an orchestration', () => {
  test('is paused, archived and resumed; what cannot be done is refused with the reason', async () => {
    const paused = await backstep('pause-orchestration', 'tenantCreation', '-r', 'audit');
    expect([paused.code, paused.out]).toEqual([
      0,
      'tenantCreation v1  paused by ann: audit (new flows are refused)\n',
    ]);
    const again = await backstep('pause-orchestration', 'tenantCreation', '-r', 'x', '--queue');
    expect([again.code, again.err]).toEqual([
      2,
      expect.stringContaining('the orchestration is paused already, by ann: audit'),
    ]);
    const archived = await backstep('archive-orchestration', 'tenantCreation', '-r', 'old');
    expect(archived.out).toContain('(new flows are refused); archived by ann: old\n');
    const resumed = await backstep('resume-orchestration', 'tenantCreation', '-r', 'y', '--json');
    expect(JSON.parse(resumed.out)).toEqual({
      name: 'tenantCreation',
      version: 1,
      paused: false,
      pausedBy: null,
      archived: false,
      archivedBy: null,
    });
    await backstep('pause-orchestration', 'tenantCreation', '-r', 'x', '--queue');
    const lifted = await backstep('resume-orchestration', 'tenantCreation', '-r', 'y');
    expect(lifted.out).toBe('tenantCreation v1  takes new flows\n');
  });
});

describe('diagnose', () => {
  test('shows the verdict, what was looked at, and what to do', async () => {
    const flowId = await started();
    const { code, out } = await backstep('diagnose', flowId);
    expect(code).toBe(0);
    expect(out).toMatch(/^TOPIC_MISSING {2}createRealm\nThe topic .* does not exist/);
    expect(out).toMatch(/\n {2}database {2}status +IN_PROGRESS\n/);
    expect(out).toMatch(/\n {2}kafka {5}topic +orchestrator\.tenantCreation\.createRealm\.do/);
    expect(out).toMatch(/\nWhat to do:\n {2}1\. Register the orchestration again/);
    const json = JSON.parse((await backstep('diagnose', flowId, '--json')).out) as object;
    expect(json).toMatchObject({ flowId, verdict: 'TOPIC_MISSING', stepName: 'createRealm' });
  });

  test('of an unknown flow is exit code 2', async () => {
    expect(await backstep('diagnose', 'nothing')).toMatchObject({
      code: 2,
      out: 'There is no flow nothing.\n',
    });
  });
});

describe('undo', () => {
  test('shows with --plan what would be undone, and changes nothing', async () => {
    const flowId = await started();
    await running.engine.answers(flowId, 'createRealm');
    const { code, out } = await backstep('undo', flowId, '--plan');
    expect([code, out]).toEqual([
      0,
      [
        '2 of 2 steps would be undone:',
        '  1  createUser   its DO is in flight: it is undone unless the worker answers that it failed',
        '  2  createRealm  it is done',
        '',
      ].join('\n'),
    ]);
    expect(running.engine.flows.get(flowId)?.flow.status).toBe('IN_PROGRESS');
    const plan = JSON.parse((await backstep('undo', flowId, '--plan', '--json')).out) as object;
    expect(plan).toMatchObject({ flowId, hash: expect.any(String) });
    expect((await backstep('undo', 'nobody', '--plan')).code).toBe(2);
  });

  test('needs a reason, and undoes without a question where nobody could answer it', async () => {
    const flowId = await started();
    const { code, err } = await backstep('undo', flowId);
    expect([code, err]).toEqual([2, expect.stringContaining('--reason')]);
    const undone = await backstep('undo', flowId, '-r', 'test');
    expect([undone.code, undone.out]).toEqual([
      0,
      expect.stringMatching(/^tenantCreation \S+ {2}UNDOING\n$/),
    ]);
  });
});

describe('many flows', () => {
  test('are retried, undone or cancelled with one command; what is refused is counted by reason', async () => {
    const name = file('bulk.yaml', TENANT.replace('tenantCreation', 'many'));
    await backstep('register', name);
    for (let count = 0; count < 103; count++) await backstep('execute', 'many');
    const only = ['-o', 'many', '-r', 'mail is back'];
    const dry = await backstep('cancel-flows', ...only, '--dry-run');
    expect([dry.code, dry.out, dry.err]).toEqual([
      0,
      '103 flows looked at, 103 would be done, 0 would be refused\n',
      expect.stringContaining('100 flows looked at, 100 would be done'),
    ]);
    const cancelled = await backstep('cancel-flows', ...only);
    expect([cancelled.code, cancelled.out]).toEqual([
      0,
      '103 flows looked at, 103 done, 0 refused\n',
    ]);
    const undone = await backstep('undo-flows', ...only, '--status', 'UNDOING', 'UNDONE');
    expect(undone.code).toBe(2);
    expect(undone.out).toMatch(
      /^103 flows looked at, 0 done, 103 refused\n {2}103 {2}NOT_ALLOWED {2}the flow is UNDOING {2}\(\S+, \S+, \S+, …\)\n$/,
    );
    const retried = await backstep('retry-flows', ...only, '--json');
    expect(JSON.parse(retried.out)).toMatchObject({ matched: 103, done: 0, refused: 103 });
  });
});

describe('log-level', () => {
  test('makes a component louder for a time, and shows the levels of the instance', async () => {
    const reason = ['--reason', 'late replies'];
    const set = await backstep('log-level', 'kafka', 'debug', '--minutes', '10', ...reason);
    expect(set.code).toBe(0);
    expect(set.out).toMatch(
      /^instance here-1\nCOMPONENT +LEVEL +UNTIL\nkafka +debug +\S+, then info\n$/,
    );
    const { out } = await backstep('log-level', 'kafka', 'default', ...reason, '--json');
    const level = { component: 'kafka', level: 'INFO', configured: 'INFO', until: null };
    expect(JSON.parse(out)).toEqual({ instance: 'here-1', levels: [level] });
    const all = await backstep('log-level');
    expect(all.out.split('\n').length).toBeGreaterThan(10);
  });

  test('needs a reason, a level and minutes there are', async () => {
    const without = await backstep('log-level', 'kafka', 'debug');
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('--reason')]);
    const wrong = await backstep('log-level', 'kafka', 'loud', '--reason', 'r');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Allowed choices')]);
    const { code, err } = await backstep('log-level', 'kafka', 'debug', '-m', 'x', '-r', 'r');
    expect([code, err]).toEqual([2, expect.stringContaining('whole number')]);
  });
});
