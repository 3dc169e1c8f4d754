/** The report of a run: medians and spread, and ratios to the limit of the same run. */
import { serversOf } from './measure.mjs';
import { median } from './spans.mjs';

const LIMITS = ['echo', 'limit'];

/** What, how it is taken from a measurement, digits, key of its ratio in the baseline. */
const LINES = [
  ['flows/s at saturation', (one) => one.saturated.perSecond, 0, 'perSecond'],
  ['  p50 ms', (one) => one.saturated.p50, 0],
  ['  p99 ms', (one) => one.saturated.p99, 0],
  ['  p999 ms', (one) => one.saturated.p999, 0],
  ['  slowest flow, ms', (one) => one.saturated.most, 0],
  ['  waited while passed, ms', (one) => one.saturated.overtaking.waitedMs, 0],
  ['  passed by, flows', (one) => one.saturated.overtaking.passedBy, 0],
  ['one by one, p50 ms', (one) => one.single?.p50, 1, 'p50'],
  ['one by one, p99 ms', (one) => one.single?.p99, 1],
  ['one by one, p999 ms', (one) => one.single?.p999, 1],
  ['CPU s per 1,000 flows', (one) => serversOf(one.saturated.cpu), 2, 'cpu'],
  ['  gateway / limit', (one) => one.saturated.cpu.own, 2, 'ownCpu'],
  ['  PostgreSQL', (one) => one.saturated.cpu.postgres, 2, 'postgresCpu'],
  ['  Kafka', (one) => one.saturated.cpu.kafka, 2, 'kafkaCpu'],
  ['  worker', (one) => one.saturated.cpu.worker, 2],
  ['  driver, not counted', (one) => one.saturated.cpu.driver, 2],
  ['memory, MB', (one) => one.saturated.memory / 1e6, 0, 'memory'],
  ['rows per flow', (one) => one.saturated.rows, 1, 'rows'],
  ['bytes per flow', (one) => one.saturated.bytes, 0, 'bytes'],
  ['  of it indexes', (one) => one.saturated.indexes, 0],
  ['WAL bytes per flow', (one) => one.saturated.wal, 0, 'wal'],
];

function valuesOf(results, system, flow, pick) {
  const mine = results.filter((one) => one.system === system && one.flow === flow);
  return mine.map(pick).filter((value) => value !== undefined && !Number.isNaN(value));
}

/** {"ok execute": {perSecond: 0.45, …}, …}: the medians of each over those of the limit. */
export function ratiosOf(results) {
  const ratios = {};
  for (const { flow, system } of results.filter(({ system }) => !LIMITS.includes(system))) {
    const found = LINES.flatMap(([, pick, , key]) => {
      const ours = key === undefined ? [] : valuesOf(results, system, flow, pick);
      const limits = valuesOf(results, 'limit', flow, pick);
      return ours.length === 0 || limits.length === 0
        ? []
        : [[key, Number((median(ours) / median(limits)).toFixed(3))]];
    });
    ratios[`${flow} ${system}`] = Object.fromEntries(found);
  }
  return ratios;
}

/** A table in Markdown for each outcome. */
export function report(results, print) {
  const systems = [...new Set(results.map(({ system }) => system))];
  const [limits, ours] = [LIMITS, null].map((names) =>
    systems.filter((one) => (names === null ? !LIMITS.includes(one) : names.includes(one))),
  );
  for (const flow of ['ok', 'undo']) {
    print(`\n${flow}: medians (least – most), and the ratio to the limit of the same run\n`);
    print(row(['', ...limits, ...ours.flatMap((name) => [name, 'ratio'])]));
    print(
      row(
        ['---', ...limits, ...ours.flatMap(() => ['', ''])].map((_, index) =>
          index === 0 ? '---' : '---:',
        ),
      ),
    );
    for (const line of LINES) print(row(cellsOf(results, flow, line, { limits, ours })));
  }
}

function cellsOf(results, flow, [title, pick, digits], { limits, ours }) {
  const of = (system) => valuesOf(results, system, flow, pick);
  const raw = of('limit');
  const cells = ours.flatMap((name) => {
    const values = of(name);
    const comparable = values.length > 0 && raw.length > 0 && median(raw) !== 0;
    return [spread(values, digits), comparable ? (median(values) / median(raw)).toFixed(2) : ''];
  });
  return [title, ...limits.map((name) => spread(of(name), digits)), ...cells];
}

function spread(values, digits) {
  if (values.length === 0) return '';
  const text = (value) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

export function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
