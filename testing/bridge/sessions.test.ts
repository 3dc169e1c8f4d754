/** Clients of the bridge: polls, what they may have at once, what is read and when not. */
import { describe, expect, test } from '@jest/globals';
import { Bridge } from '../../src/bridge/bridge.js';
import { LIMITS } from '../../src/limits/limits.js';
import { silent } from '../../src/observability/log.js';
import { GATHERED_MS, LEASE_MS, Rig, settled } from './rig.js';

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `f${at + 1}`);

async function sent(count: number, rig = new Rig()): Promise<Rig> {
  for (const flowId of ids(count)) rig.send({ flowId });
  await settled();
  return rig;
}

/** The one reader of the broker. */
const readerOf = ({ commands }: Rig) => [...commands.readers][0];

describe('a poll', () => {
  test('gets what there is, up to its number, and answers as soon as there is something', async () => {
    const rig = await sent(5);
    const first = await rig.poll(3, 30_000);
    expect(first.map(({ command }) => command.flowId)).toEqual(ids(3));
    const second = await rig.poll(10, 30_000);
    expect(second.map(({ command }) => command.flowId)).toEqual(['f4', 'f5']);
    const third = rig.poll(10, 30_000);
    await settled();
    rig.send({ flowId: 'f6' });
    await settled();
    await rig.clock.pass(GATHERED_MS);
    expect((await third).map(({ command }) => command.flowId)).toEqual(['f6']);
    expect(rig.bridge.figures()).toMatchObject({ sessions: 0, leases: 6, waiting: 0 });
  });

  test('answers nothing after its time', async () => {
    const rig = new Rig();
    const polled = rig.poll(1, 5_000);
    await rig.clock.pass(5_000);
    expect(await polled).toEqual([]);
    expect(rig.bridge.figures().sessions).toBe(0);
  });

  test('whose client has gone takes nothing with it', async () => {
    const rig = new Rig();
    const gone = new AbortController();
    const polled = rig.poll(1, 30_000, gone);
    await settled();
    gone.abort();
    expect(await polled).toEqual([]);
    rig.send({ flowId: 'f1' });
    expect((await rig.poll(1, 30_000))[0]?.command.flowId).toBe('f1');
  });

  test('leaves its commands to others when their leases are over', async () => {
    const rig = await sent(1);
    await rig.poll(1, 30_000);
    const again = rig.poll(1, 60_000);
    await rig.clock.pass(LEASE_MS);
    expect((await again)[0]?.command.flowId).toBe('f1');
    expect(rig.bridge.figures()).toMatchObject({ expired: 1 });
  });
});

describe('reading', () => {
  test('begins with the first client, pauses without one, and ends a while later', async () => {
    const rig = new Rig();
    expect(rig.commands.readers.size).toBe(0);
    const worker = rig.worker();
    await settled();
    expect(readerOf(rig)?.isPaused).toBe(false);
    worker.completes();
    await settled();
    expect(readerOf(rig)?.isPaused).toBe(true);
    await rig.clock.pass(10_000);
    expect(rig.commands.readers.size).toBe(0);
    const next = rig.worker();
    await sent(1, rig);
    expect(next.flowIds).toEqual(['f1']);
  });

  test('goes on as long as a command has a lease, so that nobody gets it a second time', async () => {
    const rig = await sent(1);
    const worker = rig.worker();
    await settled();
    worker.completes();
    await rig.clock.pass(LEASE_MS - 1);
    expect(rig.commands.readers.size).toBe(1);
    const next = rig.worker();
    await settled();
    expect(next.flowIds).toEqual([]);
    await rig.clock.pass(1);
    expect(next.flowIds).toEqual(['f1']);
  });

  test('stays for a client that polls, over its pauses', async () => {
    const rig = await sent(1);
    await rig.reply((await rig.poll(1, 1000))[0]);
    await rig.clock.pass(20_000);
    expect(rig.commands.readers.size).toBe(1);
    await rig.clock.pass(20_000);
    expect(rig.commands.readers.size).toBe(0);
  });

  test('pauses when enough is waiting, and goes on when it is not', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 1 });
    await sent(100, rig);
    const { waiting } = rig.bridge.figures();
    expect(waiting).toBeLessThan(40);
    for (let answered = 0; answered < 100; answered++) {
      await rig.reply(worker.received[answered]);
      await settled();
    }
    expect(new Set(worker.flowIds).size).toBe(100);
    expect(rig.committed()).toBe(100);
  });

  test('is command by command while the commands in memory have too many bytes', async () => {
    const bytes = 1000;
    const rig = new Rig({ mostBytes: 4 * bytes });
    const worker = rig.worker({ concurrency: 100 });
    for (const flowId of ids(10)) rig.send({ flowId, payload: JSON.stringify('x'.repeat(bytes)) });
    await settled();
    expect(worker.received).toHaveLength(4);
    for (let answered = 0; answered < 10; answered++) {
      await rig.reply(worker.received[answered]);
      await settled();
    }
    expect(worker.received).toHaveLength(10);
  });

  test('by another gateway takes what is waiting, and leaves what has a lease to its worker', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 1 });
    await sent(3, rig);
    rig.commands.rebalance(false);
    expect(rig.bridge.figures()).toMatchObject({ waiting: 0, leases: 1 });
    expect(await rig.reply(worker.received[0])).toMatchObject({ isLost: false });
    expect(rig.committed()).toBe(0);
    await settled();
    expect(worker.flowIds).toEqual(['f1']);
    // It comes back, from the last committed offset: what is answered is passed over.
    rig.close('f1');
    rig.commands.rebalance(true);
    await settled();
    expect(worker.flowIds).toEqual(['f1', 'f2']);
  });

  test('again what is here already changes nothing', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 2 });
    await sent(3, rig);
    rig.commands.rebalance(true);
    await settled();
    expect(worker.flowIds).toEqual(['f1', 'f2']);
    expect(rig.bridge.figures()).toMatchObject({ waiting: 1, leases: 2 });
    // Its partition goes away and comes back, while its worker still has the command.
    rig.commands.rebalance(false);
    rig.commands.rebalance(true);
    await settled();
    expect(worker.flowIds).toEqual(['f1', 'f2']);
    for (const command of worker.received.slice()) await rig.reply(command);
    expect(rig.committed()).toBe(2);
  });

  test('of a topic that was created again begins anew', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 9 });
    await sent(3, rig);
    for (const command of worker.received) await rig.reply(command);
    expect(rig.committed()).toBe(3);
    rig.commands.of('orchestrator.greeting.greet.do').length = 0;
    rig.commands.committed.clear();
    rig.send({ flowId: 'new' });
    rig.commands.rebalance(true);
    await settled();
    expect(worker.flowIds).toEqual([...ids(3), 'new']);
  });
});

describe('bounds', () => {
  test('no caller has more workers than it may', () => {
    const rig = new Rig();
    const most = LIMITS.workerSessionsPerPrincipal.value;
    for (let one = 0; one < most; one++) rig.worker();
    expect(() => rig.worker()).toThrow(`this caller has ${most} workers connected`);
    expect(() => rig.worker({ caller: 'bob' })).not.toThrow();
  });

  test('no more steps are read than may be', () => {
    const rig = new Rig();
    const most = LIMITS.workerSteps.value;
    for (let one = 0; one < most; one++) rig.worker({ group: `g${one}`, caller: `c${one % 9}` });
    expect(() => rig.worker({ group: 'more' })).toThrow(`workers read ${most} steps`);
    expect(rig.bridge.figures().sessions).toBe(most);
    expect(() => rig.worker({ group: 'g1' })).not.toThrow();
  });

  test('a client that never answers has its commands for their time, and others go on', async () => {
    const rig = new Rig();
    const greedy = rig.worker({ concurrency: 2 });
    await sent(2, rig);
    await rig.clock.pass(1000);
    const worker = rig.worker({ concurrency: 100 });
    for (const flowId of ['a', 'b', 'c']) rig.send({ flowId });
    await settled();
    expect([greedy.flowIds, worker.flowIds]).toEqual([ids(2), ['a', 'b', 'c']]);
    await rig.clock.pass(LEASE_MS - 1000);
    expect(worker.flowIds.slice(3).toSorted()).toEqual(ids(2));
  });

  test('no caller has more commands than it may, however much it wants', async () => {
    const rig = new Rig();
    const most = LIMITS.workerLeasesPerPrincipal.value;
    const greedy = Array.from({ length: 6 }, () => rig.worker({ concurrency: 1000 }));
    for (let one = 0; one < most + 10; one++) rig.send({ flowId: `f${one}` });
    await settled();
    const has = () => greedy.reduce((sum, { received }) => sum + received.length, 0);
    for (let last = -1; last !== has(); await settled()) last = has();
    expect(has()).toBe(most);
    const other = rig.worker({ caller: 'bob', concurrency: 5 });
    await settled();
    expect(other.received).toHaveLength(5);
    // Of another step it gets some as soon as it has answered one.
    const waving = rig.worker({ stepNames: ['wave'] });
    rig.send({ flowId: 'w1', stepName: 'wave' });
    await settled();
    expect(waving.received).toHaveLength(0);
    await rig.reply(greedy[0]?.received[0]);
    await settled();
    expect(waving.flowIds).toEqual(['w1']);
  });
});

describe('a gateway', () => {
  test('that has no broker yet refuses', async () => {
    const bridge = new Bridge({ leaseMs: LEASE_MS, log: silent('bridge') });
    const wish = { orchestrationName: 'o', stepNames: ['s'], group: 'g', concurrency: 1 };
    const poll = bridge.poll({ ...wish, caller: 'ann' }, 0, new AbortController().signal);
    await expect(poll).rejects.toMatchObject({ code: 'STARTING' });
    await bridge.close();
  });

  test('that stops ends its workers, takes no more, and commits what is settled', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 2 });
    await sent(2, rig);
    const polled = rig.poll(1, 30_000);
    await rig.reply(worker.received[0]);
    await rig.bridge.close();
    await settled();
    expect(await polled).toEqual([]);
    expect(worker.hasEnded).toBe(true);
    expect([rig.committed(), rig.commands.readers.size]).toEqual([1, 0]);
    expect(() => rig.worker()).toThrow('the gateway is stopping');
  });
});
