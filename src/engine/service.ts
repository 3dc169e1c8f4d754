/** Expected errors are returned as problems; faults are thrown as `Fault`. */
import type { Within } from '../names/patterns.js';
import type { Figures } from '../observability/metrics.js';
import type { FlowEvent } from '../saga/event.js';
import type { Flow, FlowStatus, StepStatus } from '../saga/flow.js';
import type { OperatorInput, StartRequest } from '../saga/input.js';
import type { Orchestration, PolicyValues } from '../saga/orchestration.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';
import type { ReencryptRequest, ReencryptResult } from './operations/reencryption.js';
import type {
  AuditRow,
  Caller,
  CountedStart,
  FlowFilter,
  Problem,
  QuarantinedRecord,
  ReadModel,
  Registration,
  RegistrationRow,
  Replay,
  TimelineOptions,
} from './ports.js';
import type { RegistrationStatus } from './registry/registration-status.js';
import type { SimulatedFault } from './simulation/simulate.js';
import type { Slo, SloRequest } from './slo/slo.js';

/** `created` false with a flow: its key or flowId exists. With problems nothing was started. */
export interface ExecuteResult {
  readonly flow: Flow | null;
  readonly created: boolean;
  readonly problems: readonly Problem[];
  /** The flow existed, and was read without its payloads. */
  readonly withoutPayloads?: boolean;
}
export interface FlowResult {
  readonly flow: Flow | null;
  readonly problems: readonly Problem[];
}
export interface DefinitionChange {
  readonly kind: string;
  readonly breaking: boolean;
  readonly description: string;
  readonly flowsInFlight: number;
}
export interface Registered {
  readonly orchestrationName: string;
  readonly as: 'initiator' | 'worker';
  /** Null: a worker came before its initiator. */
  readonly version: number | null;
  readonly changed: boolean;
  readonly status: RegistrationStatus;
  readonly changes: readonly DefinitionChange[];
}
export interface RegisterResult {
  readonly registrations: readonly Registered[];
  readonly problems: readonly Problem[];
}

/** `record` as it is now; null: there is none. */
export interface QuarantineResult {
  readonly record: QuarantinedRecord | null;
  /** This request has settled it, also when its flow refused it. */
  readonly isSettled?: boolean;
  readonly problems: readonly Problem[];
}

/** `row` as it is now; null: there is none. */
export interface OrchestrationResult {
  readonly row: RegistrationRow | null;
  readonly problems: readonly Problem[];
}
/** Every value null: the policy is removed. */
export interface PolicyRequest extends PolicyValues {
  readonly orchestrationName: string;
  readonly actor: string;
  readonly reason: string;
}

/** `name` is an orchestration's. RESUME lifts the pause and the archive. */
export interface OrchestrationRequest {
  readonly name: string;
  readonly verb: 'PAUSE' | 'RESUME' | 'ARCHIVE';
  /** Of PAUSE: new flows are stored and wait for RESUME; else they are refused. */
  readonly queuesStarts: boolean;
  readonly actor: string;
  readonly reason: string;
}

export interface SimulationRequest {
  /** The name of a registered orchestration, or the orchestration of a document. */
  readonly orchestration: string | Orchestration;
  readonly faults: readonly SimulatedFault[];
  /** Changes the jitter of backoffs; 0 is the default. */
  readonly seed: number;
}
/** With problems nothing was simulated: `status` is null then. */
export interface SimulationResult {
  readonly status: FlowStatus | null;
  readonly trace: string;
  readonly events: readonly FlowEvent[];
  readonly problems: readonly Problem[];
}

/** The same operator action on every flow that matches, newest first. */
export interface BulkRequest {
  readonly verb: 'RETRY' | 'UNDO' | 'CANCEL';
  /** Without statuses: all that may allow the action, except COMPLETED. */
  readonly filter: FlowFilter;
  /** Nothing is done; the flows that would accept it are counted. */
  readonly dryRun: boolean;
  /** How many flows at most. */
  readonly first: number;
  /** endCursor of the call before. */
  readonly after: string | null;
  readonly actor: string;
  readonly reason: string;
}
export interface BulkRefusal {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  /** At most three of them. */
  readonly flowIds: readonly string[];
}
export interface BulkResult {
  readonly matched: number;
  readonly done: number;
  readonly refused: number;
  /** Why flows refused it, the most frequent reason first. */
  readonly refusals: readonly BulkRefusal[];
  /** The refusals as problems, and why it stopped before the end. */
  readonly problems: readonly Problem[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

export interface StepChange {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly seq: number;
  readonly status: StepStatus;
  readonly previousStatus: StepStatus;
  readonly retryCount: number;
  readonly errorMessage: string | null;
  readonly flowStatus: FlowStatus;
  readonly at: number;
  readonly eventNumber: number;
}

export interface Health {
  /** Database, topics, group: what /readyz answers. */
  readonly ready: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  /** `waiting` for a transaction; `unsent` without acknowledgement; `faults` of writes. */
  readonly load: { readonly waiting: number; readonly unsent: number; readonly faults: number };
  /** A transaction that takes long; absent or null = none does. */
  readonly slow?: string | null;
}

export interface StepFilter {
  readonly flowId: string | null;
  readonly orchestrationName: string | null;
  readonly within?: Within;
}

/** `refused` is the API's own. */
export type EngineFigures = Omit<Figures, 'refused'>;

/**
 * What changes something has `by`: who wants it, from where. What was done is in the audit then,
 * stored by the same transaction; what came back with problems, or was thrown, is not: whoever
 * called writes its row with `audit`. `within`: patterns of the orchestration names that exist for
 * the caller; absent = all.
 */
export interface EngineService {
  /** Audits a refused mutation; while the database is away the row goes to the log instead. */
  audit(row: AuditRow): Promise<void>;
  /**
   * Concurrent calls share a transaction. Problem codes: UNKNOWN_ORCHESTRATION,
   * IDEMPOTENCY_KEY_CONFLICT, PAYLOAD_TOO_LARGE, ORCHESTRATION_PAUSED, ORCHESTRATION_ARCHIVED,
   * OVERLOADED, … `suggestions.left`: for how many unknown names near ones are still looked up;
   * each lookup takes one off.
   */
  execute(
    request: StartRequest,
    options?: {
      readonly by?: Caller;
      readonly suggestions?: { left: number } | undefined;
      readonly within?: Within;
      readonly counted?: CountedStart | undefined;
    },
  ): Promise<ExecuteResult>;
  /** Codes: UNKNOWN_FLOW, UNKNOWN_STEP, FLOW_PARKED, FLOW_ENDED, NOT_ALLOWED. */
  applyOperatorAction(input: OperatorInput, by?: Caller): Promise<FlowResult>;
  /** One action on many flows. When it stops part way, what was done stays; endCursor goes on. */
  bulk(
    request: BulkRequest,
    options?: { readonly signal?: AbortSignal; readonly by?: Caller },
  ): Promise<BulkResult>;
  register(
    registration: Registration,
    options: { readonly dryRun: boolean; readonly by?: Caller; readonly within?: Within },
  ): Promise<RegisterResult>;
  /**
   * Processes a quarantined record again. Codes: UNKNOWN_QUARANTINED, ALREADY_SETTLED,
   * STILL_POISON, FLOW_PARKED, or why its flow refused it.
   */
  replayQuarantined(replay: Replay, by?: Caller): Promise<QuarantineResult>;
  discardQuarantined(replay: Replay, by?: Caller): Promise<QuarantineResult>;
  /** For flows that start from now on. Codes: UNKNOWN_ORCHESTRATION, UNKNOWN_STEP. */
  setPolicy(request: PolicyRequest, by?: Caller, within?: Within): Promise<OrchestrationResult>;
  /** Pauses, resumes or archives an orchestration. Codes: UNKNOWN_ORCHESTRATION, NOT_ALLOWED. */
  changeStanding(
    request: OrchestrationRequest,
    by?: Caller,
    within?: Within,
  ): Promise<OrchestrationResult>;
  /** Nothing is stored or sent. Codes: UNKNOWN_ORCHESTRATION, UNKNOWN_STEP, SIMULATION_TOO_LONG. */
  simulate(request: SimulationRequest, within?: Within): Promise<SimulationResult>;
  /** Rewrites payloads, sealed as the settings require. */
  reencrypt(
    request: ReencryptRequest,
    options?: { readonly signal?: AbortSignal; readonly by?: Caller },
  ): Promise<ReencryptResult>;
  /** Why the flow does not go on, or that it does; null = no such flow. Takes a few seconds. */
  diagnose(flowId: string): Promise<Diagnosis | null>;
  /** Newest version when null; null = unknown. */
  orchestration(name: string, version: number | null): Promise<RegistrationRow | null>;
  readonly read: ReadModel;
  /** Stored events after `after`, then live ones, in order, each once. Null = no such flow. */
  follow(
    flowId: string,
    after: number,
    signal: AbortSignal,
    options?: Pick<TimelineOptions, 'bodies'>,
  ): Promise<AsyncIterable<FlowEvent> | null>;
  stepChanges(filter: StepFilter, signal: AbortSignal): AsyncIterable<StepChange>;
  /** The monitoring checklist over a window; an unknown name has no counts. */
  slo(request: SloRequest): Promise<Slo>;
  health(): Promise<Health>;
  /** For metrics. */
  figures(): Promise<EngineFigures>;
}

export { Fault } from './ports.js';
