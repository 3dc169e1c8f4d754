/** Whether commands are answered, in the form that the gateway needs. */
import { type Bench, successOf } from '../bench.js';
import type { Reply } from '../lane.js';
import { type Case, failed, passed, skipped, type Verdict, warned } from './case.js';

const ECHO = ['attemptId', 'attempt', 'idempotencyKey', 'correlationId'] as const;

export const ANSWERING: readonly Case[] = [
  {
    name: 'headers',
    title: "a reply repeats the command's headers",
    meaning:
      'a doubled failure passes for the answer to the next attempt: a retry is given up that would have worked, and an old UNDO answer passes for a new one',
    remedy:
      'copy all headers of the command into the reply, then set action, status and errorMessage',
    async run(bench) {
      const flowId = bench.flow();
      const reply = await bench.exchange({ flowId, action: 'DO' });
      return reply === null ? failed(NO_REPLY) : echoed(reply);
    },
  },
  {
    name: 'unknown-fields',
    title: 'headers and fields that it does not know change nothing',
    meaning:
      'the worker stops at the next version of the gateway, or at an initiator with a new header',
    remedy:
      'ignore unknown properties when you read the message (Jackson: FAIL_ON_UNKNOWN_PROPERTIES off)',
    run: (bench) =>
      answered(bench, {
        moreHeaders: '"x-new":{"deep":[1,null]},"x-null":null,"x-number":12.50',
        moreFields: '"specversion":"1.0","unknown":{"a":1}',
      }),
  },
  {
    name: 'no-key',
    title: 'a command without a key is answered',
    meaning: 'flows stand still when commands are copied between clusters or sent again by hand',
    remedy: "read the flowId from the message's headers, not from the record's key",
    run: async (bench) =>
      bench.options.lane.isRaw ? answered(bench, { key: null }) : skipped(RAW_ONLY),
  },
  {
    name: 'undo',
    title: 'an UNDO with the payload that the DO replied succeeds',
    meaning:
      'what this worker did cannot be taken back: the flow ends FAILED, and a person has to do it',
    remedy: "listen to the step's undo topic; the payload of an UNDO is what the DO replied",
    async run(bench) {
      const flowId = bench.flow();
      const done = await bench.exchange({ flowId, action: 'DO' });
      if (done === null) return failed(NO_REPLY);
      if (successOf(done) !== true) return failed(`its DO did not succeed: ${shown(done)}`);
      const payload = done.payload ?? bench.options.payload;
      const undone = await bench.exchange({ flowId, action: 'UNDO', payload });
      if (undone === null) return failed('the UNDO was not answered');
      if (successOf(undone) !== true) return failed(`the UNDO did not succeed: ${shown(undone)}`);
      return counted(bench, flowId, 0, passed('DO and UNDO succeeded'));
    },
  },
  {
    name: 'failure',
    title: 'a failure is reported, with its message',
    meaning: 'the gateway waits for the timeout instead of trying again at once',
    remedy: 'catch every error of a handler, and reply status: false with errorMessage',
    async run(bench) {
      const { failingPayload: payload } = bench.options;
      if (payload === null) return skipped('needs a payload that fails: --failing-payload');
      const reply = await bench.exchange({ flowId: bench.flow(), action: 'DO', payload });
      if (reply === null) return failed(NO_REPLY);
      if (successOf(reply) === true) return failed('it replied success to --failing-payload');
      const text = reply.headers.errorMessage;
      if (typeof text !== 'string' || text === '') return warned('the reply has no errorMessage');
      return passed(`errorMessage: ${text.slice(0, 120)}`);
    },
  },
  {
    name: 'slow',
    title: 'a slow command is answered, and holds up no other',
    meaning:
      'one slow service of yours delays every flow of its partition; after five minutes the group takes the partition away, and all is done again',
    remedy:
      'run handlers beside the polling thread, several at a time, and pause the partition meanwhile',
    run: slow,
  },
  {
    name: 'many',
    title: 'a hundred commands at once are all answered',
    meaning:
      'commands are lost under load: flows wait for their timeouts, and are retried or undone',
    remedy:
      'commit offsets only after the reply is acknowledged, in order; bound what runs at a time',
    async run(bench) {
      const flows = Array.from({ length: 100 }, () => bench.flow());
      await Promise.all(flows.map((flowId) => bench.send({ flowId, action: 'DO' })));
      const all = await Promise.all(
        flows.map((flowId) => bench.until(flowId, 1, 3 * bench.options.patienceMs)),
      );
      const lost = all.filter((replies) => replies.length === 0).length;
      if (lost > 0) return failed(`${lost} of 100 were not answered`);
      const more = all.filter((replies) => replies.length > 1).length;
      return more === 0 ? passed('100 answered') : warned(`${more} of 100 were answered twice`);
    },
  },
];

async function slow(bench: Bench): Promise<Verdict> {
  const { slowPayload: payload, patienceMs } = bench.options;
  if (payload === null) return skipped('needs a payload that takes seconds: --slow-payload');
  const flowId = bench.flow();
  const sentAt = Date.now();
  await bench.send({ flowId, action: 'DO', payload });
  const took = bench.until(flowId, 1, SLOW * patienceMs).then(() => Date.now() - sentAt);
  // In the same partition, behind it.
  const others = Array.from({ length: 5 }, () => bench.flow());
  for (const other of others) await bench.send({ flowId: other, action: 'DO', key: flowId });
  await Promise.all(others.map((other) => bench.until(other, 1, SLOW * patienceMs)));
  const waited = bench.repliesOf(flowId).length > 0;
  const ms = await took;
  if (bench.repliesOf(flowId).length === 0) return failed('the slow command was not answered');
  if (ms < patienceMs / FAST) return skipped(`it took ${ms} ms: --slow-payload must take seconds`);
  return waited
    ? warned('five others waited for it')
    : passed('five others were answered before it');
}

const SLOW = 6;
/** A reply within this part of the patience was not slow. */
const FAST = 10;
export const NO_REPLY = 'no reply came in time';
export const RAW_ONLY = 'only over Kafka: the gateway gives workers whole commands';

type More = Omit<Parameters<Bench['send']>[0], 'flowId' | 'action'>;

/** A DO like that is answered, whatever the answer. */
export async function answered(bench: Bench, more: More): Promise<Verdict> {
  const reply = await bench.exchange({ flowId: bench.flow(), action: 'DO', ...more });
  if (reply === null) return failed(NO_REPLY);
  return passed(successOf(reply) === true ? 'success' : `a failure: ${shown(reply)}`);
}

/** A verdict, unless the effects that are in place are others. */
export async function counted(
  bench: Bench,
  flowId: string,
  expected: number,
  verdict: Verdict,
): Promise<Verdict> {
  const effects = await bench.effects(flowId);
  if (effects === null) return verdict;
  if (effects !== expected) return failed(`${effects} effects are in place; expected ${expected}`);
  return { ...verdict, found: `${verdict.found}; ${effects} effects in place` };
}

export function shown({ headers }: Reply): string {
  const { status, errorMessage, errorCode } = headers;
  return `status ${JSON.stringify(status ?? null)}${errorCode ? ` ${String(errorCode)}` : ''}${errorMessage ? `: ${String(errorMessage).slice(0, 120)}` : ''}`;
}

function echoed(reply: Reply): Verdict {
  const success = successOf(reply);
  if (success === null)
    return failed(`its status cannot be read: ${JSON.stringify(reply.headers.status ?? null)}`);
  const missing = ECHO.filter((name) => reply.headers[name] === undefined);
  if (missing.includes('attemptId')) return failed(`the reply lacks ${missing.join(', ')}`);
  if (missing.length > 0) return warned(`the reply lacks ${missing.join(', ')}`);
  if (!success) return warned(`its DO failed: ${shown(reply)}; give it a --payload it can use`);
  return passed('all headers are there');
}
