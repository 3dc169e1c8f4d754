/** What readers can query; an index serves each of them. */
import type { Within } from '../../names/patterns.js';
import type { BacklogFigures } from '../../observability/metrics.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, FlowStatus, Instant, StepStatus } from '../../saga/flow.js';
import type { AuditEntry, AuditFilter } from './audit.js';
import type { PoisonCause, RawRecord } from './deliveries.js';
import type { RegistrationRow } from './registrations.js';

/** Only of orchestrations whose names fit one of these patterns; absent = all. */
interface WithinNames {
  readonly within?: Within;
}

export interface FlowFilter extends WithinNames {
  readonly orchestrationName?: string | undefined;
  readonly statuses?: readonly FlowStatus[] | undefined;
  readonly stepName?: string | undefined;
  readonly stepStatuses?: readonly StepStatus[] | undefined;
  readonly errorContains?: string | undefined;
  readonly startedAfter?: Instant | undefined;
  readonly startedBefore?: Instant | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly initiator?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A flow as lists show it: no payloads, no steps. */
export interface FlowSummary {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly orchestrationVersion: number;
  readonly status: FlowStatus;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly failureReason: string | null;
}

export interface Page<T> {
  readonly items: readonly { readonly cursor: string; readonly item: T }[];
  readonly hasNextPage: boolean;
}

/** A page after a cursor; null = from the newest on. */
export interface PageRequest {
  readonly first: number;
  readonly after: string | null;
}

/** A page of REST, by its number from 0. */
export interface NumberedPage {
  readonly page: number;
  readonly size: number;
  /** Flows are counted up to this number. */
  readonly cap: number;
}

export const QUARANTINE_STATES = ['OPEN', 'REPLAYED', 'DISCARDED'] as const;
export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** A record that could not be used, as it is listed. */
export interface QuarantinedRecord extends PoisonCause, RawRecord {
  /** A whole number, as text: newer ones are greater. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly receivedAt: Instant;
  readonly state: QuarantineState;
  /** Who settled it, when and why; null while it is open. */
  readonly settled: {
    readonly at: Instant;
    readonly actor: string;
    readonly reason: string;
  } | null;
}

/** With `within`: only records of a flow that is within. */
export interface QuarantineFilter extends WithinNames {
  readonly state: QuarantineState | null;
  readonly flowId: string | null;
}

/** Which payloads are read; the others are null. Reading one takes time and memory. */
export interface Payloads {
  readonly flowInput: boolean;
  readonly flowOutput: boolean;
  readonly stepInput: boolean;
  readonly stepOutput: boolean;
}
export const ALL_PAYLOADS: Payloads = {
  flowInput: true,
  flowOutput: true,
  stepInput: true,
  stepOutput: true,
};

export const NO_PAYLOADS: Payloads = {
  flowInput: false,
  flowOutput: false,
  stepInput: false,
  stepOutput: false,
};

export interface ReadOptions {
  /** Absent: all. */
  readonly payloads?: Payloads | undefined;
  /** Called with the bytes of the payloads before they are read; rejects when over the limit. */
  readonly take?: ((bytes: number) => Promise<void>) | undefined;
  /** The reading ends when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export interface AuditPageRequest extends PageRequest, Pick<ReadOptions, 'signal'> {
  readonly filter: AuditFilter;
}

/** Counters of the monitoring checklist over a window. */
export interface SloQuery extends Pick<ReadOptions, 'signal'> {
  /** Null = all orchestrations together. */
  readonly orchestrationName: string | null;
  /** Only of orchestrations whose names fit; absent = of any. */
  readonly within?: Within;
  /** How far it looks back from now, in minutes. */
  readonly windowMinutes: number;
  /** Equal parts into which the window is cut. */
  readonly parts: number;
}

export interface StuckQuery extends Pick<SloQuery, 'orchestrationName' | 'within' | 'signal'> {
  /** In progress for longer than this, ms. */
  readonly olderThanMs: number;
  /** Counted up to here. */
  readonly cap: number;
}

/** What is stored about a flow outside of its own rows, for a diagnosis. */
export interface FlowSurroundings {
  /** The database's clock. */
  readonly now: Instant;
  readonly orchestrationName: string;
  readonly status: FlowStatus;
  readonly startedAt: Instant;
  /** Why it is parked; null = it is not. */
  readonly parked: string | null;
  /** attemptIds of its commands in the outbox, some perhaps acknowledged a moment ago. */
  readonly unsent: readonly string[];
  /** `step/DO` or `step/UNDO` → first and last answer of a worker, in the newest flows. */
  readonly answers: ReadonlyMap<string, { readonly first: Instant; readonly last: Instant }>;
}

/** Paged by keyset, one or two statements each. Cursors are opaque; a bad one throws BadCursor. */
export interface ReadModel {
  orchestrations(
    nameContains: string | null,
    first: number,
    after: string | null,
    options?: ReadOptions & WithinNames,
  ): Promise<Page<RegistrationRow>>;
  /** Service names registered for these steps: `name/step` → services. */
  workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Whole flows (steps included), newest first by (startedAt, flowId). */
  history(
    filter: FlowFilter,
    first: number,
    after: string | null,
    options?: ReadOptions,
  ): Promise<Page<Flow>>;
  /** The same for each of these orchestrations, in as many statements as for one. */
  histories(
    names: readonly string[],
    filter: Omit<FlowFilter, 'orchestrationName'>,
    page: PageRequest,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<string, Page<Flow>>>;
  /** `count` for each of these orchestrations, in one statement. */
  counts(
    names: readonly string[],
    filter: Omit<FlowFilter, 'orchestrationName'>,
    cap: number,
    options?: Pick<ReadOptions, 'signal'>,
  ): Promise<ReadonlyMap<string, number>>;
  /** How many flows match, exact up to `cap`; `cap` + 1 = more than that. */
  count(filter: FlowFilter, cap: number, options?: Pick<ReadOptions, 'signal'>): Promise<number>;
  /** Newest first; `total` is exact up to `cap`. */
  historyPage(
    filter: FlowFilter,
    page: NumberedPage,
    options?: ReadOptions,
  ): Promise<{
    readonly items: readonly FlowSummary[];
    readonly total: number;
    readonly capped: boolean;
  }>;
  /** By id; missing ones are left out. */
  flows(flowIds: readonly string[], options?: ReadOptions): Promise<ReadonlyMap<string, Flow>>;
  /** What these flows run, by flowId; missing ones are left out. */
  orchestrationsOf(flowIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What is stored around a flow, for a diagnosis; null = no such flow. */
  surroundings(flowId: string): Promise<FlowSurroundings | null>;
  /** Events with number > `after`, ascending, at most `first`; null = no such flow. */
  timeline(
    flowId: string,
    after: number,
    first: number,
    options?: TimelineOptions,
  ): Promise<readonly FlowEvent[] | null>;
  /** The same of several, in as many statements as of one; empty where there is no such flow. */
  timelines(
    places: readonly TimelinePlace[],
    options?: TimelineOptions,
  ): Promise<readonly (readonly FlowEvent[])[]>;
  /** Newest first. */
  quarantine(
    filter: QuarantineFilter,
    first: number,
    after: string | null,
  ): Promise<Page<QuarantinedRecord>>;
  /** Newest first, by (at, order of storing). */
  audit(page: AuditPageRequest): Promise<Page<AuditEntry>>;
  /** Counts per part of the window, oldest first; lists may be short, unknown names have none. */
  sloCounts(query: SloQuery): Promise<readonly (readonly number[])[]>;
  /** Steps of flows under way that are IN_PROGRESS for too long, counted up to `cap`. */
  stuckSteps(query: StuckQuery): Promise<number>;
  /** Flows under way that count under this caller, up to `cap`; `cap` + 1 = more than that. */
  openFlows(startedBy: string, cap: number): Promise<number>;
  /** One; null = there is none of this id. */
  quarantined(id: string): Promise<QuarantinedRecord | null>;
  /** What waits in the whole database, for metrics. */
  backlog(): Promise<BacklogFigures>;
}

/** Events of a flow with number > `after`, at most `first`. */
export interface TimelinePlace {
  readonly flowId: string;
  readonly after: number;
  readonly first: number;
}

export interface TimelineOptions extends Pick<ReadOptions, 'signal'> {
  /** False: step outputs are not read, and null in the events. */
  readonly bodies?: boolean | undefined;
}

export class BadCursor extends Error {
  readonly code = 'BAD_CURSOR';
}
