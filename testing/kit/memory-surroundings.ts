/** What is stored around a flow, in memory. */
import type { FlowSurroundings } from '../../src/engine/ports.js';
import type { StepRun } from '../../src/saga/flow.js';
import type { MemoryTables } from './memory-tables.js';

export function surroundingsOf(
  { flows, outbox }: Pick<MemoryTables, 'flows' | 'outbox'>,
  now: number,
  flowId: string,
): FlowSurroundings | null {
  const entry = flows.get(flowId);
  if (entry === undefined) return null;
  const { flow, parked } = entry;
  const { orchestration, status, startedAt } = flow;
  const all = [...flows.values()].filter(
    (one) => one.flow.orchestration.name === orchestration.name,
  );
  const times = new Map<string, number[]>();
  for (const step of all.flatMap((one) => one.flow.steps))
    for (const [action, at] of answersOf(step)) {
      const name = `${step.definition.name}/${action}`;
      times.set(name, [...(times.get(name) ?? []), at]);
    }
  return {
    now,
    orchestrationName: orchestration.name,
    status,
    startedAt,
    parked,
    unsent: [...outbox.values()].flatMap(({ row }) =>
      row.flowId === flowId && row.attemptId !== null ? [row.attemptId] : [],
    ),
    answers: new Map(
      [...times].map(([name, at]) => [name, { first: Math.min(...at), last: Math.max(...at) }]),
    ),
  };
}

/** A timeout is no answer, and neither is what an operator settled. */
function answersOf(step: StepRun): [string, number][] {
  const { status, errorCode, skipped, endedAt, undoneAt } = step;
  if (skipped) return [];
  const timedOut =
    ['IN_PROGRESS', 'DO_FAIL', 'RETRY_EXHAUSTED'].includes(status) && errorCode === 'TIMEOUT';
  return [
    ...(endedAt !== null && !timedOut ? [['DO', endedAt] as [string, number]] : []),
    ...(undoneAt !== null ? [['UNDO', undoneAt] as [string, number]] : []),
  ];
}
