/**
 * The monitoring checklist of an orchestration, or of all, over a window of time: six lines, each
 * with its target and whether it is met.
 */
import { isWithin } from '../../names/patterns.js';
import type { Objectives, Orchestration } from '../../saga/orchestration.js';
import type { ReadModel, SloQuery } from '../ports.js';
import { addTo, type Counter, countOf, noCounts, percentile } from './counters.js';

export interface SloLine {
  readonly name: string;
  /** For people, for example `> 95 %`. */
  readonly target: string;
  /** Null: nothing was counted. */
  readonly value: number | null;
  readonly met: boolean | null;
}

export interface SloTimes {
  readonly responseTimeP50Ms: number | null;
  readonly responseTimeP99Ms: number | null;
  readonly workerTimeP50Ms: number | null;
  readonly workerTimeP99Ms: number | null;
  readonly engineTimeP50Ms: number | null;
  readonly engineTimeP99Ms: number | null;
}

/** Rates are 0 to 1; null where nothing was counted. */
export interface SloFigures extends SloTimes {
  readonly flows: number;
  readonly doSuccessRate: number | null;
  readonly averageRetryCount: number | null;
  readonly undoTriggerRate: number | null;
  readonly undoSuccessRate: number | null;
}

export interface Slo extends SloFigures {
  readonly orchestrationName: string | null;
  readonly windowMinutes: number;
  /** Counted up to 10,000. */
  readonly stuckSteps: number;
  readonly lines: readonly SloLine[];
  /** The same figures for equal parts of the window, oldest first. */
  readonly trend: readonly SloFigures[];
}

export type SloRequest = SloQuery;

interface Definitions {
  /** The newest version; null = there is none. */
  orchestration(
    name: string,
    version: null,
  ): Promise<{ readonly orchestration: Pick<Orchestration, 'objectives'> } | null>;
}

/**
 * The limits of the checklist; an orchestration may set its own in its document (docs/recipe.md).
 */
export const CHECKLIST: Required<Objectives> = {
  doSuccessRate: 0.95,
  averageRetryCount: 1,
  undoTriggerRate: 0.05,
  undoSuccessRate: 0.99,
  stuckAfter: 300_000,
  responseTime: 100,
};

const STUCK_CAP = 10_000;

/**
 * By the targets of its newest version; all together, and a name that is hidden or not there, by
 * those of the checklist.
 */
export async function sloOf(
  store: Definitions,
  read: Pick<ReadModel, 'sloCounts' | 'stuckSteps'>,
  request: SloRequest,
): Promise<Slo> {
  const targets = { ...CHECKLIST, ...(await objectivesOf(store, request)) };
  const { orchestrationName, within, windowMinutes, signal } = request;
  const { stuckAfter: olderThanMs } = targets;
  const [parts, stuckSteps] = await Promise.all([
    read.sloCounts(request),
    read.stuckSteps({ orchestrationName, within, olderThanMs, cap: STUCK_CAP, signal }),
  ]);
  const all = noCounts();
  for (const part of parts) addTo(all, part);
  const figures = figuresOf(all);
  return {
    ...figures,
    orchestrationName,
    windowMinutes,
    stuckSteps,
    lines: linesOf(figures, stuckSteps, targets),
    trend: parts.map(figuresOf),
  };
}

async function objectivesOf(
  store: Definitions,
  { orchestrationName: name, within }: SloRequest,
): Promise<Objectives | undefined> {
  if (name === null || !isWithin(name, within)) return undefined;
  return (await store.orchestration(name, null))?.orchestration.objectives;
}

function figuresOf(counts: readonly number[]): SloFigures {
  const of = (counter: Counter): number => countOf(counts, counter);
  const rate = (part: number, rest: number): number | null =>
    part + rest === 0 ? null : part / (part + rest);
  const decided = of('stepsDone') + of('stepsGivenUp');
  return {
    flows: of('flowsStarted'),
    doSuccessRate: rate(of('stepsDone'), of('stepsGivenUp')),
    averageRetryCount: decided === 0 ? null : of('retries') / decided,
    undoTriggerRate: rate(of('flowsTurnedAround'), of('flowsCompleted')),
    undoSuccessRate: rate(of('undoneSteps'), of('undoGivenUp')),
    ...timesOf(counts),
  };
}

function timesOf(counts: readonly number[]): SloTimes {
  return {
    responseTimeP50Ms: percentile(counts, 'response', 0.5),
    responseTimeP99Ms: percentile(counts, 'response', 0.99),
    workerTimeP50Ms: percentile(counts, 'worker', 0.5),
    workerTimeP99Ms: percentile(counts, 'worker', 0.99),
    engineTimeP50Ms: percentile(counts, 'engine', 0.5),
    engineTimeP99Ms: percentile(counts, 'engine', 0.99),
  };
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function over(name: string, value: number | null, target: number): SloLine {
  const met = value === null ? null : value > target;
  return { name, target: `> ${percent(target)}`, value, met };
}

function under(name: string, value: number | null, target: number, text: string): SloLine {
  const met = value === null ? null : value < target;
  return { name, target: `< ${text}`, value, met };
}

function linesOf(
  figures: SloFigures,
  stuckSteps: number,
  targets: Required<Objectives>,
): SloLine[] {
  const { averageRetryCount: retries, undoTriggerRate: triggers, responseTime } = targets;
  const minutes = targets.stuckAfter / 60_000;
  const response = 'response time per step (median)';
  return [
    over('DO success rate', figures.doSuccessRate, targets.doSuccessRate),
    under('average retry count', figures.averageRetryCount, retries, String(retries)),
    under('UNDO trigger rate', figures.undoTriggerRate, triggers, percent(triggers)),
    over('UNDO success rate', figures.undoSuccessRate, targets.undoSuccessRate),
    {
      name: `steps in progress for more than ${minutes} min`,
      target: 'none',
      value: stuckSteps,
      met: stuckSteps === 0,
    },
    under(response, figures.responseTimeP50Ms, responseTime, `${responseTime} ms`),
  ];
}
