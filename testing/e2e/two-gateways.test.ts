/**
 * Two gateways on one database and one consumer group: they share the work, and each shows what the
 * other does.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignerProtocol } from 'kafkajs';
import { openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { type ModelWorker, startModelWorker } from './kit/model-worker.js';
import { newDatabase, type TestDatabase, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const REPLIES = 'orchestrator.response.result';
const STEPS = ['pick', 'pack', 'ship'];
const FLOWS = 200;

interface Event {
  readonly number: number;
  readonly type: string;
  readonly flowStatus: string;
}
interface Change {
  readonly flowId: string;
  readonly stepName: string;
  readonly status: string;
  readonly eventNumber: number;
}

describe('two gateways on one database', () => {
  const stack = new AsyncDisposableStack();
  const name = `parcel-${unique()}`;
  const group = `pair-${unique()}`;
  let database: TestDatabase;
  let broker: TestBroker;
  let a: Gateway;
  let b: Gateway;
  let worker: ModelWorker;

  beforeAll(async () => {
    database = stack.use(await newDatabase());
    broker = stack.use(await openBroker());
    // At once: they migrate the same empty database at the same moment.
    const start = async (one: string): Promise<Gateway> =>
      stack.use(await startGateway({ database, group, name: one }));
    [a, b] = await Promise.all([start('gateway A'), start('gateway B')]);
    await a.client.register(documentOf(name));
    worker = stack.use(
      await startModelWorker({
        orchestrationName: name,
        stepNames: STEPS,
        group: `worker-${name}`,
      }),
    );
  }, 240_000);
  afterAll(() => stack.disposeAsync(), 90_000);

  test('both are members of the group, and every partition of the replies belongs to one of them', async () => {
    const shares = await sharesOf(broker, group);
    expect(shares.map((share) => share.length)).toEqual([2, 2]);
    expect(shares.flat().toSorted()).toEqual([0, 1, 2, 3]);
  });

  test('what is registered on one can be executed on the other at once', async () => {
    const other = `other-${unique()}`;
    await a.client.register(documentOf(other));
    expect(await b.client.execute(other, {})).toMatch(/./);
  });

  test('flows started on both complete, every command is carried out once, and replies were read by both', async () => {
    const before = await ends(broker);
    const flowIds = await Promise.all(
      Array.from({ length: FLOWS }, (_, i) => (i % 2 === 0 ? a : b).client.execute(name, { i })),
    );
    const flows = await Promise.all(
      flowIds.map((flowId, i) => (i % 2 === 0 ? b : a).client.ended(flowId, 90_000)),
    );
    expect(tally(flows.map(({ status }) => status))).toEqual({ COMPLETED: FLOWS });

    const own = new Set(flowIds);
    const commands = worker.commands.filter(({ headers }) => own.has(headers.flowId));
    const places = Map.groupBy(commands, ({ headers }) => headers.attemptId);
    expect(places.size).toBe(FLOWS * STEPS.length);
    const twice = [...places].filter(
      ([, ones]) => new Set(ones.map(({ place }) => place)).size > 1,
    );
    expect(twice.map(([attemptId, ones]) => [attemptId, ones.map(({ place }) => place)])).toEqual(
      [],
    );

    const after = await ends(broker);
    const read = (await sharesOf(broker, group)).map((share) =>
      share.reduce((sum, one) => sum + (after[one] ?? 0) - (before[one] ?? 0), 0),
    );
    expect(read.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(FLOWS * STEPS.length);
    for (const one of read) expect(one).toBeGreaterThan(0);
    expect(await stepsByStatus(database, name)).toEqual({ DO_SUCCESS: FLOWS * STEPS.length });
  }, 180_000);

  test('a subscriber on B sees every event of flows started on A once, in order', async () => {
    const flowIds = await Promise.all(
      Array.from({ length: 30 }, (_, i) => a.client.execute(name, { i })),
    );
    const seen = await Promise.all(flowIds.map((flowId) => eventsOf(b, flowId)));
    for (const [i, events] of seen.entries()) {
      expect(events.map(({ number }) => number)).toEqual(events.map((_, at) => at + 1));
      expect(events.at(-1)).toMatchObject({ type: 'FLOW_COMPLETED', flowStatus: 'COMPLETED' });
      const query =
        'query ($flowId: ID!) { details(flowId: $flowId) { timeline(first: 100) { number type flowStatus } } }';
      const { details } = await a.client.graphql<{ details: { timeline: readonly Event[] } }>(
        query,
        { flowId: flowIds[i] },
      );
      expect(events).toEqual(details.timeline);
    }
  }, 120_000);

  test('a subscriber on B that was there before sees every step change of flows started on A once, in order', async () => {
    const changes = await changesSeenBy(b, name, async () => {
      await a.client.ended(await a.client.execute(name, {}));
    });
    const flowIds = await Promise.all(
      Array.from({ length: 30 }, (_, i) => a.client.execute(name, { i })),
    );
    const of = (flowId: string): Change[] => changes.filter((change) => change.flowId === flowId);
    const expected = STEPS.flatMap((step) => [`${step} IN_PROGRESS`, `${step} DO_SUCCESS`]);
    await until('all changes came', () =>
      flowIds.every((flowId) => of(flowId).length >= expected.length),
    );
    for (const flowId of flowIds) {
      expect(of(flowId).map(({ stepName, status }) => `${stepName} ${status}`)).toEqual(expected);
      const numbers = of(flowId).map(({ eventNumber }) => eventNumber);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    }
  }, 120_000);

  test('when one is killed in the middle, the other ends every flow', async () => {
    const flowIds = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? a : b).client.execute(name, { i })),
    );
    await b.stop('SIGKILL');
    const flows = await Promise.all(flowIds.map((flowId) => a.client.ended(flowId, 120_000)));
    expect(tally(flows.map(({ status }) => status))).toEqual({ COMPLETED: 60 });
  }, 180_000);
});

function documentOf(orchestrationName: string): string {
  const steps = STEPS.map((step, i) => `  - { seq: ${i + 1}, name: ${step}, objectType: Parcel }`);
  return [
    `orchestrationName: ${orchestrationName}`,
    'as: initiator',
    'type: sequential',
    'steps:',
    ...steps,
  ].join('\n');
}

/**
 * Which partitions of the replies each member of the group reads, once the group is at rest with
 * two members.
 */
async function sharesOf(broker: TestBroker, group: string): Promise<number[][]> {
  return until('two members share the replies', async () => {
    const { groups } = await broker.admin.describeGroups([group]);
    const [found] = groups;
    if (found?.state !== 'Stable' || found.members.length !== 2) return null;
    const shares = found.members.map(
      ({ memberAssignment }) =>
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[REPLIES] ?? [],
    );
    return shares.every((share) => share.length > 0) && shares;
  });
}

/** Where each partition of the replies ends. */
async function ends(broker: TestBroker): Promise<number[]> {
  const offsets = await broker.admin.fetchTopicOffsets(REPLIES);
  return offsets
    .toSorted((one, other) => one.partition - other.partition)
    .map(({ offset }) => Number(offset));
}

/**
 * A growing list of the step changes a gateway shows; `stir` makes one happen, again and again,
 * until the first is seen.
 */
async function changesSeenBy(
  gateway: Gateway,
  name: string,
  stir: () => Promise<void>,
): Promise<readonly Change[]> {
  const query =
    'subscription ($name: String) { stepStatusChanged(orchestrationName: $name) { flowId stepName status eventNumber } }';
  const changes: Change[] = [];
  const read = async (): Promise<void> => {
    for await (const change of gateway.client.subscribe<Change>(query, { name }))
      changes.push(change);
  };
  // It ends with the gateway, in whatever way; what is missing then shows in the list.
  void read().catch(() => undefined);
  await until('the subscription shows a first change', async () => {
    await stir();
    return changes.length > 0;
  });
  return changes;
}

/** All events of a flow, until the server completes the subscription. */
async function eventsOf(gateway: Gateway, flowId: string): Promise<Event[]> {
  const query =
    'subscription ($flowId: ID!) { flowEvents(flowId: $flowId) { number type flowStatus } }';
  const events: Event[] = [];
  for await (const event of gateway.client.subscribe<Event>(query, { flowId })) events.push(event);
  return events;
}

async function stepsByStatus(
  database: TestDatabase,
  name: string,
): Promise<Record<string, number>> {
  const rows =
    await database.query(`SELECT s.status FROM orchestration_step_run s JOIN orchestration_run r ON r.flow_id = s.flow_id
    WHERE r.orchestration_name = '${name}'`);
  return tally(rows.map(({ status }) => String(status)));
}

function tally(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
