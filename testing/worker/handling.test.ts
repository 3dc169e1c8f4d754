/** One command on its way through the worker kit. */
import { describe, expect, test } from '@jest/globals';
import { FinalError, UnknownOutcomeError } from '../../src/worker/errors.js';
import { type Handler, Handling } from '../../src/worker/handling.js';
import { memoryStore } from '../../src/worker/stores/memory.js';
import type { RecordStore } from '../../src/worker/stores/store.js';
import { completeStore, Kept, keptLog, received } from './commands.js';

const LEASE_MS = 60_000;

function handlingOf(store: RecordStore = completeStore(), owner = 'a', leaseMs = LEASE_MS) {
  const log = keptLog();
  return { handling: new Handling({ store, owner, leaseMs, log }), way: new Kept(), log, store };
}

const created: Handler = () => ({ realmId: 7 });
const never: Handler = () => {
  throw new Error('this handler must not run');
};
/** Resolves when the handler has begun; it ends when its signal aborts. */
function untilAborted(): { readonly handler: Handler; readonly begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const handler: Handler = (_command, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      begun.resolve();
    });
  return { handler, begun: begun.promise };
}

describe('a worker handles a command', () => {
  test('replies what the handler returns, and repeats every header letter for letter', async () => {
    const { handling, way } = handlingOf();
    const more = '"amount":1.0,"id":9007199254740993,"nothing":null';
    expect(await handling.handle(received({ more }), created, way)).toBe(true);
    const [reply] = way.replies;
    expect(reply?.payload).toEqual({ realmId: 7 });
    expect(reply?.headers).toMatchObject({ flowId: 'f1', action: 'DO', status: true, attempt: 1 });
    expect(reply?.text).toContain(more);
  });

  test('gives the handler the payload as value and as text', async () => {
    const { handling, way } = handlingOf();
    const seen: unknown[] = [];
    const payload = '{"total":12.50,"id":9007199254740993}';
    const keep: Handler = (command) => void seen.push(command.payload, command.payloadText);
    await handling.handle(received({ payload }), keep, way);
    expect(seen).toEqual([{ total: 12.5, id: 9007199254740992 }, payload]);
    expect(way.replies[0]?.payload).toBeNull();
  });

  test('runs a command once that is delivered twice, also to two processes', async () => {
    const first = handlingOf();
    const second = handlingOf(first.store, 'b');
    let runs = 0;
    const counted: Handler = () => {
      runs++;
      return { runs };
    };
    const commands = [received(), received({ attempt: 2 })] as const;
    await Promise.all([
      first.handling.handle(commands[0], counted, first.way),
      second.handling.handle(commands[1], counted, second.way),
    ]);
    expect(runs).toBe(1);
    expect([first.way, second.way].map(({ replies }) => replies[0]?.payload)).toEqual([
      { runs: 1 },
      { runs: 1 },
    ]);
    expect(second.way.replies[0]?.headers).toMatchObject({ attempt: 2, status: true });
  });

  test('runs the next attempt after a failure', async () => {
    const { handling, way } = handlingOf();
    await handling.handle(received(), never, way);
    expect(way.replies[0]?.headers).toMatchObject({
      status: false,
      errorMessage: 'this handler must not run',
    });
    expect(way.replies[0]?.headers).not.toHaveProperty('retryable');
    await handling.handle(received({ attempt: 2 }), created, way);
    expect(way.replies[1]?.headers).toMatchObject({ status: true });
  });

  test('reports a final error, and one whose effect is not known', async () => {
    const { handling, way } = handlingOf();
    const refuse: Handler = () => {
      throw new FinalError('the name is taken', { code: 'NAME_TAKEN' });
    };
    const lost: Handler = () => {
      throw new UnknownOutcomeError('Keycloak answered 504');
    };
    await handling.handle(received(), refuse, way);
    await handling.handle(received({ flowId: 'f2' }), lost, way);
    expect(way.replies[0]?.headers).toMatchObject({
      status: false,
      retryable: false,
      errorCode: 'NAME_TAKEN',
      errorMessage: 'the name is taken',
    });
    expect(way.replies[1]?.headers.status).toBe('unknown: Keycloak answered 504');
  });

  test('counts a result that is not JSON as an effect that must be undone', async () => {
    const { handling, way } = handlingOf();
    await handling.handle(received(), () => ({ amount: 1n }), way);
    expect(way.replies[0]?.headers.status).toMatch(/^unknown: the result is not JSON/);
  });

  test('refuses a DO past its deadline, but not an UNDO', async () => {
    const { handling, way } = handlingOf();
    const deadline = Date.now() - 1000;
    await handling.handle(received({ deadline }), never, way);
    expect(way.replies[0]?.headers).toMatchObject({ status: false, errorCode: 'DEADLINE_PASSED' });
    await handling.handle(received({ deadline, action: 'UNDO' }), created, way);
    expect(way.replies[1]?.headers).toMatchObject({ action: 'UNDO', status: true });
  });

  test('aborts a handler at the deadline, and replies nothing: its effect is not known', async () => {
    const { handling, way, log } = handlingOf();
    const { handler } = untilAborted();
    const command = received({ deadline: Date.now() + 300 });
    expect(await handling.handle(command, handler, way)).toBe(true);
    expect(way.replies).toEqual([]);
    expect(log.lines.some(({ message }) => message.includes('not replied'))).toBe(true);
  });

  test('is given back by a worker that stops', async () => {
    const { handling, way } = handlingOf();
    const { handler, begun } = untilAborted();
    const handled = handling.handle(received(), handler, way);
    await begun;
    handling.stop();
    expect(await handled).toBe(false);
    expect(way.replies).toEqual([]);
  });

  test('waits for a store that is away, and for a broker', async () => {
    const { handling, store, way, log } = handlingOf();
    const [read, reply] = [store.read, way.reply.bind(way)];
    let failures = 0;
    const failing = <T>(work: () => Promise<T>): Promise<T> =>
      ++failures % 3 === 0 ? work() : Promise.reject(new Error('away'));
    Object.assign(store, { read: (key: string) => failing(() => read(key)) });
    Object.assign(way, {
      reply: (...all: Parameters<Kept['reply']>) => failing(() => reply(...all)),
    });
    expect(await handling.handle(received(), created, way)).toBe(true);
    expect(way.replies).toHaveLength(1);
    expect(log.lines.filter(({ message }) => message === 'trying again').length).toBeGreaterThan(3);
  });
});

describe('a worker undoes', () => {
  test('refuses a DO that arrives after its UNDO', async () => {
    const { handling, way } = handlingOf();
    await handling.handle(received({ action: 'UNDO' }), never, way);
    await handling.handle(received(), never, way);
    expect(way.replies[0]?.headers).toMatchObject({ action: 'UNDO', status: true });
    expect(way.replies[1]?.headers).toMatchObject({
      status: false,
      retryable: false,
      errorCode: 'ALREADY_UNDONE',
    });
  });

  test('runs the UNDO of nothing where the store may have forgotten it, with that fact', async () => {
    const { handling, way } = handlingOf(memoryStore());
    const begun: unknown[] = [];
    const undo: Handler = (_command, work) => void begun.push(work.begun);
    await handling.handle(received({ action: 'UNDO' }), undo, way);
    await handling.handle(received({ flowId: 'f2' }), created, way);
    await handling.handle(received({ flowId: 'f2', action: 'UNDO' }), undo, way);
    expect(begun).toEqual([null, true]);
  });

  test('undoes once, however often it is sent', async () => {
    const { handling, way } = handlingOf();
    let undone = 0;
    const undo: Handler = () => void undone++;
    await handling.handle(received(), created, way);
    for (const attempt of [1, 1, 2])
      await handling.handle(received({ action: 'UNDO', attempt }), undo, way);
    expect(undone).toBe(1);
    expect(way.replies.map(({ headers }) => headers.status)).toEqual([true, true, true, true]);
  });

  test('aborts the DO that still runs, waits for it, and then undoes', async () => {
    const { handling, way } = handlingOf();
    const { handler, begun } = untilAborted();
    const order: string[] = [];
    const done = handling.handle(received(), handler, way).then(() => order.push('DO has ended'));
    await begun;
    const undo: Handler = () => void order.push('UNDO runs');
    await handling.handle(received({ action: 'UNDO' }), undo, way);
    await done;
    expect(order).toEqual(['DO has ended', 'UNDO runs']);
    expect(way.replies.map(({ headers }) => headers.action)).toEqual(['UNDO']);
  });

  test('undoes what a DO of another process did while the UNDO waited', async () => {
    const store = completeStore();
    const [first, second] = [handlingOf(store), handlingOf(store, 'b')];
    // The UNDO has left its mark: no other DO begins.
    const requested = store.written(({ undo }) => undo?.state === 'requested');
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slow: Handler = async () => {
      begun.resolve();
      await goOn.promise;
      return { realmId: 7 };
    };
    const did = first.handling.handle(received(), slow, first.way);
    await begun.promise;
    let undone = 0;
    const undid = second.handling.handle(
      received({ action: 'UNDO' }),
      () => void undone++,
      second.way,
    );
    await requested;
    expect(undone).toBe(0);
    goOn.resolve();
    await Promise.all([did, undid]);
    expect(undone).toBe(1);
    expect(first.way.replies[0]?.headers.status).toBe(true);
  });

  test('takes over from a process that has crashed', async () => {
    const { handling, way, store } = handlingOf();
    const until = Date.now() + 50;
    const record = { do: { state: 'running', owner: 'gone', until }, undo: null } as const;
    await store.write('f1:createRealm', record, 0);
    expect(await handling.handle(received(), created, way)).toBe(true);
    expect(way.replies[0]?.headers.status).toBe(true);
  });

  test('keeps its time while the handler runs', async () => {
    const store = completeStore();
    const { handling, way } = handlingOf(store, 'a', 60);
    const prolonged: Handler = () => {
      const now = Date.now();
      return store.written(({ do: held }) => held?.state === 'running' && held.until > now + 60);
    };
    expect(await handling.handle(received(), prolonged, way)).toBe(true);
    expect(way.replies[0]?.headers.status).toBe(true);
  });
});

describe('a handler reports progress', () => {
  test('at most once a second, as a reply of its own', async () => {
    const { handling, way } = handlingOf();
    const working: Handler = async (_command, { progress, addHeader }) => {
      await progress(0.5, 'half of it');
      await progress(0.6);
      addHeader('tenantId', 'T-1');
      await expect(progress(2)).rejects.toThrow('expected 0 to 1');
    };
    await handling.handle(received(), working, way);
    expect(way.progressed).toHaveLength(1);
    expect(way.progressed[0]?.headers).toMatchObject({
      action: 'PROGRESS',
      progress: 0.5,
      message: 'half of it',
      attempt: 1,
    });
    expect(way.replies[0]?.headers).toMatchObject({ tenantId: 'T-1', status: true });
  });

  test('logs with the ids of the flow and its trace on each line', async () => {
    const { handling, way, log } = handlingOf();
    await handling.handle(received(), (_command, work) => work.log.info({ a: 1 }, 'working'), way);
    for (const { fields } of log.lines)
      expect(fields).toMatchObject({
        flowId: 'f1',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        step: 'createRealm',
      });
    expect(log.lines.map(({ message }) => message)).toContain('working');
  });
});
