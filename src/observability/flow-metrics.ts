/**
 * Counters and histograms of flows, by orchestration. Each gateway counts what it commits: the sum
 * over all gateways is the whole.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Observation, Observe } from './observation.js';

/** Seconds. */
const ATTEMPTS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const FLOWS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];
/** Series are kept for ever: beyond so many orchestrations, the others share one name. */
const MOST_NAMES = 200;
const OTHERS = 'other';

type Of<K extends Observation['kind']> = Extract<Observation, { readonly kind: K }>;
type Counting = { readonly [K in Observation['kind']]: (one: Of<K>) => void };

export function flowMetrics(registry: Registry): Observe {
  const counting: Counting = {
    ...countFlows(registry),
    ...countSteps(registry),
    ...countAttempts(registry),
  };
  const names = new Set<string>();
  const bounded = (name: string): string => {
    if (names.size < MOST_NAMES) names.add(name);
    return names.has(name) ? name : OTHERS;
  };
  return (observations) => {
    for (const one of observations) {
      const count = counting[one.kind] as (one: Observation) => void;
      count({ ...one, orchestration: bounded(one.orchestration) });
    }
  };
}

function countFlows(
  registry: Registry,
): Pick<Counting, 'flowStarted' | 'flowTurnedAround' | 'flowEnded'> {
  const registers = [registry];
  const started = new Counter({
    name: 'backstep_flows_started_total',
    help: 'Flows that were started',
    labelNames: ['orchestration'],
    registers,
  });
  const turned = new Counter({
    name: 'backstep_flows_turned_around_total',
    help: 'Flows that stopped doing and began to undo',
    labelNames: ['orchestration', 'by'],
    registers,
  });
  const ended = new Histogram({
    name: 'backstep_flow_duration_seconds',
    help: 'Time from the start of a flow to its end, by final status',
    labelNames: ['orchestration', 'status'],
    buckets: FLOWS,
    registers,
  });
  return {
    flowStarted: ({ orchestration }) => started.inc({ orchestration }),
    flowTurnedAround: ({ orchestration, byItself }) =>
      turned.inc({ orchestration, by: byItself ? 'itself' : 'operator' }),
    flowEnded: ({ orchestration, status, seconds }) =>
      ended.observe({ orchestration, status }, seconds),
  };
}

function countSteps(registry: Registry): Pick<Counting, 'stepDecided'> {
  const registers = [registry];
  const decided = new Counter({
    name: 'backstep_steps_decided_total',
    help: 'Steps that are done (DO) or undone (UNDO), or were given up',
    labelNames: ['orchestration', 'action', 'outcome'],
    registers,
  });
  const retries = new Counter({
    name: 'backstep_step_retries_total',
    help: 'DO retries of the steps that were decided',
    labelNames: ['orchestration'],
    registers,
  });
  return {
    stepDecided({ orchestration, action, outcome, retries: count }) {
      decided.inc({ orchestration, action, outcome });
      retries.inc({ orchestration }, count);
    },
  };
}

function countAttempts(registry: Registry): Pick<Counting, 'commandSent' | 'attemptEnded'> {
  const registers = [registry];
  const sent = new Counter({
    name: 'backstep_commands_sent_total',
    help: 'Commands that were decided, first attempts and retries',
    labelNames: ['orchestration', 'action', 'retry'],
    registers,
  });
  const ended = new Counter({
    name: 'backstep_attempts_total',
    help: 'Attempts that ended; unknown: timed out, or the answer could not be read',
    labelNames: ['orchestration', 'action', 'outcome'],
    registers,
  });
  const took = new Histogram({
    name: 'backstep_attempt_duration_seconds',
    help: 'Time from the commit of a command (or its last progress) to the commit of its answer',
    labelNames: ['orchestration', 'action'],
    buckets: ATTEMPTS,
    registers,
  });
  return {
    commandSent: ({ orchestration, action, retry }) =>
      sent.inc({ orchestration, action, retry: String(retry) }),
    attemptEnded({ orchestration, action, outcome, seconds }) {
      ended.inc({ orchestration, action, outcome });
      if (seconds !== null) took.observe({ orchestration, action }, seconds);
    },
  };
}
