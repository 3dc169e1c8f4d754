/** Request bodies that are large or never end: how much is held, and how much is read at once. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Turns } from '../../src/api/turns.js';
import { LIMITS } from '../../src/limits/limits.js';
import { Running } from './kit/server.js';
import { eventually, until } from './kit/until.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

describe('turns of the event loop', () => {
  /** Each piece of work by the turn it was done in. */
  async function done(count: number, share?: number): Promise<number[]> {
    let turn = 0;
    let over = false;
    const next = (): void => {
      turn++;
      if (!over) setImmediate(next);
    };
    const turns = new Turns();
    const order: number[] = [];
    const inTurn: number[] = [];
    setImmediate(next);
    for (let n = 0; n < count; n++)
      turns.add(() => {
        order.push(n);
        inTurn.push(turn);
      }, share);
    await until('all is done', () => order.length === count);
    over = true;
    expect(order).toEqual(Array.from({ length: count }, (_, n) => n));
    return [...Map.groupBy(inTurn, (one) => one).values()].map((ones) => ones.length);
  }

  test('take as much as fits, in the order in which it came', async () => {
    expect(await done(6, 0.4)).toEqual([3, 3]);
  });

  test('are for one piece of work by default', async () => {
    expect(await done(4)).toEqual([1, 1, 1, 1]);
  });

  test('that took long are followed by as much time for everything else', async () => {
    const turns = new Turns();
    const began: number[] = [];
    const busy = (): void => {
      began.push(performance.now());
      while (performance.now() - (began.at(-1) ?? 0) < 20);
    };
    let others = 0;
    const other = (): void => {
      others++;
      if (began.length < 3) setImmediate(other);
    };
    setImmediate(other);
    for (let n = 0; n < 3; n++) turns.add(busy);
    await until('all is done', () => began.length === 3);
    // Without a rest there would be about one for each of the three.
    expect(others).toBeGreaterThan(30);
  });
});

describe('bodies that do not end', () => {
  const head = (length: number) =>
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const opened: Socket[] = [];
  afterAll(() => opened.forEach((socket) => void socket.destroy()));

  /**
   * The answer, or '' when there is none so far. Without `declared`, all but the last bytes are
   * sent.
   */
  function sent(bytes: number, declared = bytes + 1000): () => string {
    let answer = '';
    const socket = connect(running.api.port, '127.0.0.1');
    opened.push(socket);
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', () => undefined);
    socket.write(head(declared));
    socket.write(Buffer.alloc(bytes, 32));
    return () => answer;
  }

  test('hold no more than the bound; small ones are served all the same', async () => {
    const each = 8_000_000;
    const answers = Array.from({ length: 6 }, () => sent(each));
    expect(6 * each).toBeGreaterThan(LIMITS.uploadBytesPerPrincipal.value);
    await until('one is refused', () => answers.some((answer) => answer().includes('503')));
    expect(answers.map((answer) => answer()).join()).toContain('"code":"OVERLOADED"');
    expect((await running.graphql('{ orchestration(name: "x") { name } }')).status).toBe(200);
    for (const socket of opened) socket.destroy();
    await eventually(async () => {
      const body = JSON.stringify({
        query: '{ __typename }',
        variables: { x: 'x'.repeat(7_000_000) },
      });
      return (await running.post('/graphql', body)).status === 200;
    });
  });

  test('are refused by their Content-Length, before any of it is read, when it does not fit', async () => {
    const before = opened.length;
    const held = Array.from({ length: 4 }, () => sent(7_000_000, 8_000_000));
    // Those that come before the four hold nothing: only what has been received can be in the way.
    const empty: (() => string)[] = [];
    await eventually(async () => {
      empty.push(sent(0, 8_000_000));
      await running.graphql('{ __typename }');
      return empty.some((answer) => answer().includes('"code":"OVERLOADED"'));
    });
    expect(held.map((answer) => answer())).toEqual(['', '', '', '']);
    for (const socket of opened.slice(before)) socket.destroy();
  });
});
