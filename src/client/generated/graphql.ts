/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Which rows of the audit; all parts must match. */
export type AuditFilter = {
  /** The name of the mutation. */
  action?: string | null | undefined;
  /** Done, or wanted, by this actor. */
  actor?: string | null | undefined;
  /** About this flow. */
  flowId?: string | null | undefined;
  /** From then on. */
  from?: string | null | undefined;
  /** About this orchestration. */
  orchestrationName?: string | null | undefined;
  /** Only what was done, or refused. */
  outcome?: AuditOutcome | null | undefined;
  /** Before then. */
  to?: string | null | undefined;
};

/** Result of a mutation. */
export type AuditOutcome =
  /** It was done. */
  | 'DONE'
  /** It was refused: `code` has why. */
  | 'REFUSED';

/** Which flows, and why. */
export type BulkInput = {
  /** endCursor of the call before. */
  after?: string | null | undefined;
  /** true: nothing is done; done and refused count what would be. */
  dryRun?: boolean | null | undefined;
  /** Which flows. Without statuses: those that may allow the action, except COMPLETED flows. With stepName, retryFlows retries only this step. */
  filter: FlowFilter;
  /** How many flows, newest first, 1 to 1000. */
  first?: number | null | undefined;
  /** Only flows of this orchestration. */
  orchestrationName?: string | null | undefined;
  /** Why; stored with the action on each flow and shown on its timeline. 1 to 2000 characters. */
  reason: string;
};

/** A flow to end, and why. */
export type CancelFlowInput = {
  /** The flow. */
  flowId: string;
  /** Why; stored with the action and shown on the timeline. 1 to 2000 characters. */
  reason: string;
  /** false: end at once and leave things as they are. */
  undo?: boolean | null | undefined;
};

/** What to start. */
export type ExecuteInput = {
  /** An object; it travels on every command. At most 16 KiB. */
  headers?: unknown;
  /** With a key that was used before, the answer is the flow it started. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Who starts it, 1 to 200 characters. */
  initiator?: string | null | undefined;
  /** A registered orchestration; its newest version is started. */
  orchestrationName: string;
  /** The flow's input, for its first step, or for all of them when parallel. */
  payload?: unknown;
};

/** How a worker misbehaves in a simulation. */
export type FaultInput = {
  /** Whether its DO or its UNDO is concerned. */
  action: StepAction;
  /** The attempt, from 1; null = every attempt. A fault of one attempt comes first. */
  attempt?: number | null | undefined;
  /** `FAIL`: the worker replies with a failure. `TIMEOUT`: it never replies. `LATE_SUCCESS`: its success comes after the timeout. `DUPLICATE`: its success comes twice. */
  kind: string;
  /** The step, by its name in the orchestration. */
  stepName: string;
};

/** A flow, and why. */
export type FlowActionInput = {
  /** The flow. */
  flowId: string;
  /** Why; stored with the action and shown on the timeline. 1 to 2000 characters. */
  reason: string;
};

/** Which flows: those for which all of this is true. */
export type FlowFilter = {
  /** The header correlationId it was started with. */
  correlationId?: string | null | undefined;
  /** Text in some step's error. */
  errorContains?: string | null | undefined;
  /** Started with this key. */
  idempotencyKey?: string | null | undefined;
  /** Started by this initiator. */
  initiator?: string | null | undefined;
  /** Labels its orchestration has, as an object of texts. */
  labels?: unknown;
  /** Started after then. */
  startedAfter?: string | null | undefined;
  /** Started before then. */
  startedBefore?: string | null | undefined;
  /** Its status is one of these. */
  statuses?: Array<FlowStatus> | null | undefined;
  /** It has this step; with stepStatuses, that step has one of them. */
  stepName?: string | null | undefined;
  /** Some step has one of these. */
  stepStatuses?: Array<StepStatus> | null | undefined;
};

/** Status of a flow. */
export type FlowStatus =
  /** Ended by an operator without undo. */
  | 'CANCELLED'
  /** Every step is done. */
  | 'COMPLETED'
  /** An UNDO is out of retries and something done remains: a person is needed. */
  | 'FAILED'
  /** Steps are being done. */
  | 'IN_PROGRESS'
  /** It turned around: what was done is being undone. */
  | 'UNDOING'
  /** Everything that was done is undone. */
  | 'UNDONE';

/** An orchestration, and why. */
export type OrchestrationActionInput = {
  /** A registered orchestration. */
  name: string;
  /** Of pauseOrchestration. true: new flows are stored and begin when it is resumed; false: they are refused with ORCHESTRATION_PAUSED. */
  queue?: boolean | null | undefined;
  /** Why; stored with the action. 1 to 2000 characters. */
  reason: string;
};

/** Steps one after the other, or all at once. */
export type OrchestrationType =
  /** All steps at once. */
  | 'PARALLEL'
  /** One step after the other, by seq. */
  | 'SEQUENTIAL';

/** How much of it, and why. */
export type ReencryptInput = {
  /** endCursor of the call before. */
  after?: string | null | undefined;
  /** How many flows and quarantined records, 1 to 1000. */
  first?: number | null | undefined;
  /** Why; required, stored in the audit. 1 to 2000 characters. */
  reason?: string | null | undefined;
};

/** A document to register. */
export type RegisterOrchestrationInput = {
  /** YAML or JSON text, as initiator or worker: one orchestration, or a list under `orchestrations`. */
  document: string;
  /** true: only report what it would change; nothing is stored. */
  dryRun?: boolean | null | undefined;
  /** The service that registers, 1 to 200 characters. */
  serviceName?: string | null | undefined;
};

/** Whether every step has a registered worker. For information: flows also run without registered workers. */
export type RegistrationStatus =
  /** Some step has none. */
  | 'PARTIALLY_REGISTERED'
  /** Every step has a registered worker. */
  | 'REGISTERED';

/** What a worker answers to a command, or its progress. */
export type ReplyInput = {
  /** Of a failure: a code; one of the step's nonRetryableErrors ends its retries. */
  errorCode?: string | null | undefined;
  /** Of a failure: why, for people. */
  errorMessage?: string | null | undefined;
  /** An object of headers that the commands that follow have, too. The command's own need not be sent. At most 16 KiB. */
  headers?: unknown;
  /** leaseId of the command. */
  leaseId: string;
  /** Of progress, for people. */
  message?: string | null | undefined;
  /** true, instead of a status: the effect may be in place. The DO is not tried again, and the step is undone. errorMessage has the reason. */
  outcomeUnknown?: boolean | null | undefined;
  /** The result: the next step's input. Null: the input is passed on. */
  payload?: unknown;
  /** How far it is, 0 to 1; extends the lease. */
  progress?: number | null | undefined;
  /** Of a failure. false: it is not retried. */
  retryable?: boolean | null | undefined;
  /** true: done (or undone); false: failed. Absent: this is progress. */
  status?: boolean | null | undefined;
};

/** Retries, timeouts and backoff that replace those of the document. Null or absent = what the document has; all of them null removes the policy. */
export type SetPolicyInput = {
  /** As in a document: an object of initial, factor, max and jitter, each optional. For DO and UNDO. */
  backoff?: unknown;
  /** DO retries, 0 to 1000. */
  maxRetries?: number | null | undefined;
  /** A registered orchestration. */
  orchestrationName: string;
  /** Why; stored with the policy. 1 to 2000 characters. */
  reason: string;
  /** The step, as the orchestration calls it; null = all of its steps. */
  stepName?: string | null | undefined;
  /** How long an attempt of DO may take, in milliseconds, from 1. */
  timeoutMs?: number | null | undefined;
  /** UNDO retries per round, 0 to 1000. */
  undoMaxRetries?: number | null | undefined;
  /** The same for UNDO. */
  undoTimeoutMs?: number | null | undefined;
};

/** What to simulate: a document or a registered orchestration. */
export type SimulateInput = {
  /** YAML or JSON text as for registerOrchestration; it is not registered. Null = the registered orchestration of this name. */
  document?: string | null | undefined;
  /** What goes wrong; empty = nothing. At most 1000 entries. */
  faults: Array<FaultInput>;
  /** A registered orchestration, in its newest version with its policies; with a document, the one of its orchestrations. */
  orchestrationName?: string | null | undefined;
  /** Another number gives other random waits between attempts. Default 0. */
  seed?: number | null | undefined;
};

/** A step to settle by hand, and why. */
export type SkipStepInput = {
  /** The flow. */
  flowId: string;
  /** Taken as the step's answer. */
  output?: unknown;
  /** Why; stored with the action and shown on the timeline. 1 to 2000 characters. */
  reason: string;
  /** The step, as the orchestration calls it. */
  stepName: string;
};

/** What a worker has to do for a command. */
export type StepAction =
  /** Do the step. */
  | 'DO'
  /** Undo the step. */
  | 'UNDO';

/** A step of a flow, and why. */
export type StepActionInput = {
  /** The flow. */
  flowId: string;
  /** Why; stored with the action and shown on the timeline. 1 to 2000 characters. */
  reason: string;
  /** The step, as the orchestration calls it. */
  stepName: string;
};

/** Status of a step of a flow. */
export type StepStatus =
  /** A DO failed; with a next attempt time it will be retried. */
  | 'DO_FAIL'
  /** Done. */
  | 'DO_SUCCESS'
  /** Its DO was sent and is not answered. */
  | 'IN_PROGRESS'
  /** Its DO was not sent yet. */
  | 'PENDING'
  /** Its DO is out of retries. */
  | 'RETRY_EXHAUSTED'
  /** Its UNDO was sent and is not answered. */
  | 'UNDOING'
  /** An UNDO failed; with a next attempt time it will be retried, without it is final. */
  | 'UNDO_FAIL'
  /** Undone. */
  | 'UNDO_SUCCESS';

/** A flow to undo, and why. */
export type UndoFlowInput = {
  /** The flow. */
  flowId: string;
  /** hash of undoPlan: refused as PLAN_CHANGED when the plan is a different one now. Null: the plan is not checked. */
  planHash?: string | null | undefined;
  /** Why; stored with the action and shown on the timeline. 1 to 2000 characters. */
  reason: string;
};

export type FlowSummaryFragment = { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number };

export type StepDetailsFragment = { stepName: string, seq: number, status: StepStatus, retryCount: number, maxRetries: number, undoRetryCount: number, undoMaxRetries: number, errorMessage: string | null, errorCode: string | null, startedAt: string | null, endedAt: string | null, undoneAt: string | null, durationMs: number | null, nextAttemptAt: string | null, deadline: string | null, progress: number | null, progressMessage: string | null, skipped: boolean };

export type ProblemDetailsFragment = { code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> };

export type EventDetailsFragment = { flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null, details: unknown };

export type RegisterMutationVariables = Exact<{
  input: RegisterOrchestrationInput;
}>;


export type RegisterMutation = { registerOrchestration: { registrations: Array<{ orchestrationName: string, as: string, version: number | null, changed: boolean, status: RegistrationStatus, changes: Array<{ kind: string, breaking: boolean, description: string, flowsInFlight: number }> }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type ExecuteMutationVariables = Exact<{
  input: ExecuteInput;
}>;


export type ExecuteMutation = { execute: { created: boolean, flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type CancelFlowMutationVariables = Exact<{
  input: CancelFlowInput;
}>;


export type CancelFlowMutation = { cancelFlow: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type UndoFlowMutationVariables = Exact<{
  input: UndoFlowInput;
}>;


export type UndoFlowMutation = { undoFlow: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type RetryStepMutationVariables = Exact<{
  input: StepActionInput;
}>;


export type RetryStepMutation = { retryStep: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type ResendCommandMutationVariables = Exact<{
  input: StepActionInput;
}>;


export type ResendCommandMutation = { resendCommand: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type SkipStepMutationVariables = Exact<{
  input: SkipStepInput;
}>;


export type SkipStepMutation = { skipStep: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type PauseFlowMutationVariables = Exact<{
  input: FlowActionInput;
}>;


export type PauseFlowMutation = { pauseFlow: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type ResumeFlowMutationVariables = Exact<{
  input: FlowActionInput;
}>;


export type ResumeFlowMutation = { resumeFlow: { flow: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type SetPolicyMutationVariables = Exact<{
  input: SetPolicyInput;
}>;


export type SetPolicyMutation = { setPolicy: { orchestration: { name: string, version: number, policies: Array<{ stepName: string | null, maxRetries: number | null, undoMaxRetries: number | null, timeoutMs: number | null, undoTimeoutMs: number | null, backoff: unknown, actor: string, reason: string, at: string }> } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type DetailsQueryVariables = Exact<{
  flowId: string;
}>;


export type DetailsQuery = { details: { input: unknown, output: unknown, headers: unknown, flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number, steps: Array<{ input: unknown, output: unknown, stepName: string, seq: number, status: StepStatus, retryCount: number, maxRetries: number, undoRetryCount: number, undoMaxRetries: number, errorMessage: string | null, errorCode: string | null, startedAt: string | null, endedAt: string | null, undoneAt: string | null, durationMs: number | null, nextAttemptAt: string | null, deadline: string | null, progress: number | null, progressMessage: string | null, skipped: boolean }>, availableActions: Array<{ name: string, stepName: string | null, allowed: boolean, reason: string | null }> } | null };

export type FlowEndQueryVariables = Exact<{
  flowId: string;
}>;


export type FlowEndQuery = { details: { output: unknown, flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number, steps: Array<{ stepName: string, seq: number, status: StepStatus, errorMessage: string | null, errorCode: string | null }> } | null };

export type TimelineQueryVariables = Exact<{
  flowId: string;
  first: number;
  after: number;
}>;


export type TimelineQuery = { details: { timeline: Array<{ flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null, details: unknown }> } | null };

export type HistoryQueryVariables = Exact<{
  orchestrationName?: string | null | undefined;
  filter?: FlowFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type HistoryQuery = { history: { edges: Array<{ node: { flowId: string, orchestrationName: string, orchestrationVersion: number, type: OrchestrationType, status: FlowStatus, paused: boolean, pauseReason: string | null, initiator: string | null, idempotencyKey: string | null, failureReason: string | null, startedAt: string, endedAt: string | null, durationMs: number | null, deadline: string | null, lastEventNumber: number, steps: Array<{ stepName: string, seq: number, status: StepStatus, retryCount: number, maxRetries: number, undoRetryCount: number, undoMaxRetries: number, errorMessage: string | null, errorCode: string | null, startedAt: string | null, endedAt: string | null, undoneAt: string | null, durationMs: number | null, nextAttemptAt: string | null, deadline: string | null, progress: number | null, progressMessage: string | null, skipped: boolean }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OrchestrationsQueryVariables = Exact<{
  nameContains?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type OrchestrationsQuery = { orchestrations: { edges: Array<{ node: { name: string, version: number, type: OrchestrationType, status: RegistrationStatus, paused: boolean, archived: boolean, steps: Array<{ seq: number, name: string, workers: Array<string> }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type FlowEventsSubscriptionVariables = Exact<{
  flowId: string;
  after: number;
}>;


export type FlowEventsSubscription = { flowEvents: { flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null, details: unknown } };

export type StepChangesSubscriptionVariables = Exact<{
  flowId?: string | null | undefined;
  orchestrationName?: string | null | undefined;
}>;


export type StepChangesSubscription = { stepStatusChanged: { flowId: string, orchestrationName: string, stepName: string, seq: number, status: StepStatus, previousStatus: StepStatus, retryCount: number, errorMessage: string | null, flowStatus: FlowStatus, at: string, eventNumber: number } };

export type UndoPlanQueryVariables = Exact<{
  flowId: string;
}>;


export type UndoPlanQuery = { undoPlan: { flowId: string, hash: string, steps: Array<{ order: number, stepName: string, payload: unknown, willUndo: boolean, reason: string }> } | null };

export type DiagnoseQueryVariables = Exact<{
  flowId: string;
}>;


export type DiagnoseQuery = { diagnose: { flowId: string, verdict: string, summary: string, stepName: string | null, suggestedActions: Array<string>, facts: Array<{ name: string, value: string, source: string }> } | null };

export type OrchestrationStandingFragment = { name: string, version: number, paused: boolean, archived: boolean, pausedBy: { actor: string, reason: string, at: string, queuesStarts: boolean } | null, archivedBy: { actor: string, reason: string, at: string } | null };

export type PauseOrchestrationMutationVariables = Exact<{
  input: OrchestrationActionInput;
}>;


export type PauseOrchestrationMutation = { pauseOrchestration: { orchestration: { name: string, version: number, paused: boolean, archived: boolean, pausedBy: { actor: string, reason: string, at: string, queuesStarts: boolean } | null, archivedBy: { actor: string, reason: string, at: string } | null } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type ResumeOrchestrationMutationVariables = Exact<{
  input: OrchestrationActionInput;
}>;


export type ResumeOrchestrationMutation = { resumeOrchestration: { orchestration: { name: string, version: number, paused: boolean, archived: boolean, pausedBy: { actor: string, reason: string, at: string, queuesStarts: boolean } | null, archivedBy: { actor: string, reason: string, at: string } | null } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type ArchiveOrchestrationMutationVariables = Exact<{
  input: OrchestrationActionInput;
}>;


export type ArchiveOrchestrationMutation = { archiveOrchestration: { orchestration: { name: string, version: number, paused: boolean, archived: boolean, pausedBy: { actor: string, reason: string, at: string, queuesStarts: boolean } | null, archivedBy: { actor: string, reason: string, at: string } | null } | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type AuditQueryVariables = Exact<{
  filter?: AuditFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditQuery = { audit: { edges: Array<{ node: { at: string, actor: string, proven: boolean, from: string | null, requestId: string | null, action: string, orchestrationName: string | null, flowId: string | null, stepName: string | null, reason: string | null, before: unknown, after: unknown, outcome: AuditOutcome, code: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ReencryptPayloadsMutationVariables = Exact<{
  input?: ReencryptInput | null | undefined;
}>;


export type ReencryptPayloadsMutation = { reencryptPayloads: { examined: number, rewritten: number, hasNextPage: boolean, endCursor: string | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type BulkDetailsFragment = { matched: number, done: number, refused: number, hasNextPage: boolean, endCursor: string | null, refusals: Array<{ code: string, message: string, count: number, flowIds: Array<string> }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> };

export type RetryFlowsMutationVariables = Exact<{
  input: BulkInput;
}>;


export type RetryFlowsMutation = { retryFlows: { matched: number, done: number, refused: number, hasNextPage: boolean, endCursor: string | null, refusals: Array<{ code: string, message: string, count: number, flowIds: Array<string> }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type UndoFlowsMutationVariables = Exact<{
  input: BulkInput;
}>;


export type UndoFlowsMutation = { undoFlows: { matched: number, done: number, refused: number, hasNextPage: boolean, endCursor: string | null, refusals: Array<{ code: string, message: string, count: number, flowIds: Array<string> }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type CancelFlowsMutationVariables = Exact<{
  input: BulkInput;
}>;


export type CancelFlowsMutation = { cancelFlows: { matched: number, done: number, refused: number, hasNextPage: boolean, endCursor: string | null, refusals: Array<{ code: string, message: string, count: number, flowIds: Array<string> }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type PayloadSchemasQueryVariables = Exact<{
  name: string;
  version?: number | null | undefined;
}>;


export type PayloadSchemasQuery = { orchestration: { name: string, version: number, type: OrchestrationType, payloadSchema: unknown, steps: Array<{ name: string, payloadSchema: unknown }> } | null };

export type SimulateQueryVariables = Exact<{
  input: SimulateInput;
}>;


export type SimulateQuery = { simulate: { status: FlowStatus | null, trace: string, events: Array<{ flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null, details: unknown }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type SloQueryVariables = Exact<{
  orchestrationName?: string | null | undefined;
  windowMinutes?: number | null | undefined;
}>;


export type SloQuery = { slo: { windowMinutes: number, flows: number, doSuccessRate: number | null, averageRetryCount: number | null, undoTriggerRate: number | null, undoSuccessRate: number | null, stuckSteps: number, responseTimeP50Ms: number | null, responseTimeP99Ms: number | null, workerTimeP50Ms: number | null, workerTimeP99Ms: number | null, engineTimeP50Ms: number | null, engineTimeP99Ms: number | null, lines: Array<{ name: string, target: string, value: number | null, met: boolean | null }> } };

export type CommandDetailsFragment = { leaseId: string, leaseUntil: string, flowId: string, orchestrationName: string, stepName: string, action: StepAction, attempt: number, attemptId: string, idempotencyKey: string, deadline: string, headers: unknown, payload: unknown };

export type CommandsSubscriptionVariables = Exact<{
  orchestrationName: string;
  stepNames?: Array<string> | string | null | undefined;
  group?: string | null | undefined;
  concurrency?: number | null | undefined;
}>;


export type CommandsSubscription = { commands: { leaseId: string, leaseUntil: string, flowId: string, orchestrationName: string, stepName: string, action: StepAction, attempt: number, attemptId: string, idempotencyKey: string, deadline: string, headers: unknown, payload: unknown } };

export type ReplyMutationVariables = Exact<{
  input: ReplyInput;
}>;


export type ReplyMutation = { reply: { accepted: boolean, leaseUntil: string | null, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const FlowSummaryFragmentDoc = new TypedDocumentString(`
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
    `, {"fragmentName":"FlowSummary"}) as unknown as TypedDocumentString<FlowSummaryFragment, unknown>;
export const StepDetailsFragmentDoc = new TypedDocumentString(`
    fragment StepDetails on StepRun {
  stepName
  seq
  status
  retryCount
  maxRetries
  undoRetryCount
  undoMaxRetries
  errorMessage
  errorCode
  startedAt
  endedAt
  undoneAt
  durationMs
  nextAttemptAt
  deadline
  progress
  progressMessage
  skipped
}
    `, {"fragmentName":"StepDetails"}) as unknown as TypedDocumentString<StepDetailsFragment, unknown>;
export const EventDetailsFragmentDoc = new TypedDocumentString(`
    fragment EventDetails on FlowEvent {
  flowId
  number
  type
  at
  stepName
  action
  attempt
  stepStatus
  flowStatus
  message
  actor
  details
}
    `, {"fragmentName":"EventDetails"}) as unknown as TypedDocumentString<EventDetailsFragment, unknown>;
export const OrchestrationStandingFragmentDoc = new TypedDocumentString(`
    fragment OrchestrationStanding on Orchestration {
  name
  version
  paused
  pausedBy {
    actor
    reason
    at
    queuesStarts
  }
  archived
  archivedBy {
    actor
    reason
    at
  }
}
    `, {"fragmentName":"OrchestrationStanding"}) as unknown as TypedDocumentString<OrchestrationStandingFragment, unknown>;
export const ProblemDetailsFragmentDoc = new TypedDocumentString(`
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
    `, {"fragmentName":"ProblemDetails"}) as unknown as TypedDocumentString<ProblemDetailsFragment, unknown>;
export const BulkDetailsFragmentDoc = new TypedDocumentString(`
    fragment BulkDetails on BulkPayload {
  matched
  done
  refused
  refusals {
    code
    message
    count
    flowIds
  }
  problems {
    ...ProblemDetails
  }
  hasNextPage
  endCursor
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`, {"fragmentName":"BulkDetails"}) as unknown as TypedDocumentString<BulkDetailsFragment, unknown>;
export const CommandDetailsFragmentDoc = new TypedDocumentString(`
    fragment CommandDetails on WorkerCommand {
  leaseId
  leaseUntil
  flowId
  orchestrationName
  stepName
  action
  attempt
  attemptId
  idempotencyKey
  deadline
  headers
  payload
}
    `, {"fragmentName":"CommandDetails"}) as unknown as TypedDocumentString<CommandDetailsFragment, unknown>;
export const RegisterDocument = new TypedDocumentString(`
    mutation Register($input: RegisterOrchestrationInput!) {
  registerOrchestration(input: $input) {
    registrations {
      orchestrationName
      as
      version
      changed
      status
      changes {
        kind
        breaking
        description
        flowsInFlight
      }
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<RegisterMutation, RegisterMutationVariables>;
export const ExecuteDocument = new TypedDocumentString(`
    mutation Execute($input: ExecuteInput!) {
  execute(input: $input) {
    created
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ExecuteMutation, ExecuteMutationVariables>;
export const CancelFlowDocument = new TypedDocumentString(`
    mutation CancelFlow($input: CancelFlowInput!) {
  cancelFlow(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<CancelFlowMutation, CancelFlowMutationVariables>;
export const UndoFlowDocument = new TypedDocumentString(`
    mutation UndoFlow($input: UndoFlowInput!) {
  undoFlow(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<UndoFlowMutation, UndoFlowMutationVariables>;
export const RetryStepDocument = new TypedDocumentString(`
    mutation RetryStep($input: StepActionInput!) {
  retryStep(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<RetryStepMutation, RetryStepMutationVariables>;
export const ResendCommandDocument = new TypedDocumentString(`
    mutation ResendCommand($input: StepActionInput!) {
  resendCommand(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ResendCommandMutation, ResendCommandMutationVariables>;
export const SkipStepDocument = new TypedDocumentString(`
    mutation SkipStep($input: SkipStepInput!) {
  skipStep(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<SkipStepMutation, SkipStepMutationVariables>;
export const PauseFlowDocument = new TypedDocumentString(`
    mutation PauseFlow($input: FlowActionInput!) {
  pauseFlow(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<PauseFlowMutation, PauseFlowMutationVariables>;
export const ResumeFlowDocument = new TypedDocumentString(`
    mutation ResumeFlow($input: FlowActionInput!) {
  resumeFlow(input: $input) {
    flow {
      ...FlowSummary
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ResumeFlowMutation, ResumeFlowMutationVariables>;
export const SetPolicyDocument = new TypedDocumentString(`
    mutation SetPolicy($input: SetPolicyInput!) {
  setPolicy(input: $input) {
    orchestration {
      name
      version
      policies {
        stepName
        maxRetries
        undoMaxRetries
        timeoutMs
        undoTimeoutMs
        backoff
        actor
        reason
        at
      }
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<SetPolicyMutation, SetPolicyMutationVariables>;
export const DetailsDocument = new TypedDocumentString(`
    query Details($flowId: ID!) {
  details(flowId: $flowId) {
    ...FlowSummary
    input
    output
    headers
    steps {
      ...StepDetails
      input
      output
    }
    availableActions {
      name
      stepName
      allowed
      reason
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment StepDetails on StepRun {
  stepName
  seq
  status
  retryCount
  maxRetries
  undoRetryCount
  undoMaxRetries
  errorMessage
  errorCode
  startedAt
  endedAt
  undoneAt
  durationMs
  nextAttemptAt
  deadline
  progress
  progressMessage
  skipped
}`) as unknown as TypedDocumentString<DetailsQuery, DetailsQueryVariables>;
export const FlowEndDocument = new TypedDocumentString(`
    query FlowEnd($flowId: ID!) {
  details(flowId: $flowId) {
    ...FlowSummary
    output
    steps {
      stepName
      seq
      status
      errorMessage
      errorCode
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}`) as unknown as TypedDocumentString<FlowEndQuery, FlowEndQueryVariables>;
export const TimelineDocument = new TypedDocumentString(`
    query Timeline($flowId: ID!, $first: Int!, $after: Int!) {
  details(flowId: $flowId) {
    timeline(first: $first, after: $after) {
      ...EventDetails
    }
  }
}
    fragment EventDetails on FlowEvent {
  flowId
  number
  type
  at
  stepName
  action
  attempt
  stepStatus
  flowStatus
  message
  actor
  details
}`) as unknown as TypedDocumentString<TimelineQuery, TimelineQueryVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($orchestrationName: String, $filter: FlowFilter, $first: Int!, $after: String) {
  history(
    orchestrationName: $orchestrationName
    filter: $filter
    first: $first
    after: $after
  ) {
    edges {
      node {
        ...FlowSummary
        steps {
          ...StepDetails
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment FlowSummary on Flow {
  flowId
  orchestrationName
  orchestrationVersion
  type
  status
  paused
  pauseReason
  initiator
  idempotencyKey
  failureReason
  startedAt
  endedAt
  durationMs
  deadline
  lastEventNumber
}
fragment StepDetails on StepRun {
  stepName
  seq
  status
  retryCount
  maxRetries
  undoRetryCount
  undoMaxRetries
  errorMessage
  errorCode
  startedAt
  endedAt
  undoneAt
  durationMs
  nextAttemptAt
  deadline
  progress
  progressMessage
  skipped
}`) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const OrchestrationsDocument = new TypedDocumentString(`
    query Orchestrations($nameContains: String, $first: Int!, $after: String) {
  orchestrations(nameContains: $nameContains, first: $first, after: $after) {
    edges {
      node {
        name
        version
        type
        status
        paused
        archived
        steps {
          seq
          name
          workers
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<OrchestrationsQuery, OrchestrationsQueryVariables>;
export const FlowEventsDocument = new TypedDocumentString(`
    subscription FlowEvents($flowId: ID!, $after: Int!) {
  flowEvents(flowId: $flowId, after: $after) {
    ...EventDetails
  }
}
    fragment EventDetails on FlowEvent {
  flowId
  number
  type
  at
  stepName
  action
  attempt
  stepStatus
  flowStatus
  message
  actor
  details
}`) as unknown as TypedDocumentString<FlowEventsSubscription, FlowEventsSubscriptionVariables>;
export const StepChangesDocument = new TypedDocumentString(`
    subscription StepChanges($flowId: ID, $orchestrationName: String) {
  stepStatusChanged(flowId: $flowId, orchestrationName: $orchestrationName) {
    flowId
    orchestrationName
    stepName
    seq
    status
    previousStatus
    retryCount
    errorMessage
    flowStatus
    at
    eventNumber
  }
}
    `) as unknown as TypedDocumentString<StepChangesSubscription, StepChangesSubscriptionVariables>;
export const UndoPlanDocument = new TypedDocumentString(`
    query UndoPlan($flowId: ID!) {
  undoPlan(flowId: $flowId) {
    flowId
    hash
    steps {
      order
      stepName
      payload
      willUndo
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<UndoPlanQuery, UndoPlanQueryVariables>;
export const DiagnoseDocument = new TypedDocumentString(`
    query Diagnose($flowId: ID!) {
  diagnose(flowId: $flowId) {
    flowId
    verdict
    summary
    stepName
    facts {
      name
      value
      source
    }
    suggestedActions
  }
}
    `) as unknown as TypedDocumentString<DiagnoseQuery, DiagnoseQueryVariables>;
export const PauseOrchestrationDocument = new TypedDocumentString(`
    mutation PauseOrchestration($input: OrchestrationActionInput!) {
  pauseOrchestration(input: $input) {
    orchestration {
      ...OrchestrationStanding
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment OrchestrationStanding on Orchestration {
  name
  version
  paused
  pausedBy {
    actor
    reason
    at
    queuesStarts
  }
  archived
  archivedBy {
    actor
    reason
    at
  }
}`) as unknown as TypedDocumentString<PauseOrchestrationMutation, PauseOrchestrationMutationVariables>;
export const ResumeOrchestrationDocument = new TypedDocumentString(`
    mutation ResumeOrchestration($input: OrchestrationActionInput!) {
  resumeOrchestration(input: $input) {
    orchestration {
      ...OrchestrationStanding
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment OrchestrationStanding on Orchestration {
  name
  version
  paused
  pausedBy {
    actor
    reason
    at
    queuesStarts
  }
  archived
  archivedBy {
    actor
    reason
    at
  }
}`) as unknown as TypedDocumentString<ResumeOrchestrationMutation, ResumeOrchestrationMutationVariables>;
export const ArchiveOrchestrationDocument = new TypedDocumentString(`
    mutation ArchiveOrchestration($input: OrchestrationActionInput!) {
  archiveOrchestration(input: $input) {
    orchestration {
      ...OrchestrationStanding
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment OrchestrationStanding on Orchestration {
  name
  version
  paused
  pausedBy {
    actor
    reason
    at
    queuesStarts
  }
  archived
  archivedBy {
    actor
    reason
    at
  }
}`) as unknown as TypedDocumentString<ArchiveOrchestrationMutation, ArchiveOrchestrationMutationVariables>;
export const AuditDocument = new TypedDocumentString(`
    query Audit($filter: AuditFilter, $first: Int, $after: String) {
  audit(filter: $filter, first: $first, after: $after) {
    edges {
      node {
        at
        actor
        proven
        from
        requestId
        action
        orchestrationName
        flowId
        stepName
        reason
        before
        after
        outcome
        code
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<AuditQuery, AuditQueryVariables>;
export const ReencryptPayloadsDocument = new TypedDocumentString(`
    mutation ReencryptPayloads($input: ReencryptInput) {
  reencryptPayloads(input: $input) {
    examined
    rewritten
    hasNextPage
    endCursor
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ReencryptPayloadsMutation, ReencryptPayloadsMutationVariables>;
export const RetryFlowsDocument = new TypedDocumentString(`
    mutation RetryFlows($input: BulkInput!) {
  retryFlows(input: $input) {
    ...BulkDetails
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment BulkDetails on BulkPayload {
  matched
  done
  refused
  refusals {
    code
    message
    count
    flowIds
  }
  problems {
    ...ProblemDetails
  }
  hasNextPage
  endCursor
}`) as unknown as TypedDocumentString<RetryFlowsMutation, RetryFlowsMutationVariables>;
export const UndoFlowsDocument = new TypedDocumentString(`
    mutation UndoFlows($input: BulkInput!) {
  undoFlows(input: $input) {
    ...BulkDetails
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment BulkDetails on BulkPayload {
  matched
  done
  refused
  refusals {
    code
    message
    count
    flowIds
  }
  problems {
    ...ProblemDetails
  }
  hasNextPage
  endCursor
}`) as unknown as TypedDocumentString<UndoFlowsMutation, UndoFlowsMutationVariables>;
export const CancelFlowsDocument = new TypedDocumentString(`
    mutation CancelFlows($input: BulkInput!) {
  cancelFlows(input: $input) {
    ...BulkDetails
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment BulkDetails on BulkPayload {
  matched
  done
  refused
  refusals {
    code
    message
    count
    flowIds
  }
  problems {
    ...ProblemDetails
  }
  hasNextPage
  endCursor
}`) as unknown as TypedDocumentString<CancelFlowsMutation, CancelFlowsMutationVariables>;
export const PayloadSchemasDocument = new TypedDocumentString(`
    query PayloadSchemas($name: String!, $version: Int) {
  orchestration(name: $name, version: $version) {
    name
    version
    type
    payloadSchema
    steps {
      name
      payloadSchema
    }
  }
}
    `) as unknown as TypedDocumentString<PayloadSchemasQuery, PayloadSchemasQueryVariables>;
export const SimulateDocument = new TypedDocumentString(`
    query Simulate($input: SimulateInput!) {
  simulate(input: $input) {
    status
    trace
    events {
      ...EventDetails
    }
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}
fragment EventDetails on FlowEvent {
  flowId
  number
  type
  at
  stepName
  action
  attempt
  stepStatus
  flowStatus
  message
  actor
  details
}`) as unknown as TypedDocumentString<SimulateQuery, SimulateQueryVariables>;
export const SloDocument = new TypedDocumentString(`
    query Slo($orchestrationName: String, $windowMinutes: Int) {
  slo(
    orchestrationName: $orchestrationName
    windowMinutes: $windowMinutes
    parts: 1
  ) {
    windowMinutes
    flows
    doSuccessRate
    averageRetryCount
    undoTriggerRate
    undoSuccessRate
    stuckSteps
    responseTimeP50Ms
    responseTimeP99Ms
    workerTimeP50Ms
    workerTimeP99Ms
    engineTimeP50Ms
    engineTimeP99Ms
    lines {
      name
      target
      value
      met
    }
  }
}
    `) as unknown as TypedDocumentString<SloQuery, SloQueryVariables>;
export const CommandsDocument = new TypedDocumentString(`
    subscription Commands($orchestrationName: String!, $stepNames: [String!], $group: String, $concurrency: Int) {
  commands(
    orchestrationName: $orchestrationName
    stepNames: $stepNames
    group: $group
    concurrency: $concurrency
  ) {
    ...CommandDetails
  }
}
    fragment CommandDetails on WorkerCommand {
  leaseId
  leaseUntil
  flowId
  orchestrationName
  stepName
  action
  attempt
  attemptId
  idempotencyKey
  deadline
  headers
  payload
}`) as unknown as TypedDocumentString<CommandsSubscription, CommandsSubscriptionVariables>;
export const ReplyDocument = new TypedDocumentString(`
    mutation Reply($input: ReplyInput!) {
  reply(input: $input) {
    accepted
    leaseUntil
    problems {
      ...ProblemDetails
    }
  }
}
    fragment ProblemDetails on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ReplyMutation, ReplyMutationVariables>;