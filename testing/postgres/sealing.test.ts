/**
 * Payloads at rest on the real PostgreSQL: no table has one in clear, every answer and every
 * message has.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import { Fault, type Intake, type OutboxRow, type ReadModel } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import type { PayloadKey, PayloadKeys } from '../../src/postgres/sealing/sealer.js';
import { createDecoder } from '../../src/wire/decode.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { TOPICS } from '../../src/wire/topics.js';
import { brokerTaking } from '../engine/builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const SECRET = 'secret-4111-1111';
/** More than a JSON number holds, and more than the reference to a flow's payload begins with. */
const PAYLOAD = `{"card":"${SECRET}","n":12345678901234567890,"1":1.0,"x":"${'y'.repeat(3000)}"}`;
const DOCUMENT = `
orchestrationName: accounts
as: initiator
type: sequential
steps: [{ seq: 1, name: first }, { seq: 2, name: second }]
`;
const key = (id: string): PayloadKey => ({ id, key: randomBytes(32) });
const [ONE, TWO] = [key('k1'), key('k2')];
const keys = (current: PayloadKey | null, ...all: PayloadKey[]): PayloadKeys => ({
  keys: all,
  current,
});

/** A gateway in this process over the real database: the broker takes everything. */
class Gateway {
  readonly published: OutboxRow[] = [];
  private intake: Intake = () => Promise.reject(new Error('not started'));
  private readonly decode = createDecoder({ payloadLimit: 100_000 });

  private constructor(
    readonly engine: Engine,
    readonly read: ReadModel,
  ) {}

  static async open(
    database: TestDatabase,
    name: string,
    payloadKeys: PayloadKeys,
  ): Promise<Gateway> {
    const wire = createWire({ commandTypeId: null, source: '/test' });
    const { stepTopics } = wire;
    const postgres = database.open({ instanceId: name, stepTopics, payloadKeys });
    const decode = createDecoder({ payloadLimit: 100_000 });
    const holder: { gateway: Gateway | null } = { gateway: null };
    const broker = brokerTaking({
      publisher: {
        publish: async (rows) => {
          holder.gateway?.published.push(...rows);
          return rows.map((row) => ({ row, result: 'ok' as const }));
        },
      },
      consume: async (intake) => {
        if (holder.gateway !== null) holder.gateway.intake = intake;
      },
    });
    const ports = { store: postgres.store, read: postgres.readModel, broker, wire, decode };
    const engine = createEngine({ ...ports, leaseMs: 10_000, logs: silent, patienceMs: 500 });
    const gateway = new Gateway(engine, postgres.readModel);
    holder.gateway = gateway;
    opened.push(engine);
    await engine.start();
    return gateway;
  }

  async begin(idempotencyKey: string | null = null): Promise<string> {
    const { flow, problems } = await this.engine.execute({
      ...{ orchestrationName: 'accounts', flowId: null, payload: PAYLOAD, initiator: null },
      ...{ headers: { token: SECRET }, idempotencyKey },
    });
    if (flow === null) throw new Error(JSON.stringify(problems));
    return flow.flowId;
  }

  private offset = BigInt(Date.now());

  async deliver(text: string): Promise<void> {
    const raw = { key: Buffer.from(SECRET), value: Buffer.from(text), headers: { h: SECRET } };
    const place = { topic: TOPICS.replies, partition: 0, timestamp: Date.now() };
    const position = { ...place, offset: this.offset++ };
    await this.intake([{ ...this.decode(TOPICS.replies, raw), from: 'record', position, raw }]);
  }

  answer(flowId: string, stepName: string): Promise<void> {
    const headers = { flowId, stepName, action: 'DO', status: true, added: SECRET };
    return this.deliver(`{"headers":${JSON.stringify(headers)},"payload":${PAYLOAD}}`);
  }
}

/** Everything that is stored, as text: bytes as hex, and as base64. */
async function stored(database: TestDatabase, apartFrom = ''): Promise<string> {
  const tables = await database.sql(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> $1",
    [apartFrom],
  );
  const texts = await Promise.all(
    tables.map(async ({ relname }) =>
      (await database.sql(`SELECT t::text AS row FROM ${relname} t`))
        .map(({ row }) => row)
        .join('\n'),
    ),
  );
  return texts.join('\n');
}
const HIDDEN = [
  SECRET,
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64'),
];

const opened: Engine[] = [];
let database: TestDatabase;
let one: Gateway;
let done: string;
beforeAll(async () => {
  database = await testDatabase();
  one = await Gateway.open(database, 'one', keys(ONE, ONE));
  await one.engine.register(readRegistration(DOCUMENT, { serviceName: 'test' }), { dryRun: false });
  done = await one.begin('once');
  await one.answer(done, 'first');
  await one.answer(done, 'second');
  await one.begin();
  await one.deliver('{"a');
  await one.deliver(`{"headers":{"flowId":"nobody","stepName":"first"},"payload":${PAYLOAD}}`);
});
afterAll(async () => {
  for (const engine of opened) await engine.stop(2_000);
  await database?.close();
});

test('no table has it, in no form', async () => {
  const text = await stored(database);
  expect(text).toContain(done);
  for (const hidden of HIDDEN) expect(text).not.toContain(hidden);
});

test('answers, timelines and messages have it, letter for letter', async () => {
  const flow = (await one.read.flows([done])).get(done);
  expect([flow?.status, flow?.input, flow?.output]).toEqual(['COMPLETED', PAYLOAD, PAYLOAD]);
  expect(flow?.headers).toEqual({ token: SECRET });
  expect(flow?.steps.map(({ input, output }) => [input, output])).toEqual([
    [PAYLOAD, PAYLOAD],
    [PAYLOAD, PAYLOAD],
  ]);
  expect(flow?.steps[0]?.addedHeaders).toMatchObject({ added: SECRET });
  const events = (await one.read.timeline(done, 0, 100)) ?? [];
  expect(events.filter((event) => 'output' in event && event.output === PAYLOAD)).toHaveLength(3);
  const [events2] = await one.read.timelines([{ flowId: done, after: 0, first: 100 }]);
  expect(events2).toEqual(events);
  const commands = one.published.filter(({ topic }) => topic.endsWith('.do'));
  expect(commands.length).toBeGreaterThanOrEqual(3);
  for (const { value, startPayload = '' } of commands)
    expect(`${value}${startPayload}`).toContain(SECRET);
  const { items } = await one.read.quarantine({ state: null, flowId: null }, 10, null);
  expect(items.map(({ item }) => Buffer.from(item.key ?? '').toString())).toEqual([SECRET, SECRET]);
  expect(Buffer.from(items[0]?.item.value ?? '').toString()).toContain(SECRET);
});

test('the same key again with the same payload is the same flow', async () => {
  expect(await one.begin('once')).toBe(done);
});

test('left-over messages are opened by whoever publishes them', async () => {
  const store = database.open({ instanceId: 'quiet', payloadKeys: keys(ONE, ONE) }).store;
  const flowId = await one.begin();
  await database.sql("UPDATE orchestration_outbox SET leased_until = now() + interval '1 hour'");
  const rows = await database.sql('SELECT value FROM orchestration_outbox WHERE flow_id = $1', [
    flowId,
  ]);
  for (const { value } of rows) expect(String(value)).toMatch(/^ {2}"k1\./);
  await database.sql("UPDATE orchestration_outbox SET leased_until = now() - interval '1 hour'");
  const taken = await store.outboxTake(100);
  for (const { value, startPayload = '' } of taken.filter((row) => row.flowId === flowId))
    expect(`${value}${startPayload}`).toContain(SECRET);
  await store.outboxSent(taken);
});

describe('keys', () => {
  test('a new one writes, older ones still read; without it there is a fault that names it', async () => {
    const two = await Gateway.open(database, 'two', keys(TWO, TWO, ONE));
    const fresh = await two.begin();
    expect((await two.read.flows([done])).get(done)?.input).toBe(PAYLOAD);
    const [row] = await database.sql(
      'SELECT left(input::text, 6) AS begins FROM orchestration_run WHERE flow_id = $1',
      [fresh],
    );
    expect(row?.begins).toBe('  "k2.');
    await expect(one.read.flows([fresh])).rejects.toThrow(/sealed with the key k2/);
    await expect(one.read.flows([fresh])).rejects.toBeInstanceOf(Fault);
    const pause = { type: 'PAUSE', flowId: fresh, actor: 'ann', reason: 'a test' } as const;
    await expect(one.engine.applyOperatorAction(pause)).rejects.toBeInstanceOf(Fault);
    const [parked] = await database.sql('SELECT parked FROM orchestration_run WHERE flow_id = $1', [
      fresh,
    ]);
    expect(parked).toEqual({ parked: null });
    await two.engine.stop(2_000);
  });

  test('what is moved to another row is not opened: its flow is parked', async () => {
    const [from, to] = [await one.begin(), await one.begin()];
    await database.sql(
      'UPDATE orchestration_run t SET input = f.input FROM orchestration_run f WHERE t.flow_id = $1 AND f.flow_id = $2',
      [to, from],
    );
    const pause = { type: 'PAUSE', flowId: to, actor: 'ann', reason: 'a test' } as const;
    const { problems } = await one.engine.applyOperatorAction(pause);
    expect(problems).toMatchObject([
      { code: 'FLOW_PARKED', message: expect.stringContaining('does not belong there') },
    ]);
    for (const table of ['run', 'step_run', 'timeline', 'outbox'])
      await database.sql(`DELETE FROM orchestration_${table} WHERE flow_id = $1`, [to]);
  });
});

describe('reencrypt', () => {
  const all = async ({ engine }: Gateway, first: number): Promise<number[]> => {
    const written: number[] = [];
    for (let after: string | null = null; ; ) {
      const request = { first, after, actor: 'ann', reason: 'a test' };
      const result = await engine.reencrypt(request);
      written.push(result.rewritten);
      if (!result.hasNextPage) return written;
      after = result.endCursor;
    }
  };

  test('writes everything with the new key, in small batches, and then nothing more', async () => {
    const two = await Gateway.open(database, 'three', keys(TWO, TWO, ONE));
    const before = (await two.read.flows([done])).get(done);
    const events = await two.read.timeline(done, 0, 100);
    const written = await all(two, 2);
    expect(written.length).toBeGreaterThan(2);
    expect(written.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
    // Messages leave by themselves.
    const text = (await stored(database, 'orchestration_outbox')).replaceAll('""', '"');
    expect(text).not.toMatch(/ {2}\\?"k1\./);
    expect(text).toMatch(/ {2}\\?"k2\./);
    expect((await all(two, 1000)).every((count) => count === 0)).toBe(true);
    await two.engine.stop(2_000);
    const three = database.open({ instanceId: 'four', payloadKeys: keys(TWO, TWO) }).readModel;
    expect((await three.flows([done])).get(done)).toEqual(before);
    expect(await three.timeline(done, 0, 100)).toEqual(events);
    const { items } = await three.quarantine({ state: null, flowId: null }, 10, null);
    expect(Buffer.from(items[0]?.item.value ?? '').toString()).toContain(SECRET);
  });

  test('writes everything plain when nothing seals any more, and seals it again', async () => {
    const off = await Gateway.open(database, 'five', keys(null, TWO));
    await all(off, 1000);
    await off.engine.stop(2_000);
    const plain = database.open({ instanceId: 'six' }).readModel;
    expect((await plain.flows([done])).get(done)?.input).toBe(PAYLOAD);
    expect(await stored(database)).toContain(SECRET);
    const again = await Gateway.open(database, 'seven', keys(ONE, ONE));
    // Plain rows are read before they are sealed.
    expect((await again.read.flows([done])).get(done)?.output).toBe(PAYLOAD);
    await all(again, 1000);
    await again.engine.stop(2_000);
    const text = await stored(database);
    for (const hidden of HIDDEN) expect(text).not.toContain(hidden);
  });
});
