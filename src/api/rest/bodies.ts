/**
 * What the REST paths answer. Payloads are put in as the JSON text they are kept as: nothing is
 * parsed, no digit is lost.
 */
import type { FlowSummary } from '../../engine/ports.js';
import { jsonTextOf } from '../../json/order.js';
import type { FlowEvent } from '../../saga/event.js';
import { type Flow, retryCountOf, type StepRun, undoRetryCountOf } from '../../saga/flow.js';
import { sentenceOf } from '../event-sentences.js';

export function summaryBody(flow: FlowSummary): object {
  return {
    flowId: flow.flowId,
    orchestrationName: flow.orchestrationName,
    status: flow.status,
    startedAt: iso(flow.startedAt),
    endedAt: iso(flow.endedAt),
    durationMs: between(flow.startedAt, flow.endedAt),
    failureReason: flow.failureReason,
  };
}

export function startedBody(flow: Flow): object {
  return { flowId: flow.flowId, orchestrationName: flow.orchestration.name, status: flow.status };
}

export function detailsText(flow: Flow): string {
  const body = {
    flowId: flow.flowId,
    orchestrationName: flow.orchestration.name,
    orchestrationVersion: flow.orchestration.version,
    type: flow.orchestration.type,
    status: flow.status,
    paused: flow.paused || flow.held,
    startedAt: iso(flow.startedAt),
    endedAt: iso(flow.endedAt),
    durationMs: between(flow.startedAt, flow.endedAt),
    failureReason: flow.failureReason,
    initiator: flow.initiator,
    idempotencyKey: flow.idempotencyKey,
    headers: flow.headers,
  };
  const steps = flow.steps.map((step) => withPayloads(stepBody(step), step.input, step.output));
  return `${withPayloads(body, flow.input, flow.output).slice(0, -1)},"steps":[${steps.join(',')}]}`;
}

/** Of a simulation. */
export function eventBody(event: FlowEvent): object {
  return {
    number: event.number,
    type: event.type,
    at: iso(event.at),
    stepName: 'stepName' in event ? event.stepName : null,
    attempt: 'attempt' in event ? event.attempt : null,
    stepStatus: event.stepStatus,
    flowStatus: event.flowStatus,
    message: sentenceOf(event),
  };
}

function stepBody(step: StepRun): object {
  const { definition, startedAt, endedAt } = step;
  return {
    seq: definition.seq,
    stepName: definition.name,
    objectType: definition.objectType,
    status: step.status,
    retryCount: retryCountOf(step),
    maxRetries: definition.maxRetries,
    undoRetryCount: undoRetryCountOf(step),
    undoMaxRetries: definition.undoMaxRetries,
    errorMessage: step.errorMessage,
    errorCode: step.errorCode,
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    undoneAt: iso(step.undoneAt),
    durationMs: between(startedAt, endedAt),
    nextAttemptAt: iso(step.nextAttemptAt),
    skipped: step.skipped,
  };
}

function withPayloads(body: object, input: string | null, output: string | null): string {
  return `${jsonTextOf(body).slice(0, -1)},"input":${input ?? 'null'},"output":${output ?? 'null'}}`;
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function between(startedAt: number | null, endedAt: number | null): number | null {
  return startedAt === null || endedAt === null ? null : endedAt - startedAt;
}
