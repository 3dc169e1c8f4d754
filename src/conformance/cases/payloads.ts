/** Payloads that break readers, and records that are no commands. */
import { type Bench, successOf } from '../bench.js';
import { CODECS } from '../lane.js';
import { answered, NO_REPLY, RAW_ONLY, shown } from './answering.js';
import { type Case, failed, passed, skipped, type Verdict, warned } from './case.js';

const STOPS =
  'one flow with such a payload stops this worker, and with it every flow of its partition';
const READS = 'read the payload as any JSON value; answer what you cannot use with status: false';

const form = (name: string, what: string, payload: string | (() => string)): Case => ({
  name: `payload-${name}`,
  title: `a payload that is ${what} is answered`,
  meaning: STOPS,
  remedy: READS,
  async run(bench) {
    const text = typeof payload === 'string' ? payload : payload();
    const verdict = await answered(bench, { payload: text });
    return verdict.status === 'passed' ? stillThere(bench, verdict) : verdict;
  },
});

const LARGE = 900 * 1024 - 100;
const NUMBERS = '"exact":{"one":1.0,"large":9007199254740993,"small":1e-7}';

export const PAYLOADS: readonly Case[] = [
  form('null', 'null', 'null'),
  form('text', 'a text', '"Grüezi, 你好, \\u0022quotes\\u0022"'),
  form('list', 'a list', '[1,[2,{"a":null}],"three"]'),
  form('large', 'as large as the gateway allows (900 KiB)', () =>
    JSON.stringify({ text: 'x'.repeat(LARGE - 11) }),
  ),
  {
    name: 'numbers',
    title: 'numbers that are passed on keep their digits',
    meaning:
      'an amount or an id changes on its way through this worker: 9007199254740993 becomes …992',
    remedy:
      'read numbers as decimals or text (Jackson: USE_BIG_DECIMAL_FOR_FLOATS), or reply with the text of the payload',
    async run(bench) {
      const { payload } = bench.options;
      const isObject = /^\s*\{/.test(payload);
      const inside = isObject ? payload.trim().slice(1, -1).trim() : '';
      const text = `{${inside === '' ? '' : `${inside},`}${NUMBERS}}`;
      const reply = await bench.exchange({ flowId: bench.flow(), action: 'DO', payload: text });
      if (reply === null) return failed(NO_REPLY);
      if (successOf(reply) !== true) return warned(`not a success: ${shown(reply)}`);
      if (!reply.payload?.includes('"exact"')) return passed('answered; it passes no input on');
      const kept = ['1.0', '9007199254740993'].filter((digits) => reply.payload?.includes(digits));
      return kept.length === 2
        ? passed('passed on digit for digit')
        : warned(
            `passed on as ${reply.payload.slice(reply.payload.indexOf('"exact"'), -1).slice(0, 90)}`,
          );
    },
  },
  {
    name: 'poison',
    title: 'a record that is no command is passed over',
    meaning:
      'one bad record stops this worker for ever: every flow behind it waits for its timeout',
    remedy: 'catch errors of the deserializer (Spring: ErrorHandlingDeserializer), log, go on',
    async run(bench) {
      const { lane } = bench.options;
      if (!lane.isRaw) return skipped(RAW_ONLY);
      const flowId = bench.flow();
      for (const value of ['{"headers":', 'null', '[]', '{"headers":{},"payload":1}', ''])
        await lane.send({ action: 'DO', key: flowId, value });
      // The same key: it is in the same partition, behind them.
      const reply = await bench.exchange({ flowId, action: 'DO' });
      return reply === null ? failed('the command behind it was not answered') : passed('answered');
    },
  },
  {
    name: 'codecs',
    title: 'commands with any of the codecs of Kafka are read',
    meaning: 'the worker stops on the day somebody sets compression on the topic or the gateway',
    remedy: 'install the codecs your client lacks (kafkajs: snappy, lz4, zstd; Python: the extras)',
    async run(bench) {
      if (!bench.options.lane.isRaw) return skipped(RAW_ONLY);
      const unread: string[] = [];
      for (const codec of CODECS) {
        const flowId = bench.flow();
        if ((await bench.exchange({ flowId, action: 'DO', codec })) === null) unread.push(codec);
      }
      return unread.length === 0
        ? passed(CODECS.join(', '))
        : failed(`not answered: ${unread.join(', ')}`);
    },
  },
];

/** The worker goes on with the next command. */
async function stillThere(bench: Bench, verdict: Verdict): Promise<Verdict> {
  const reply = await bench.exchange({ flowId: bench.flow(), action: 'DO' });
  return reply === null ? failed('answered, but not the next command') : verdict;
}
