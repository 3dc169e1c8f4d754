/** Registered orchestrations and workers, and the transaction that changes them. */
import type { Instant } from '../../saga/flow.js';
import type { Orchestration, PolicyValues } from '../../saga/orchestration.js';
import type { AuditRow } from './audit.js';

/** Values an operator has set instead of the document's, and who, why and when. */
export interface Policy extends PolicyValues {
  readonly actor: string;
  readonly reason: string;
  readonly at: Instant;
}

/** An operator's decision about an orchestration. */
export interface Decision {
  readonly actor: string;
  readonly reason: string;
  readonly at: Instant;
}

/**
 * Whether an orchestration, in any version, accepts new flows and sends DO commands
 * (rules.md#paused-orchestration).
 */
export interface Standing {
  readonly paused: boolean;
  readonly archived: boolean;
  /**
   * Null: not paused, or paused without a record of it. `queuesStarts`: new flows are stored and
   * wait; else they are refused.
   */
  readonly pausedBy: (Decision & { readonly queuesStarts: boolean }) | null;
  readonly archivedBy: Decision | null;
}

/** A registered version, with what is stored for its name. */
export interface RegistrationRow extends Standing {
  /** As in its document; a flow starts with `policies` applied to it. */
  readonly orchestration: Orchestration;
  readonly initiator: string | null;
  readonly createdAt: Instant;
  /** The same for all versions: at most one for all steps and one for each step. */
  readonly policies: readonly Policy[];
}

/**
 * A problem with a request. `code` is listed in docs/protocol.md; `line` is 1-based, of a document.
 */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly suggestions: readonly string[];
}

/** One orchestration that a document declares, all defaults filled in; made by the wire. */
export type Declaration =
  | {
      readonly as: 'initiator';
      readonly orchestration: Omit<Orchestration, 'version'>;
      readonly line: number | null;
    }
  | {
      readonly as: 'worker';
      readonly orchestrationName: string;
      readonly steps: readonly DeclaredWorkerStep[];
      readonly line: number | null;
    };
export type DeclaredWorkerStep = Omit<WorkerRow, 'orchestrationName' | 'serviceName'>;

/** A document as it was read. With problems, nothing of it is registered. */
export interface Registration {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly Problem[];
  readonly serviceName: string | null;
  /**
   * The orchestrations that the document names, even with problems: the status topic gets a message
   * for each.
   */
  readonly named?:
    | readonly {
        readonly orchestrationName: string | null;
        readonly as: 'initiator' | 'worker' | null;
      }[]
    | undefined;
}

/** A worker's registration of one step. */
export interface WorkerRow {
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly serviceName: string;
  readonly objectType: string | null;
  readonly handlerClass: string | null;
  readonly doMethod: string | null;
  readonly undoMethod: string | null;
}

export interface RegistryTransaction {
  /** Serialises registrations: no other transaction changes a definition until this one ends. */
  lockRegistry(): Promise<void>;
  current(names: readonly string[]): Promise<ReadonlyMap<string, RegistrationRow>>;
  /**
   * Every registered (name, step) whose topics equal one of these after `.` → `_`; for
   * TOPIC_COLLISION.
   */
  topicOwners(
    topics: readonly string[],
  ): Promise<
    readonly { readonly name: string; readonly stepName: string; readonly topic: string }[]
  >;
  workers(names: readonly string[]): Promise<readonly WorkerRow[]>;
  flowsInFlight(name: string): Promise<number>;
  saveVersion(orchestration: Orchestration, initiator: string | null): Promise<void>;
  saveWorkers(rows: readonly WorkerRow[]): Promise<void>;
  /** Replaces all policies of this registered name; a new version keeps them. */
  savePolicies(name: string, policies: readonly Policy[]): Promise<void>;
  /**
   * Of this registered name. `wakes`: its flows in progress become due, some at each poll of the
   * timers, beginning now.
   */
  saveStanding(name: string, standing: Standing, wakes: boolean): Promise<void>;
  /** Stored with what the transaction changes, or not at all. */
  audit(rows: readonly AuditRow[]): Promise<void>;
  /** The time of the database, ms. */
  now(): Promise<Instant>;
}
