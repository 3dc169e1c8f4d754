/** Workers without Kafka: which command is with whom, and what a reply does. */
import { describe, expect, test } from '@jest/globals';
import { Bridge } from '../../src/bridge/bridge.js';
import { silent } from '../../src/observability/log.js';
import { MemoryCommands } from '../kit/memory-commands.js';
import { DONE, HALFWAY, LEASE_MS, Rig, settled } from './rig.js';

const ids = (count: number, prefix = 'f'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

async function sent(flowIds: readonly string[], rig = new Rig()): Promise<Rig> {
  for (const flowId of flowIds) rig.send({ flowId });
  await settled();
  return rig;
}

describe('a command', () => {
  test('is with one worker, with a deadline that it sees', async () => {
    const rig = await sent(['f1']);
    const [one, two] = [rig.worker(), rig.worker()];
    await settled();
    const all = [...one.received, ...two.received];
    expect(all.map(({ command }) => command.flowId)).toEqual(['f1']);
    expect(all[0]?.leaseUntil).toBe(rig.clock.now() + LEASE_MS);
    expect(all[0]?.command.payload).toBe('{"n":1.0}');
  });

  test('is shared by the workers of a group, in turn, and is with every group', async () => {
    const rig = new Rig();
    const workers = [rig.worker({ concurrency: 9 }), rig.worker({ concurrency: 9 })];
    const other = rig.worker({ group: 'others', concurrency: 9 });
    await sent(ids(6), rig);
    expect(workers.map(({ received }) => received.length)).toEqual([3, 3]);
    expect(workers.flatMap(({ flowIds }) => flowIds).toSorted()).toEqual(ids(6));
    expect(other.flowIds).toEqual(ids(6));
  });

  test('waits while every worker has as many as it wants', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 2 });
    await sent(ids(4), rig);
    expect(worker.flowIds).toEqual(ids(2));
    await rig.reply(worker.received[1]);
    await settled();
    expect(worker.flowIds).toEqual(ids(3));
    expect(rig.bridge.figures()).toMatchObject({ leases: 2, waiting: 1, answered: 1 });
  });

  test('goes to another worker when its lease is over, with the same attempt', async () => {
    const rig = new Rig();
    const [first, second] = [rig.worker(), rig.worker()];
    await sent(['f1'], rig);
    await rig.clock.pass(LEASE_MS - 1);
    expect(rig.bridge.figures()).toMatchObject({ expired: 0, leases: 1 });
    await rig.clock.pass(1);
    const [one] = first.received;
    const [two] = second.received;
    expect(two?.command.attemptId).toBe(one?.command.attemptId);
    expect(two?.leaseId).not.toBe(one?.leaseId);
    expect(rig.bridge.figures()).toMatchObject({ expired: 1, leases: 1 });
  });

  test('goes to another worker at once when the connection of its worker is lost', async () => {
    const rig = await sent(['f1']);
    const first = rig.worker();
    await settled();
    const second = rig.worker();
    first.vanishes();
    await settled();
    expect([first.flowIds, second.flowIds]).toEqual([['f1'], ['f1']]);
    expect(first.hasEnded).toBe(true);
  });

  test('stays with a worker that ended its subscription, until its lease is over', async () => {
    const rig = await sent(['f1']);
    const first = rig.worker();
    await settled();
    const second = rig.worker();
    first.completes();
    await settled();
    expect(second.flowIds).toEqual([]);
    expect(await rig.reply(first.received[0])).toMatchObject({ kind: 'published', isLost: false });
    await rig.clock.pass(LEASE_MS);
    expect(second.flowIds).toEqual([]);
  });

  test('that nobody waits for any more is never handed out', async () => {
    const rig = await sent(ids(3));
    rig.close('f2');
    const worker = rig.worker({ concurrency: 9 });
    await settled();
    expect(worker.flowIds).toEqual(['f1', 'f3']);
    rig.close('f1');
    await rig.clock.pass(LEASE_MS);
    expect(worker.flowIds).toEqual(['f1', 'f3', 'f3']);
    expect(rig.committed()).toBe(2);
  });

  test('whose deadline has passed is not handed out, and its lease ends with the deadline', async () => {
    const rig = await sent(['f1']);
    await rig.clock.pass(300_000 - 1000);
    const worker = rig.worker();
    await settled();
    expect(worker.received[0]?.leaseUntil).toBe(rig.clock.now() + 1000);
    await rig.clock.pass(LEASE_MS);
    expect(worker.flowIds).toEqual(['f1']);
    expect(rig.committed()).toBe(1);
  });

  test('that an operator resent is with one worker, and both records are settled by its reply', async () => {
    const rig = await sent(['f1']);
    const workers = [rig.worker(), rig.worker()];
    await settled();
    rig.publish({ flowId: 'f1' });
    await settled();
    const all = workers.flatMap(({ received }) => received);
    expect(all).toHaveLength(1);
    await rig.reply(all[0]);
    expect(rig.committed()).toBe(2);
  });

  test('of UNDO comes like one of DO', async () => {
    const rig = new Rig();
    rig.send({ flowId: 'f1', action: 'UNDO' });
    const worker = rig.worker();
    await settled();
    expect(worker.received[0]?.command).toMatchObject({ action: 'UNDO', round: 1, attempt: 1 });
    await rig.reply(worker.received[0]);
    expect(rig.committed('UNDO')).toBe(1);
    expect(rig.replies[0]).toContain('"action":"UNDO"');
  });

  test('is checked by one query for all that are handed out together', async () => {
    const rig = await sent(ids(50));
    const worker = rig.worker({ concurrency: 50 });
    await settled();
    expect(worker.received).toHaveLength(50);
    // The first one, and those that came while it was checked.
    expect(rig.reads).toBeLessThanOrEqual(3);
  });

  test('is handed out as soon as the database answers again', async () => {
    const rig = await sent(['f1']);
    rig.failure = new Error('away');
    const worker = rig.worker();
    await settled();
    expect(worker.flowIds).toEqual([]);
    rig.failure = null;
    await rig.clock.pass(5000);
    expect(worker.flowIds).toEqual(['f1']);
  });

  test('record that is none is passed over', async () => {
    const rig = new Rig();
    const worker = rig.worker();
    for (const text of ['', 'no JSON', '{"headers":{"flowId":"f1"}}'])
      rig.commands.publish('orchestrator.greeting.greet.do', text);
    await sent(['f1'], rig);
    expect(worker.flowIds).toEqual(['f1']);
    expect(rig.committed()).toBe(3);
  });
});

describe('a reply', () => {
  test('has all headers of the command as they came, what the worker adds, and its payload', async () => {
    const rig = await sent(['f1']);
    const worker = rig.worker();
    await settled();
    const headers = { added: 'yes', flowId: 'of another', trace: 'of the worker' };
    await rig.reply(worker.received[0], { ...DONE, headers, payload: '{"n":1.00}' });
    expect(rig.replies).toHaveLength(1);
    expect(rig.replies[0]).toMatch(/"payload":\{"n":1\.00\}\}$/);
    const { headers: published } = JSON.parse(rig.replies[0] ?? '');
    expect(published).toMatchObject({ flowId: 'f1', stepName: 'greet', status: true, attempt: 1 });
    expect(published).toMatchObject({ added: 'yes', attemptId: 'f1:greet:DO:0:1' });
    expect(rig.commands.sent[0]).toMatchObject({ topic: 'replies', key: 'f1' });
  });

  test('settles its record: what is before the first one without a reply is committed', async () => {
    const rig = new Rig();
    const worker = rig.worker({ concurrency: 3 });
    await sent(ids(3), rig);
    const [first, second, third] = worker.received;
    await rig.reply(second);
    expect(rig.committed()).toBe(0);
    await rig.reply(first);
    expect(rig.committed()).toBe(2);
    await rig.reply(third);
    expect(rig.committed()).toBe(3);
  });

  test('of a failure has its reason', async () => {
    const rig = await sent(['f1']);
    const worker = rig.worker();
    await settled();
    const failure = { errorMessage: 'boom', errorCode: 'E', retryable: false };
    await rig.reply(worker.received[0], { ...DONE, status: false, ...failure });
    expect(JSON.parse(rig.replies[0] ?? '').headers).toMatchObject({ status: false, ...failure });
  });

  test('to a lease that another worker has by now is published all the same, and marked', async () => {
    const rig = new Rig();
    const [first, second] = [rig.worker(), rig.worker()];
    await sent(['f1'], rig);
    await rig.clock.pass(LEASE_MS);
    const [late, now] = [first.received[0], second.received[0]];
    expect(await rig.reply(late)).toEqual({ kind: 'published', isLost: true, leaseUntil: null });
    expect(await rig.reply(now)).toEqual({ kind: 'published', isLost: false, leaseUntil: null });
    expect(rig.replies).toHaveLength(2);
    expect(rig.committed()).toBe(1);
  });

  test('to a lease that is over, while nobody has the command, settles it', async () => {
    const rig = await sent(['f1']);
    const first = rig.worker();
    await settled();
    first.completes();
    await rig.clock.pass(1000);
    const busy = rig.worker();
    await sent(['f2'], rig);
    await rig.clock.pass(LEASE_MS - 1000);
    expect(rig.bridge.figures()).toMatchObject({ expired: 1, waiting: 1 });
    expect(await rig.reply(first.received[0])).toMatchObject({ isLost: false });
    expect(rig.committed()).toBe(1);
    await rig.reply(busy.received[0]);
    await settled();
    expect(busy.flowIds).toEqual(['f2']);
  });

  test('is published by another gateway, with the headers that are known there', async () => {
    const rig = await sent(['f1']);
    const worker = rig.worker();
    await settled();
    const other = new Bridge({ leaseMs: LEASE_MS, log: silent('bridge'), clock: rig.clock });
    const broker = new MemoryCommands();
    other.open(rig.portsTo(broker));
    const { leaseId = '' } = worker.received[0] ?? {};
    const outcome = await other.reply(leaseId, DONE, () => true);
    expect(outcome).toEqual({ kind: 'published', isLost: false, leaseUntil: null });
    expect(JSON.parse(broker.sent[0]?.value ?? '').headers).toEqual({
      ...{ flowId: 'f1', stepName: 'greet', action: 'DO', orchestrationName: 'greeting' },
      ...{ attempt: 1, attemptId: 'f1:greet:DO:0:1', idempotencyKey: 'f1:greet:DO', status: true },
    });
  });

  test('to no lease, to one of a flow that is gone, or out of scope is not published', async () => {
    const rig = await sent(['f1']);
    const worker = rig.worker();
    await settled();
    const [command] = worker.received;
    const unknown = { kind: 'unknown' };
    for (const leaseId of ['', 'nonsense', 'WzFd', 'x'.repeat(5000)])
      expect(await rig.bridge.reply(leaseId, DONE, () => true)).toEqual(unknown);
    expect(await rig.bridge.reply(command?.leaseId ?? '', DONE, () => false)).toEqual(unknown);
    const gone = Buffer.from('[1,"n","workers","greeting","f9","greet","DO",0,1]');
    expect(await rig.bridge.reply(gone.toString('base64url'), DONE, () => true)).toEqual(unknown);
    expect(rig.replies).toEqual([]);
  });

  test('that the broker does not take fails, and its command stays with the worker', async () => {
    const rig = await sent(['f1']);
    const worker = rig.worker();
    await settled();
    rig.commands.failure = new Error('away');
    await expect(rig.reply(worker.received[0])).rejects.toThrow('send it again');
    rig.commands.failure = null;
    expect(await rig.reply(worker.received[0])).toMatchObject({ isLost: false });
    expect(rig.committed()).toBe(1);
  });

  test('that is on its way keeps the lease', async () => {
    const rig = new Rig();
    const [first, second] = [rig.worker(), rig.worker()];
    await sent(['f1'], rig);
    const stored = Promise.withResolvers<void>();
    rig.commands.send = () => stored.promise;
    const replying = rig.reply(first.received[0]);
    await rig.clock.pass(LEASE_MS);
    first.vanishes();
    await settled();
    expect(second.flowIds).toEqual([]);
    stored.resolve();
    expect(await replying).toMatchObject({ kind: 'published', isLost: false });
    await rig.clock.pass(LEASE_MS);
    expect(second.flowIds).toEqual([]);
    expect(rig.committed()).toBe(1);
  });
});

describe('progress', () => {
  test('extends the lease, beyond the deadline too, and is published once a second', async () => {
    const rig = new Rig();
    const [first, second] = [rig.worker(), rig.worker()];
    await sent(['f1'], rig);
    for (let round = 0; round < 12; round++) {
      await rig.clock.pass(LEASE_MS - 1000);
      const until = rig.clock.now() + LEASE_MS;
      expect(await rig.reply(first.received[0], HALFWAY)).toMatchObject({ leaseUntil: until });
      await rig.reply(first.received[0], HALFWAY);
    }
    expect(second.flowIds).toEqual([]);
    expect(rig.replies).toHaveLength(12);
    const { headers } = JSON.parse(rig.replies[0] ?? '');
    expect(headers).toMatchObject({ action: 'PROGRESS', progress: 0.5 });
    expect(Object.keys(headers)).not.toContain('status');
    await rig.clock.pass(LEASE_MS);
    expect(second.flowIds).toEqual([]);
  });

  test('that comes too late extends nothing', async () => {
    const rig = new Rig();
    const first = rig.worker();
    await sent(['f1'], rig);
    const second = rig.worker();
    await rig.clock.pass(LEASE_MS);
    const late = await rig.reply(first.received[0], HALFWAY);
    expect(late).toEqual({ kind: 'published', isLost: true, leaseUntil: null });
    await rig.clock.pass(LEASE_MS);
    expect(second.received.length + first.received.length).toBe(3);
  });
});
