/** What follows by itself while a flow goes forward: hold, turn, complete, or the next DO. */
import type { EventBody } from './event.js';
import type { Flow, Payload, StepRun } from './flow.js';
import { isDue } from './retry.js';

export function forward(flow: Flow): EventBody | null {
  const exhausted = flow.steps.find((step) => step.status === 'RETRY_EXHAUSTED');
  if (exhausted !== undefined && flow.orchestration.onRetriesExhausted === 'undo')
    return turnedBy(exhausted);
  if (exhausted !== undefined && !flow.held)
    return { type: 'FLOW_HELD', stepName: exhausted.definition.name };
  if (exhausted === undefined && flow.held) return { type: 'FLOW_RELEASED' };
  const notDone = flow.steps.filter((step) => step.status !== 'DO_SUCCESS');
  // Nothing is sent, and the end is decided at resume (rules.md#pause-and-skip).
  if (flow.paused || flow.held) return null;
  if (notDone.length === 0) return { type: 'FLOW_COMPLETED', output: outputOf(flow) };
  if (flow.orchestrationPaused) return null;
  const candidates = flow.orchestration.type === 'SEQUENTIAL' ? notDone.slice(0, 1) : notDone;
  const step = candidates.find((one) => one.status === 'PENDING' || isDue(one, flow.now));
  return step === undefined ? null : sendDo(flow, step);
}

function turnedBy(step: StepRun): EventBody {
  const why = step.errorMessage ?? step.errorCode ?? 'no reason given';
  const failureReason = `${step.definition.name} failed: ${why}`;
  return {
    type: 'FLOW_TURNED_AROUND',
    cause: 'RETRIES_EXHAUSTED',
    stepName: step.definition.name,
    failureReason,
    actor: null,
  };
}

function sendDo(flow: Flow, step: StepRun): EventBody {
  const { name, timeoutMs } = step.definition;
  return {
    type: 'DO_SENT',
    stepName: name,
    attempt: step.attempt + 1,
    deadline: flow.now + timeoutMs,
  };
}

/** Sequential: what the last step passes on; parallel: an object of every step's output. */
function outputOf(flow: Flow): Payload {
  if (flow.orchestration.type === 'PARALLEL') {
    return `{${flow.steps.map((step) => `${JSON.stringify(step.definition.name)}:${step.output ?? 'null'}`).join(',')}}`;
  }
  return flow.steps.reduce<Payload>((_, step) => step.output ?? step.input, flow.input);
}
