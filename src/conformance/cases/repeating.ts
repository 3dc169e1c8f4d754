/** Commands that come twice, late, or in another order: what a broker does sooner or later. */
import { type Bench, successOf } from '../bench.js';
import type { Reply } from '../lane.js';
import { counted, NO_REPLY, shown } from './answering.js';
import { type Case, failed, passed, skipped, type Verdict, warned } from './case.js';

export const REPEATING: readonly Case[] = [
  {
    name: 'duplicate-do',
    title: 'a DO that arrives twice is done once',
    meaning: 'this worker would charge twice',
    remedy:
      'remember the idempotencyKey with the result, or look at the state first ("exists already" is success), and reply the same again',
    async run(bench) {
      const flowId = bench.flow();
      const first = await bench.exchange({ flowId, action: 'DO' });
      const second = await bench.exchange({ flowId, action: 'DO' });
      return once(bench, flowId, [first, second]);
    },
  },
  {
    name: 'next-attempt',
    title: 'the next attempt of a DO that was done is not done again',
    meaning: 'this worker would charge again whenever a reply is lost or late',
    remedy: 'use the idempotencyKey, which is the same for every attempt, not the attemptId',
    async run(bench) {
      const flowId = bench.flow();
      const first = await bench.exchange({ flowId, action: 'DO' });
      const second = await bench.exchange({ flowId, action: 'DO', attempt: 2 });
      if (second !== null && second.headers.attempt === 1)
        return failed('the second reply has the headers of the first command');
      return once(bench, flowId, [first, second]);
    },
  },
  {
    name: 'duplicate-at-once',
    title: 'two copies of a DO at the same moment are done once',
    meaning: 'this worker would charge twice after a rebalance of its consumer group',
    remedy: 'reserve the idempotencyKey before the work, in one atomic step (an insert, SET NX)',
    async run(bench) {
      const flowId = bench.flow();
      await Promise.all([
        bench.send({ flowId, action: 'DO' }),
        bench.send({ flowId, action: 'DO', key: null }),
      ]);
      const replies = await bench.until(flowId, 2);
      return once(bench, flowId, [replies[0] ?? null, replies[1] ?? replies[0] ?? null]);
    },
  },
  {
    name: 'duplicate-undo',
    title: 'an UNDO that arrives twice succeeds twice, and undoes once',
    meaning: 'this worker would refund twice, or leave the flow FAILED although all is undone',
    remedy: '"deleted already" is success; remember the idempotencyKey of the UNDO',
    async run(bench) {
      const flowId = bench.flow();
      const done = await bench.exchange({ flowId, action: 'DO' });
      const payload = done?.payload ?? bench.options.payload;
      const replies = [
        await bench.exchange({ flowId, action: 'UNDO', payload }),
        await bench.exchange({ flowId, action: 'UNDO', payload }),
        await bench.exchange({ flowId, action: 'UNDO', payload, attempt: 2 }),
      ];
      const wrong = replies.find((reply) => reply === null || successOf(reply) !== true);
      if (wrong !== undefined)
        return failed(`an UNDO: ${wrong === null ? NO_REPLY : shown(wrong)}`);
      return counted(bench, flowId, 0, passed('three UNDOs succeeded'));
    },
  },
  {
    name: 'undo-before-do',
    title: 'an UNDO whose DO never came succeeds, and changes nothing',
    meaning:
      'the flow ends FAILED and waits for a person; or this worker refunds what was never paid',
    remedy: '"not there" is success; undo only what you know you did',
    async run(bench) {
      const flowId = bench.flow();
      const undone = await bench.exchange({ flowId, action: 'UNDO' });
      if (undone === null) return failed(NO_REPLY);
      if (successOf(undone) !== true) return failed(`the UNDO did not succeed: ${shown(undone)}`);
      return counted(bench, flowId, 0, passed('the UNDO succeeded'));
    },
  },
  {
    name: 'do-after-undo',
    title: 'a DO that arrives after its UNDO leaves nothing behind',
    meaning: 'this worker would charge for an order that was cancelled',
    remedy:
      'remember that you have seen the UNDO, and refuse the DO; or look at the state in both handlers, so that the UNDO which the gateway then sends once more takes it back',
    run: doAfterUndo,
  },
  {
    name: 'late-do',
    title: 'a DO past its deadline is refused',
    meaning:
      'this worker would begin work that the gateway has given up, perhaps after its UNDO: charged, and never refunded',
    remedy: 'compare the header deadline with the clock before the work; reply status: false',
    async run(bench) {
      if (!bench.options.lane.isRaw) return skipped(NOT_LATE);
      const flowId = bench.flow();
      const reply = await bench.exchange({ flowId, action: 'DO', deadlineInMs: -60_000 });
      if (reply === null) return counted(bench, flowId, 0, warned('it was not answered'));
      if (successOf(reply) === true) return failed('it was done');
      return counted(bench, flowId, 0, passed(`refused: ${shown(reply)}`));
    },
  },
  {
    name: 'late-undo',
    title: 'an UNDO past its deadline is done',
    meaning: 'what was charged stays charged: an UNDO is owed however late it comes',
    remedy: 'refuse a DO past its deadline only, never an UNDO',
    async run(bench) {
      if (!bench.options.lane.isRaw) return skipped(NOT_LATE);
      const flowId = bench.flow();
      const done = await bench.exchange({ flowId, action: 'DO' });
      const payload = done?.payload ?? bench.options.payload;
      const undone = await bench.exchange({
        flowId,
        action: 'UNDO',
        payload,
        deadlineInMs: -60_000,
      });
      if (undone === null) return failed(NO_REPLY);
      if (successOf(undone) !== true) return failed(`the UNDO did not succeed: ${shown(undone)}`);
      return counted(bench, flowId, 0, passed('the UNDO succeeded'));
    },
  },
];

const NOT_LATE = 'only over Kafka: the gateway gives workers no command past its deadline';

/** Both replies are successes with the same payload, and one effect is in place. */
async function once(
  bench: Bench,
  flowId: string,
  replies: readonly (Reply | null)[],
): Promise<Verdict> {
  const wrong = replies.find((reply) => reply === null || successOf(reply) !== true);
  if (wrong === null) return failed(NO_REPLY);
  if (wrong !== undefined) return failed(`not a success: ${shown(wrong)}`);
  const [first, second] = replies.map((reply) => reply?.payload ?? null);
  if (first !== second)
    return failed(`two results: ${short(first ?? null)} and ${short(second ?? null)}`);
  return counted(bench, flowId, 1, passed('the same result twice'));
}

async function doAfterUndo(bench: Bench): Promise<Verdict> {
  const flowId = bench.flow();
  const first = await bench.exchange({ flowId, action: 'UNDO' });
  if (first === null || successOf(first) !== true) return failed('its UNDO without a DO fails');
  const late = await bench.exchange({ flowId, action: 'DO' });
  if (late === null) return counted(bench, flowId, 0, warned('the DO was not answered'));
  if (successOf(late) !== true) return counted(bench, flowId, 0, passed(`refused: ${shown(late)}`));
  // The gateway sends another round for such a late success (rules.md#late-success).
  const payload = late.payload ?? bench.options.payload;
  const again = await bench.exchange({ flowId, action: 'UNDO', round: 2, payload });
  if (again === null || successOf(again) !== true)
    return failed('the DO was done, and the UNDO that follows fails');
  const found = 'the DO was done, and undone by the UNDO that follows';
  return counted(
    bench,
    flowId,
    0,
    (await bench.effects(flowId)) === null
      ? warned(`${found}, if the worker looks at the state: --effects shows it`)
      : passed(found),
  );
}

function short(payload: string | null): string {
  if (payload === null) return 'none';
  return payload.length > 100 ? `${payload.slice(0, 100)}…` : payload;
}
