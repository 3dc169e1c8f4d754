/** The exports of `backstep/client`. */
export {
  type BackstepClient,
  type ClientOptions,
  createClient,
  type FlowDetails,
  type FlowDiagnosis,
  type FlowUndoPlan,
  type Policed,
  type Reencrypted,
  type Registered,
  type Simulated,
  type SloSummary,
} from './client.js';
export type { HeaderSource, Headers } from './credentials.js';
export { BackstepError, ProblemError } from './errors.js';
export * from './generated/graphql.js';
export type { TypedDocument } from './http.js';
export type {
  AuditEntry,
  AuditOptions,
  HistoryFlow,
  HistoryOptions,
  OrchestrationSummary,
} from './lists.js';
export type { ResumeOptions } from './subscribe.js';
export type { BulkCounts, FlowSummary, OrchestrationStanding } from './verbs.js';
export type { FlowEnd, FlowEvent, StepChange, WatchOptions } from './watch.js';
export type { Replied, WorkerCommand } from './workers.js';
