/**
 * Each verdict of `diagnose` (docs/diagnose.md): the situation is made on a real Kafka and a real
 * PostgreSQL, and seen.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Diagnosis } from '../../src/engine/diagnosis/diagnosis.js';
import type { FlowStatus } from '../../src/saga/flow.js';
import { type Assembled, openAssembled } from '../kit/assembled.js';
import { deleteTopic } from '../kit/cluster.js';
import { startKafka } from '../kit/kafka.mjs';
import { testDatabase } from '../kit/postgres.js';
import {
  openScriptedWorker,
  type WorkerCommand,
  type WorkerOptions,
} from '../kit/scripted-worker.js';
import { testBrokers, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const stack = new AsyncDisposableStack();
const brokers = testBrokers().split(',');
let gateway: Assembled;

beforeAll(async () => {
  const database = await testDatabase();
  stack.defer(() => database.close());
  gateway = await openAssembled({ database, brokers, group: `diagnose-${unique()}` });
  stack.defer(() => gateway.close());
}, 120_000);
/** A worker leaves its group once it has finished what it holds. */
const letGo: (() => void)[] = [];
afterAll(async () => {
  for (const go of letGo) go();
  await stack.disposeAsync();
});

interface Recipe {
  readonly steps?: readonly string[];
  /** Fields of every step, as in a document. */
  readonly step?: object;
}

/** Half a minute for an answer: after a second its command is looked at more closely. */
const QUICK = { timeout: '30s', maxRetries: 3, backoff: { initial: 0, jitter: 'none' } };

async function registered(recipe: Recipe = {}, on: Assembled = gateway): Promise<string> {
  const name = `diagnosed-${unique()}`;
  const { steps = ['createRealm'], step = {} } = recipe;
  const document = {
    orchestrationName: name,
    as: 'initiator',
    type: 'sequential',
    steps: steps.map((one, index) => ({ seq: index + 1, name: one, ...QUICK, ...step })),
  };
  await on.register(JSON.stringify(document));
  return name;
}

async function worker(
  name: string,
  onCommand: WorkerOptions['onCommand'],
  more: Partial<WorkerOptions> & { readonly steps?: readonly string[] } = {},
): Promise<void> {
  const { steps = ['createRealm'], ...options } = more;
  const topics = steps.flatMap((step) => [
    `orchestrator.${name}.${step}.do`,
    `orchestrator.${name}.${step}.undo`,
  ]);
  const opened = await openScriptedWorker({
    ...{ brokers, groupId: `worker-${name}`, topics, onCommand },
    ...options,
  });
  stack.defer(() => opened.close());
}

/** Holds every command until it is let go, as a worker at work does. */
function holding() {
  const { promise: free, resolve } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<WorkerCommand>();
  letGo.push(resolve);
  const onCommand = async (command: WorkerCommand): Promise<void> => {
    hold(command);
    await free;
  };
  return { onCommand, held };
}

/** `because`: a part of its summary. */
const sees = (
  flowId: string,
  verdict: string,
  on: Assembled = gateway,
  because = '',
): Promise<Diagnosis> =>
  until(`${verdict} of ${flowId}`, async () => {
    const diagnosis = await on.engine.diagnose(flowId);
    if (diagnosis?.verdict === verdict && diagnosis.summary.includes(because)) return diagnosis;
    throw new Error(`${diagnosis?.verdict}: ${diagnosis?.summary}`);
  });

const ends = (flowId: string, status: FlowStatus) =>
  until(`${flowId} is ${status}`, async () => {
    const flow = (await gateway.read.flows([flowId])).get(flowId);
    return flow?.status === status;
  });

const happened = (flowId: string, type: string, times = 1) =>
  until(`${type} of ${flowId}`, async () => {
    const events = (await gateway.read.timeline(flowId, 0, 500)) ?? [];
    return events.filter((event) => event.type === type).length >= times;
  });

const operator = (flowId: string) => ({ flowId, actor: 'ann', reason: 'the partner is down' });
const factsIn = ({ facts }: Diagnosis, name: string): string[] =>
  facts.filter((fact) => fact.name.startsWith(name)).map(({ value }) => value);

test('HEALTHY: a worker has the command since a moment; WAITING_FOR_WORKER: for long', async () => {
  const name = await registered();
  const { onCommand, held } = holding();
  await worker(name, onCommand);
  const flowId = await gateway.start(name);
  await held;
  // On a machine that is slow just now a second passes before the diagnosis.
  const healthy = await until('HEALTHY', async () => {
    const young = await gateway.start(name);
    const diagnosis = await gateway.engine.diagnose(young);
    return diagnosis?.verdict === 'HEALTHY' && diagnosis;
  });
  expect(healthy).toMatchObject({ stepName: 'createRealm', suggestedActions: [] });
  const diagnosis = await sees(flowId, 'WAITING_FOR_WORKER');
  expect(diagnosis.summary).toContain(`worker-${name} reads the topic`);
});

test('NO_CONSUMER: nobody reads the topic; the group that did is named', async () => {
  const name = await registered();
  const flowId = await gateway.start(name);
  const { summary, facts } = await sees(flowId, 'NO_CONSUMER');
  expect(summary).toContain('No consumer group has ever committed an offset of it');
  expect(facts).toContainEqual({ name: 'consumer groups', value: 'none', source: 'kafka' });
  const answered = Promise.withResolvers<void>();
  const topics = [`orchestrator.${name}.createRealm.do`];
  const gone = await openScriptedWorker({
    ...{ brokers, groupId: `worker-${name}`, topics },
    onCommand: ({ answer }) => answer().then(answered.resolve),
  });
  await answered.promise;
  await ends(flowId, 'COMPLETED');
  await gone.close();
  const before = `worker-${name} has read it before and has no member now`;
  await sees(await gateway.start(name), 'NO_CONSUMER', gateway, before);
});

test('CONSUMER_LAG: older records are before the command, and they are counted', async () => {
  const name = await registered({ step: { timeout: '60s' } });
  const { onCommand, held } = holding();
  let commands = 0;
  await worker(name, (command) => (++commands === 1 ? command.answer() : onCommand(command)));
  await ends(await gateway.start(name), 'COMPLETED');
  const first = await gateway.start(name);
  await held;
  // Long enough ago for timestamps to keep the two records apart.
  await sees(first, 'WAITING_FOR_WORKER');
  const { summary } = await sees(await gateway.start(name), 'CONSUMER_LAG');
  expect(summary).toContain('1 older record is before it in partition 0');
});

test('WORKER_SILENT: a worker that answers others has committed the command without an answer', async () => {
  const name = await registered();
  let commands = 0;
  await worker(name, async ({ answer }) => {
    if (++commands === 1) await answer();
  });
  await ends(await gateway.start(name), 'COMPLETED');
  const { summary } = await sees(await gateway.start(name), 'WORKER_SILENT');
  expect(summary).toContain(`worker-${name} has read the command and committed it`);
});

test('MISSED_BY_WORKER: a group that began behind the command; resendCommand repairs it', async () => {
  const name = await registered();
  const missed = await gateway.start(name);
  await sees(missed, 'NO_CONSUMER');
  await worker(name, ({ answer }) => answer(), { fromBeginning: false });
  // It has read nothing yet; then it reads a newer command and is past the missed one.
  expect((await sees(missed, 'MISSED_BY_WORKER')).summary).toContain('no offset');
  await ends(await gateway.start(name), 'COMPLETED');
  const past = 'goes on at offset 2, behind the command';
  const { suggestedActions } = await sees(missed, 'MISSED_BY_WORKER', gateway, past);
  expect(suggestedActions[0]).toContain('resendCommand createRealm');
  await gateway.engine.applyOperatorAction({
    ...operator(missed),
    type: 'RESEND',
    stepName: 'createRealm',
  });
  await ends(missed, 'COMPLETED');
});

test('TOPIC_MISSING: somebody has deleted the topic', async () => {
  const name = await registered({ step: { backoff: { initial: '60s', max: '60s' } } });
  await deleteTopic(brokers, `orchestrator.${name}.createRealm.do`);
  const { summary } = await sees(await gateway.start(name), 'TOPIC_MISSING');
  expect(summary).toContain(`orchestrator.${name}.createRealm.do does not exist`);
});

test('BACKOFF: the step has failed and is tried again later', async () => {
  const backoff = { initial: '60s', max: '60s', jitter: 'none' };
  const name = await registered({ step: { backoff } });
  await worker(name, ({ answer }) => answer({ status: false, errorMessage: 'realm is locked' }));
  const { summary } = await sees(await gateway.start(name), 'BACKOFF');
  expect(summary).toMatch(
    /attempt 2 of 4 goes out in \d+ s\. The last one failed: realm is locked/,
  );
});

test('UNDO_EXHAUSTED: what was done could not be undone', async () => {
  const steps = ['createRealm', 'createUser'];
  const name = await registered({ steps, step: { maxRetries: 0 } });
  const fails = ({ action, stepName }: WorkerCommand['headers']): boolean =>
    stepName === 'createUser' || action === 'UNDO';
  await worker(
    name,
    ({ headers, answer }) =>
      answer(fails(headers) ? { status: false, errorMessage: 'realm is locked' } : {}),
    { steps },
  );
  const flowId = await gateway.start(name);
  const { summary, stepName } = await sees(flowId, 'UNDO_EXHAUSTED');
  expect([stepName, summary]).toEqual(['createRealm', expect.stringContaining('realm is locked')]);
});

test('POISON_REPLY: an answer that could not be used, and the command still waits', async () => {
  const name = await registered();
  await worker(name, ({ answer }) => answer({ stepName: 'createRoom' }));
  const diagnosis = await sees(await gateway.start(name), 'POISON_REPLY');
  expect(diagnosis.summary).toContain('has no step createRoom (UNKNOWN_STEP)');
});

test('LATE_REPLY: the worker needs longer than the step may take', async () => {
  const name = await registered({ step: { timeout: '2s', maxRetries: 100 } });
  const { onCommand, held } = holding();
  await worker(name, onCommand);
  const flowId = await gateway.start(name);
  const first = await held;
  await happened(flowId, 'DO_SENT', 2);
  await first.answer({ status: false, errorMessage: 'too late' });
  const { summary } = await sees(flowId, 'LATE_REPLY');
  expect(summary).toContain('STALE_ATTEMPT');
});

test('PAUSED: the flow, by an operator; or its orchestration', async () => {
  const name = await registered();
  const flowId = await gateway.start(name);
  await gateway.engine.applyOperatorAction({ ...operator(flowId), type: 'PAUSE' });
  expect((await sees(flowId, 'PAUSED')).summary).toContain('the partner is down');
  const change = { name, queuesStarts: true, actor: 'ann', reason: 'maintenance' };
  await gateway.engine.changeStanding({ ...change, verb: 'PAUSE' });
  const { suggestedActions } = await sees(await gateway.start(name), 'PAUSED');
  expect(suggestedActions[0]).toContain(`resumeOrchestration ${name}`);
});

test('PARKED: a law was broken in this flow', async () => {
  const name = await registered();
  const flowId = await gateway.start(name);
  const parked = [{ flowId, reason: 'it does not settle after 10000 events' }];
  await gateway.store.road((tx) => tx.refuse([], parked, []));
  expect((await sees(flowId, 'PARKED')).summary).toContain('it does not settle');
});

test('ENDED: nothing more happens; an unknown flow has no diagnosis', async () => {
  const name = await registered();
  await worker(name, ({ answer }) => answer());
  const flowId = await gateway.start(name);
  await ends(flowId, 'COMPLETED');
  expect((await sees(flowId, 'ENDED')).summary).toContain('The flow is COMPLETED since');
  expect(await gateway.engine.diagnose('nobody')).toBeNull();
});

test('OUTBOX_STALLED: Kafka is away, which is itself a fact, and the answer comes all the same', async () => {
  const kafka = await startKafka();
  stack.defer(() => kafka.stop());
  const database = await testDatabase();
  stack.defer(() => database.close());
  const other = await openAssembled({
    ...{ database, brokers: [kafka.brokers], group: `stalled-${unique()}` },
  });
  stack.defer(() => other.close());
  const name = await registered({ step: { timeout: '5m' } }, other);
  await kafka.pause();
  const flowId = await other.start(name);
  const diagnosis = await sees(flowId, 'OUTBOX_STALLED', other);
  expect(factsIn(diagnosis, 'outbox')).toEqual(['the command waits to be published']);
  expect(factsIn(diagnosis, 'reachable')).toEqual([expect.stringMatching(/^no: /)]);
  await kafka.restart();
  await sees(flowId, 'NO_CONSUMER', other);
}, 180_000);
