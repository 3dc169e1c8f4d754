/**
 * The steps of a flow over time: attempts and waits as bars. DO is filled and runs forward; UNDO is
 * hatched, framed and marked ←.
 */

import { duration } from '../../figures/figures.js';
import { type Bar, type BarEvent, barsOf } from '../data/bars.js';
import { Status } from './status.js';

export interface TimelineStep {
  readonly name: string;
  /** Absent: only the bars are shown. */
  readonly status?: string | undefined;
  /** A line about it: attempts used, its error. */
  readonly about?: string | undefined;
}

interface TimelineProps {
  readonly steps: readonly TimelineStep[];
  readonly events: readonly BarEvent[];
  /** ms since the epoch: where bars that are not over end. */
  readonly now: number;
  readonly selected?: string | null | undefined;
  readonly select?: ((step: string) => void) | undefined;
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];
/** Percent of the width; a shorter bar could not be seen. */
const NARROWEST = 0.6;

export function Timeline(props: TimelineProps) {
  const { steps, events, now } = props;
  const bars = barsOf(events);
  const all = [...bars.values()].flat();
  const from = Math.min(...all.map((bar) => bar.from), now);
  const to = Math.max(...all.map((bar) => bar.to ?? now), from + 1);
  return (
    <figure class="timeline">
      <Legend />
      <ol>
        {steps.map((step) => (
          <StepLane
            key={step.name}
            {...props}
            step={step}
            bars={bars.get(step.name) ?? []}
            span={{ from, to }}
          />
        ))}
      </ol>
      <div class="axis" aria-hidden="true">
        {TICKS.map((tick) => (
          <span key={tick} style={{ left: `${tick * 100}%` }}>
            {duration(tick * (to - from)) || '0'}
          </span>
        ))}
      </div>
    </figure>
  );
}

interface Span {
  readonly from: number;
  readonly to: number;
}

interface LaneProps extends TimelineProps {
  readonly step: TimelineStep;
  readonly bars: readonly Bar[];
  readonly span: Span;
}

function StepLane({ step, bars, span, now, selected, select }: LaneProps) {
  return (
    <li class={selected === step.name ? 'lane selected' : 'lane'}>
      <div class="lane-head">
        <div class="lane-top">
          <LaneName name={step.name} open={selected === step.name} select={select} />
          {step.status !== undefined && <Status of={step.status} />}
        </div>
        {step.about ? (
          <div class="lane-about" title={step.about}>
            {step.about}
          </div>
        ) : null}
      </div>
      <ul class="bars" aria-label={`Attempts of ${step.name}`}>
        {bars.map((bar) => (
          <BarMark key={`${bar.kind}${bar.from}`} bar={bar} span={span} now={now} />
        ))}
      </ul>
    </li>
  );
}

interface LaneNameProps {
  readonly name: string;
  readonly open: boolean;
  readonly select?: ((step: string) => void) | undefined;
}

function LaneName({ name, open, select }: LaneNameProps) {
  if (select === undefined) return <span class="lane-name">{name}</span>;
  return (
    <button type="button" class="lane-name link" aria-expanded={open} onClick={() => select(name)}>
      {name}
    </button>
  );
}

function BarMark({
  bar,
  span,
  now,
}: {
  readonly bar: Bar;
  readonly span: Span;
  readonly now: number;
}) {
  const whole = span.to - span.from;
  const end = bar.to ?? now;
  const width = Math.max(NARROWEST, ((end - bar.from) / whole) * 100);
  const left = Math.min(100 - NARROWEST, ((bar.from - span.from) / whole) * 100);
  const text = describe(bar, end);
  return (
    <li
      class={`bar bar-${bar.kind.toLowerCase()} bar-${bar.outcome}`}
      style={{ left: `${left}%`, width: `${Math.min(width, 100 - left)}%` }}
      title={text}
    >
      <span class="visually-hidden">{text}</span>
      <span aria-hidden="true">{signOf(bar)}</span>
    </li>
  );
}

const SIGNS: Readonly<Record<Bar['outcome'], string>> = {
  open: '…',
  done: '✓',
  failed: '✕',
  unknown: '?',
  withdrawn: '⊘',
  waited: '',
};

function signOf({ kind, outcome }: Bar): string {
  if (kind === 'WAIT') return '';
  return kind === 'UNDO' ? `← ${SIGNS[outcome]}` : SIGNS[outcome];
}

const ENDINGS: Readonly<Record<Bar['outcome'], string>> = {
  open: 'not answered',
  done: 'succeeded',
  failed: 'failed',
  unknown: 'outcome unknown',
  withdrawn: 'withdrawn',
  waited: 'over',
};

function describe({ kind, attempt, outcome, from, message }: Bar, end: number): string {
  const took = duration(end - from);
  if (kind === 'WAIT') return `waiting before the next attempt, ${took}`;
  const tail = message === '' ? '' : `: ${message}`;
  return `${kind} attempt ${attempt} ${ENDINGS[outcome]}, ${took}${tail}`;
}

function Legend() {
  return (
    <figcaption class="legend">
      <span class="bar bar-do bar-done">✓</span> DO
      <span class="bar bar-do bar-failed">✕</span> DO failed
      <span class="bar bar-wait" /> waiting
      <span class="bar bar-undo bar-done">← ✓</span> UNDO, runs backwards
    </figcaption>
  );
}
