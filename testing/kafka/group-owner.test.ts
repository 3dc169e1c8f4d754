/**
 * One consumer group is for one database: gateways of another one stay out, and report it; nothing
 * is read by the wrong ones.
 */
import { expect, test } from '@jest/globals';
import type { Broker } from '../../src/engine/ports.js';
import {
  GatewayReceiver,
  loudLog,
  MemoryInbox,
  publishAll,
  row,
} from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';
import { memberCount, newName, testCluster } from '../kit/cluster.js';

const kafka = testCluster();

/** A database, and the gateways that work on it. */
class Database {
  readonly receiver = new GatewayReceiver(new MemoryInbox());
  readonly loud = loudLog();

  constructor(
    private readonly replies: string,
    /** Null: a gateway of the version before, which has no id. */
    public id: string | null,
  ) {}

  /** Joining goes on behind it. */
  async gateway(goneForMs = 0): Promise<Broker> {
    const { id, replies } = this;
    const broker = await kafka.open(replies, {
      log: this.loud.log,
      ...(id !== null && { databaseId: async () => this.id ?? '' }),
      groupLookMs: 100,
      goneForMs,
    });
    this.receiver.attach(broker).catch(() => undefined);
    return broker;
  }
}

const ready = (gateway: Broker): Promise<unknown> =>
  until('it is ready', () => gateway.health().ready);
const STAYS_OUT = /consumer group \S+ is used by gateways of another database.*KAFKA_GROUP_ID/;
const staysOut = (gateway: Broker): Promise<unknown> =>
  until('it stays out', () => !gateway.health().ready && STAYS_OUT.test(gateway.health().detail));
const isLoud = ({ loud }: Database): boolean =>
  loud.warnings.some((line) => /of another database/.test(line));

const texts = (name: string): string[] => Array.from({ length: 40 }, (_, i) => `${name} ${i}`);
/** Over all partitions. */
const publish = (broker: Broker, topic: string, some: readonly string[]): Promise<void> =>
  publishAll(
    broker,
    some.map((text) => row(topic, text, { key: text })),
  );

test('a gateway whose group is another database’s is not ready, reads nothing and logs why; the others go on', async () => {
  const replies = newName('owned');
  const [mine, other] = [new Database(replies, 'b'), new Database(replies, 'a')];
  const first = await mine.gateway();
  await ready(first);
  const second = await other.gateway();
  await staysOut(second);
  await publish(first, replies, texts('reply'));
  await mine.receiver.receives(...texts('reply'));
  expect(other.receiver.deliveries).toBe(0);
  expect(first.health().ready).toBe(true);
  expect(await memberCount(kafka.brokers, replies)).toBe(1);
  expect(isLoud(other)).toBe(true);
  expect(mine.loud.warnings).toEqual([]);

  await first.close();
  await ready(second);
  await publish(second, replies, texts('later'));
  await other.receiver.receives(...texts('later'));
});

test('a group whose gateways restart is not free', async () => {
  const replies = newName('restart');
  const [mine, other] = [new Database(replies, 'b'), new Database(replies, 'a')];
  const first = await mine.gateway();
  await ready(first);
  const second = await other.gateway(60_000);
  await staysOut(second);
  await first.close();
  await until('the group is empty', async () => (await memberCount(kafka.brokers, replies)) === 0);
  await publish(second, replies, texts('meanwhile'));
  const again = await mine.gateway();
  await ready(again);
  await mine.receiver.receives(...texts('meanwhile'));
  await staysOut(second);
  expect(other.receiver.deliveries).toBe(0);
});

test('two databases whose gateways start at the same moment: one reads everything, the other stays out', async () => {
  const replies = newName('same-moment');
  const both = [new Database(replies, 'a'), new Database(replies, 'b')];
  const gateways = await Promise.all(both.map((database) => database.gateway()));
  await until('one of them is ready and the other one stays out', () => {
    const [out, ...more] = gateways.filter((one) => STAYS_OUT.test(one.health().detail));
    return out !== undefined && more.length === 0 && gateways.some((one) => one.health().ready);
  });
  const [winner] = gateways.flatMap((one, index) => (one.health().ready ? [both[index]] : []));
  const loser = both.find((one) => one !== winner);
  await publish(gateways[0] as Broker, replies, texts('reply'));
  await winner?.receiver.receives(...texts('reply'));
  expect(loser?.receiver.deliveries).toBe(0);
  expect(loser !== undefined && isLoud(loser)).toBe(true);
});

test.each([
  ['two gateways of one database', 'a', 'a'],
  ['an upgrade from a version without ids, the older one first', null, 'a'],
  ['an upgrade from a version without ids, the newer one first', 'a', null],
])(
  '%s share the partitions, and nothing is reported',
  async (_title, one, two) => {
    const replies = newName('shared');
    const both = [new Database(replies, one), new Database(replies, two)] as const;
    const first = await both[0].gateway();
    await ready(first);
    const second = await both[1].gateway();
    await until('both read', () => first.health().ready && second.health().ready);
    await until('both are members', async () => (await memberCount(kafka.brokers, replies)) === 2);
    await publish(first, replies, texts('reply'));
    const all = (): boolean => new Set(both.flatMap(({ receiver }) => receiver.texts)).size === 40;
    await until('all is read', all);
    expect(both.map(({ receiver }) => receiver.deliveries > 0)).toEqual([true, true]);
    expect(both.some(isLoud)).toBe(false);
  },
  60_000,
);

test('a database that is replaced behind its address is a member under its new id', async () => {
  const replies = newName('replaced');
  const mine = new Database(replies, 'before');
  const first = await mine.gateway();
  await ready(first);
  mine.id = 'after';
  await until('it has joined again', () =>
    mine.loud.warnings.some((line) => /behind DATABASE_URL/.test(line)),
  );
  await ready(first);
  const second = await mine.gateway();
  await until('both read', () => first.health().ready && second.health().ready);
  expect(isLoud(mine)).toBe(false);
});
