/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

/** Steps one after the other, or all at once. */
export type OrchestrationType =
  /** All steps at once. */
  | 'PARALLEL'
  /** One step after the other, by seq. */
  | 'SEQUENTIAL';

/** State of a record that could not be used. */
export type QuarantineState =
  /** It was discarded by an operator. */
  | 'DISCARDED'
  /** Neither replayed nor discarded yet. */
  | 'OPEN'
  /** It was read again, and counted. */
  | 'REPLAYED';

/** Whether every step has a registered worker. For information: flows also run without registered workers. */
export type RegistrationStatus =
  /** Some step has none. */
  | 'PARTIALLY_REGISTERED'
  /** Every step has a registered worker. */
  | 'REGISTERED';

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

/** What a worker has to do for a command. */
export type StepAction =
  /** Do the step. */
  | 'DO'
  /** Undo the step. */
  | 'UNDO';

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

export type FlowRowFragment = { flowId: string, orchestrationName: string, status: FlowStatus, paused: boolean, failureReason: string | null, initiator: string | null, startedAt: string, durationMs: number | null, steps: Array<{ stepName: string, status: StepStatus }> };

export type ActionFragment = { name: string, stepName: string | null, allowed: boolean, reason: string | null };

export type TimelineEventFragment = { flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null };

export type ConsoleProblemFragment = { code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> };

export type FlowListQueryVariables = Exact<{
  orchestrationName?: string | null | undefined;
  filter?: FlowFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type FlowListQuery = { history: { totalCount: number | null, hasMore: boolean, edges: Array<{ node: { flowId: string, orchestrationName: string, status: FlowStatus, paused: boolean, failureReason: string | null, initiator: string | null, startedAt: string, durationMs: number | null, steps: Array<{ stepName: string, status: StepStatus }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OrchestrationListQueryVariables = Exact<{
  nameContains?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type OrchestrationListQuery = { orchestrations: { edges: Array<{ node: { name: string, version: number, type: OrchestrationType, status: RegistrationStatus, paused: boolean, archived: boolean, initiator: string | null, createdAt: string, steps: Array<{ name: string }>, running: { totalCount: number | null }, failed: { totalCount: number | null } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OrchestrationNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type OrchestrationNamesQuery = { orchestrations: { edges: Array<{ node: { name: string } }> } };

export type AsyncApiQueryVariables = Exact<{
  name: string;
}>;


export type AsyncApiQuery = { orchestration: { asyncapi: string } | null };

export type OrchestrationPageQueryVariables = Exact<{
  name: string;
}>;


export type OrchestrationPageQuery = { orchestration: { name: string, version: number, type: OrchestrationType, status: RegistrationStatus, initiator: string | null, labels: unknown, createdAt: string, payloadSchema: unknown, paused: boolean, archived: boolean, pausedBy: { actor: string, at: string, reason: string, queuesStarts: boolean } | null, archivedBy: { actor: string, at: string, reason: string } | null, availableActions: Array<{ name: string, stepName: string | null, allowed: boolean, reason: string | null }>, policies: Array<{ stepName: string | null, maxRetries: number | null, undoMaxRetries: number | null, timeoutMs: number | null, undoTimeoutMs: number | null, actor: string, reason: string, at: string }>, steps: Array<{ seq: number, name: string, objectType: string | null, maxRetries: number, undoMaxRetries: number, timeoutMs: number | null, doTopic: string, undoTopic: string, workers: Array<string> }>, history: { edges: Array<{ node: { flowId: string, orchestrationName: string, status: FlowStatus, paused: boolean, failureReason: string | null, initiator: string | null, startedAt: string, durationMs: number | null, steps: Array<{ stepName: string, status: StepStatus }> } }> } } | null };

export type FlowPageQueryVariables = Exact<{
  flowId: string;
}>;


export type FlowPageQuery = { details: { orchestrationVersion: number, type: OrchestrationType, pauseReason: string | null, pausedAt: string | null, idempotencyKey: string | null, endedAt: string | null, deadline: string | null, lastEventNumber: number, headers: unknown, input: unknown, output: unknown, flowId: string, orchestrationName: string, status: FlowStatus, paused: boolean, failureReason: string | null, initiator: string | null, startedAt: string, durationMs: number | null, steps: Array<{ stepName: string, seq: number, status: StepStatus, retryCount: number, maxRetries: number, undoRetryCount: number, undoMaxRetries: number, errorMessage: string | null, errorCode: string | null, startedAt: string | null, endedAt: string | null, undoneAt: string | null, durationMs: number | null, nextAttemptAt: string | null, deadline: string | null, progress: number | null, progressMessage: string | null, skipped: boolean, input: unknown, output: unknown }>, availableActions: Array<{ name: string, stepName: string | null, allowed: boolean, reason: string | null }> } | null };

export type FlowTimelineQueryVariables = Exact<{
  flowId: string;
  after: number;
}>;


export type FlowTimelineQuery = { details: { timeline: Array<{ flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null }> } | null };

export type SimulateFaultsQueryVariables = Exact<{
  input: SimulateInput;
}>;


export type SimulateFaultsQuery = { simulate: { status: FlowStatus | null, trace: string, events: Array<{ flowId: string, number: number, type: string, at: string, stepName: string | null, action: StepAction | null, attempt: number | null, stepStatus: StepStatus | null, flowStatus: FlowStatus | null, message: string | null, actor: string | null }>, problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type QuarantineListQueryVariables = Exact<{
  state?: QuarantineState | null | undefined;
  after?: string | null | undefined;
}>;


export type QuarantineListQuery = { quarantine: { edges: Array<{ node: { id: string, code: string, message: string, topic: string, partition: number, offset: string, flowId: string | null, receivedAt: string, value: string | null, valueIsBase64: boolean, state: string, settledAt: string | null, settledBy: string | null, settledReason: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ReplayRecordMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type ReplayRecordMutation = { replayQuarantined: { problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type DiscardRecordMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type DiscardRecordMutation = { discardQuarantined: { problems: Array<{ code: string, message: string, path: string | null, line: number | null, suggestions: Array<string> }> } };

export type FiguresFragment = { flows: number, doSuccessRate: number | null, averageRetryCount: number | null, undoTriggerRate: number | null, undoSuccessRate: number | null, responseTimeP50Ms: number | null, responseTimeP99Ms: number | null };

export type SloBoardQueryVariables = Exact<{
  orchestrationName?: string | null | undefined;
  windowMinutes: number;
}>;


export type SloBoardQuery = { slo: { flows: number, stuckSteps: number, responseTimeP50Ms: number | null, responseTimeP99Ms: number | null, workerTimeP50Ms: number | null, workerTimeP99Ms: number | null, engineTimeP50Ms: number | null, engineTimeP99Ms: number | null, lines: Array<{ name: string, target: string, value: number | null, met: boolean | null }>, trend: Array<{ flows: number, doSuccessRate: number | null, averageRetryCount: number | null, undoTriggerRate: number | null, undoSuccessRate: number | null, responseTimeP50Ms: number | null, responseTimeP99Ms: number | null }> } };

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
export const FlowRowFragmentDoc = new TypedDocumentString(`
    fragment FlowRow on Flow {
  flowId
  orchestrationName
  status
  paused
  failureReason
  initiator
  startedAt
  durationMs
  steps {
    stepName
    status
  }
}
    `, {"fragmentName":"FlowRow"}) as unknown as TypedDocumentString<FlowRowFragment, unknown>;
export const ActionFragmentDoc = new TypedDocumentString(`
    fragment Action on AvailableAction {
  name
  stepName
  allowed
  reason
}
    `, {"fragmentName":"Action"}) as unknown as TypedDocumentString<ActionFragment, unknown>;
export const TimelineEventFragmentDoc = new TypedDocumentString(`
    fragment TimelineEvent on FlowEvent {
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
}
    `, {"fragmentName":"TimelineEvent"}) as unknown as TypedDocumentString<TimelineEventFragment, unknown>;
export const ConsoleProblemFragmentDoc = new TypedDocumentString(`
    fragment ConsoleProblem on Problem {
  code
  message
  path
  line
  suggestions
}
    `, {"fragmentName":"ConsoleProblem"}) as unknown as TypedDocumentString<ConsoleProblemFragment, unknown>;
export const FiguresFragmentDoc = new TypedDocumentString(`
    fragment Figures on SloFigures {
  flows
  doSuccessRate
  averageRetryCount
  undoTriggerRate
  undoSuccessRate
  responseTimeP50Ms
  responseTimeP99Ms
}
    `, {"fragmentName":"Figures"}) as unknown as TypedDocumentString<FiguresFragment, unknown>;
export const FlowListDocument = new TypedDocumentString(`
    query FlowList($orchestrationName: String, $filter: FlowFilter, $first: Int!, $after: String) {
  history(
    orchestrationName: $orchestrationName
    filter: $filter
    first: $first
    after: $after
  ) {
    totalCount
    hasMore
    edges {
      node {
        ...FlowRow
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment FlowRow on Flow {
  flowId
  orchestrationName
  status
  paused
  failureReason
  initiator
  startedAt
  durationMs
  steps {
    stepName
    status
  }
}`) as unknown as TypedDocumentString<FlowListQuery, FlowListQueryVariables>;
export const OrchestrationListDocument = new TypedDocumentString(`
    query OrchestrationList($nameContains: String, $first: Int!, $after: String) {
  orchestrations(nameContains: $nameContains, first: $first, after: $after) {
    edges {
      node {
        name
        version
        type
        status
        paused
        archived
        initiator
        createdAt
        steps {
          name
        }
        running: history(first: 1, filter: {statuses: [IN_PROGRESS, UNDOING]}) {
          totalCount
        }
        failed: history(first: 1, filter: {statuses: [FAILED]}) {
          totalCount
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<OrchestrationListQuery, OrchestrationListQueryVariables>;
export const OrchestrationNamesDocument = new TypedDocumentString(`
    query OrchestrationNames {
  orchestrations(first: 100) {
    edges {
      node {
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OrchestrationNamesQuery, OrchestrationNamesQueryVariables>;
export const AsyncApiDocument = new TypedDocumentString(`
    query AsyncApi($name: String!) {
  orchestration(name: $name) {
    asyncapi
  }
}
    `) as unknown as TypedDocumentString<AsyncApiQuery, AsyncApiQueryVariables>;
export const OrchestrationPageDocument = new TypedDocumentString(`
    query OrchestrationPage($name: String!) {
  orchestration(name: $name) {
    name
    version
    type
    status
    initiator
    labels
    createdAt
    payloadSchema
    paused
    pausedBy {
      actor
      at
      reason
      queuesStarts
    }
    archived
    archivedBy {
      actor
      at
      reason
    }
    availableActions {
      ...Action
    }
    policies {
      stepName
      maxRetries
      undoMaxRetries
      timeoutMs
      undoTimeoutMs
      actor
      reason
      at
    }
    steps {
      seq
      name
      objectType
      maxRetries
      undoMaxRetries
      timeoutMs
      doTopic
      undoTopic
      workers
    }
    history(first: 10) {
      edges {
        node {
          ...FlowRow
        }
      }
    }
  }
}
    fragment FlowRow on Flow {
  flowId
  orchestrationName
  status
  paused
  failureReason
  initiator
  startedAt
  durationMs
  steps {
    stepName
    status
  }
}
fragment Action on AvailableAction {
  name
  stepName
  allowed
  reason
}`) as unknown as TypedDocumentString<OrchestrationPageQuery, OrchestrationPageQueryVariables>;
export const FlowPageDocument = new TypedDocumentString(`
    query FlowPage($flowId: ID!) {
  details(flowId: $flowId) {
    ...FlowRow
    orchestrationVersion
    type
    pauseReason
    pausedAt
    idempotencyKey
    endedAt
    deadline
    lastEventNumber
    headers
    input
    output
    steps {
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
      input
      output
    }
    availableActions {
      ...Action
    }
  }
}
    fragment FlowRow on Flow {
  flowId
  orchestrationName
  status
  paused
  failureReason
  initiator
  startedAt
  durationMs
  steps {
    stepName
    status
  }
}
fragment Action on AvailableAction {
  name
  stepName
  allowed
  reason
}`) as unknown as TypedDocumentString<FlowPageQuery, FlowPageQueryVariables>;
export const FlowTimelineDocument = new TypedDocumentString(`
    query FlowTimeline($flowId: ID!, $after: Int!) {
  details(flowId: $flowId) {
    timeline(first: 1000, after: $after) {
      ...TimelineEvent
    }
  }
}
    fragment TimelineEvent on FlowEvent {
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
}`) as unknown as TypedDocumentString<FlowTimelineQuery, FlowTimelineQueryVariables>;
export const SimulateFaultsDocument = new TypedDocumentString(`
    query SimulateFaults($input: SimulateInput!) {
  simulate(input: $input) {
    status
    trace
    events {
      ...TimelineEvent
    }
    problems {
      ...ConsoleProblem
    }
  }
}
    fragment TimelineEvent on FlowEvent {
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
}
fragment ConsoleProblem on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<SimulateFaultsQuery, SimulateFaultsQueryVariables>;
export const QuarantineListDocument = new TypedDocumentString(`
    query QuarantineList($state: QuarantineState, $after: String) {
  quarantine(first: 50, state: $state, after: $after) {
    edges {
      node {
        id
        code
        message
        topic
        partition
        offset
        flowId
        receivedAt
        value
        valueIsBase64
        state
        settledAt
        settledBy
        settledReason
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<QuarantineListQuery, QuarantineListQueryVariables>;
export const ReplayRecordDocument = new TypedDocumentString(`
    mutation ReplayRecord($id: ID!, $reason: String!) {
  replayQuarantined(id: $id, reason: $reason) {
    problems {
      ...ConsoleProblem
    }
  }
}
    fragment ConsoleProblem on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<ReplayRecordMutation, ReplayRecordMutationVariables>;
export const DiscardRecordDocument = new TypedDocumentString(`
    mutation DiscardRecord($id: ID!, $reason: String!) {
  discardQuarantined(id: $id, reason: $reason) {
    problems {
      ...ConsoleProblem
    }
  }
}
    fragment ConsoleProblem on Problem {
  code
  message
  path
  line
  suggestions
}`) as unknown as TypedDocumentString<DiscardRecordMutation, DiscardRecordMutationVariables>;
export const SloBoardDocument = new TypedDocumentString(`
    query SloBoard($orchestrationName: String, $windowMinutes: Int!) {
  slo(
    orchestrationName: $orchestrationName
    windowMinutes: $windowMinutes
    parts: 24
  ) {
    flows
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
    trend {
      ...Figures
    }
  }
}
    fragment Figures on SloFigures {
  flows
  doSuccessRate
  averageRetryCount
  undoTriggerRate
  undoSuccessRate
  responseTimeP50Ms
  responseTimeP99Ms
}`) as unknown as TypedDocumentString<SloBoardQuery, SloBoardQueryVariables>;