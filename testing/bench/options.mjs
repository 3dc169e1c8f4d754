/** The options of `npm run bench`, and its help. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../steps.mjs';

/** The ways to start flows. */
export const STARTS = ['execute', 'executeMany', 'topic'];
const BASELINE = join(import.meta.dirname, 'baseline.json');

const HELP = `npm run bench -- [option …]

Flows per second at saturation and the latency of single flows: the built gateway next to two raw limits, which take turns with it in one run on one
machine. Only the ratios count. "echo" is an orchestrator with the same Kafka client, topics and workers that stores nothing; "limit" is the same with
one batched transaction for each consumed batch. A flow has three steps, which the worker answers at once. ok: all succeed. undo: the third one fails
three attempts without backoff, then the second and the first are undone. Each flow must end as it should, and each command must reach the worker
exactly once: the run fails otherwise.

  --flows 3000           flows of each measurement
  --rounds 3             so many measurements of each, in turns; the report has medians, least and most
  --partitions 4         of all topics
  --in-flight 200        flows at the same time
  --start LIST           of ${STARTS.join(', ')}: how flows are started (default: all). Those beside the first run in their
                         saturated form only
  --singles 100          flows one by one, for their latency; 0: none
  --no-echo              without the limit that stores nothing
  --out FILE             the results as JSON (default .cache/bench.json)
  --against DIST         another build (its dist folder), in turns with this one
  --profile FOLDER       after the rounds: CPU profiles of the gateway under load, and the ten functions and areas that use most
  --baseline FILE        what the ratios are compared with (default testing/bench/baseline.json)
  --save-baseline        writes the ratios of this run into that file
  --short                about half a minute, for CI: fails when a result is wrong, or when the CPU per flow next to the limit's is more than
                         twice that of the baseline
  --help                 this text

A default run takes about eight minutes on two cores. The machine must do nothing else: CPU seconds suffer less from others than flows per second.`;

const TEXT = { type: 'string' };
const FLAG = { type: 'boolean', default: false };

function parsed() {
  const { values } = parseArgs({
    options: {
      flows: TEXT,
      rounds: TEXT,
      partitions: { ...TEXT, default: '4' },
      'in-flight': { ...TEXT, default: '200' },
      start: TEXT,
      singles: TEXT,
      'no-echo': FLAG,
      out: { ...TEXT, default: join(ROOT, '.cache', 'bench.json') },
      against: TEXT,
      profile: TEXT,
      baseline: { ...TEXT, default: BASELINE },
      'save-baseline': FLAG,
      short: FLAG,
      help: FLAG,
    },
  });
  return values;
}

function number(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} ${text} is not a whole number; see --help`);
  return value;
}

function startsOf(list) {
  const starts = list.split(',');
  const unknown = starts.filter((one) => !STARTS.includes(one));
  if (unknown.length > 0)
    throw new Error(`--start ${unknown.join(',')} is unknown; known are ${STARTS.join(', ')}`);
  return starts;
}

/** Null: it was the help that was wanted, and it is printed. */
export function readOptions(print) {
  const values = parsed();
  if (values.help) {
    print(HELP);
    return null;
  }
  const [flows, rounds, singles] = values.short ? ['300', '2', '0'] : ['3000', '3', '100'];
  return {
    flows: number('flows', values.flows ?? flows),
    rounds: number('rounds', values.rounds ?? rounds),
    partitions: number('partitions', values.partitions),
    inFlight: number('in-flight', values['in-flight']),
    singles: number('singles', values.singles ?? singles),
    starts: startsOf(values.start ?? (values.short ? 'execute' : STARTS.join(','))),
    outcomes: values.short ? ['ok'] : ['ok', 'undo'],
    hasEcho: !values['no-echo'] && !values.short,
    isShort: values.short,
    out: resolve(values.out),
    against: values.against === undefined ? null : resolve(values.against),
    profile: values.profile === undefined ? null : resolve(values.profile),
    baseline: resolve(values.baseline),
    savesBaseline: values['save-baseline'],
  };
}
