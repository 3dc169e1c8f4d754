/** The version that each start gets, and why a start is refused. */
import type { StartRequest } from '../../saga/input.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { withPolicies } from '../../saga/policies.js';
import type { Delivery, PayloadSchemas, PoisonCause, RegistrationRow } from '../ports.js';
import { newFlowId } from './flow-id.js';
import type { Work } from './unit-of-work.js';
import { tooMuchFanOut } from './weights.js';

/** What the transaction has read for its starts. */
export interface StartsRead {
  /** The flowId of each start, by index of the deliveries; null: it is no start. */
  readonly flowIds: readonly (string | null)[];
  readonly registrations: ReadonlyMap<string, RegistrationRow>;
}

/** Names in the order in which they occur, each once. */
export function startedNames(deliveries: readonly Delivery[]): string[] {
  const names = deliveries.map((one) =>
    one.kind === 'start' ? one.start.orchestrationName : null,
  );
  return [...new Set(names)].filter((name) => name !== null);
}

export function flowIdsOfStarts(deliveries: readonly Delivery[]): (string | null)[] {
  return deliveries.map((one) => (one.kind === 'start' ? (one.start.flowId ?? newFlowId()) : null));
}

export function resolveStarts(
  deliveries: readonly Delivery[],
  { flowIds, registrations }: StartsRead,
  { fanOutBytes, schemas, keepsStarters }: StartChecks = {},
): Work[] {
  const rows = new Map([...registrations].map(([name, row]) => [name, startable(row)]));
  return deliveries.map((delivery, index) => {
    const start = delivery.kind === 'start' ? delivery.start : null;
    const flowId = flowIds[index] ?? null;
    const row = start === null ? null : (rows.get(start.orchestrationName) ?? null);
    const refused = start === null ? null : about(refusalOf(start, row, fanOutBytes), row);
    if (start === null || row === null || refused !== null || flowId === null)
      return { delivery, start: null, startRefused: refused, orchestrationPaused: false };
    const { payload, headers, initiator, idempotencyKey } = start;
    const { started: orchestration } = row;
    return {
      delivery,
      start: { type: 'START', flowId, orchestration, payload, headers, initiator, idempotencyKey },
      // Applied only when the start is new: one that exists already is an echo, even if the newest
      // version refuses its payload, or its caller has too many open flows.
      startRefused: about(
        overItsBound(delivery) ?? unlikeItsSchema(start, orchestration, schemas),
        row,
      ),
      orchestrationPaused: row.paused,
      startedBy: starterOf(delivery, initiator, keepsStarters),
    };
  });
}

function about(cause: PoisonCause | null, row: RegistrationRow | null): PoisonCause | null {
  return cause === null || row === null ? cause : { ...cause, orchestration: row.orchestration };
}

export interface StartChecks {
  /** Most bytes of one payload times the steps that get it at once. */
  readonly fanOutBytes?: number | undefined;
  /** Absent: payloads are not checked. */
  readonly schemas?: PayloadSchemas | undefined;
  /** Flows are stored with who started them. */
  readonly keepsStarters?: boolean | undefined;
}

function overItsBound(delivery: Delivery): PoisonCause | null {
  const refused = delivery.from === 'caller' ? delivery.counted?.refused : null;
  return refused ? { ...refused, flowId: null, stepName: null } : null;
}

/** Of a service name; an index holds it. */
const LONGEST_NAME = 300;

/** A start by topic counts under the service that it names: nobody has proven who sent it. */
function starterOf(
  delivery: Delivery,
  initiator: string | null,
  keepsStarters = false,
): string | undefined {
  if (delivery.from === 'caller') return delivery.counted?.startedBy;
  return keepsStarters ? `topic:${(initiator ?? '').slice(0, LONGEST_NAME)}` : undefined;
}

function unlikeItsSchema(
  { payload }: StartRequest,
  { name, payloadSchema }: Orchestration,
  schemas: PayloadSchemas | undefined,
): PoisonCause | null {
  const mismatch = schemas?.mismatch(payloadSchema, payload) ?? null;
  if (mismatch === null) return null;
  const { path } = mismatch;
  const message = `the payload does not match the payloadSchema of ${name}: ${mismatch.message}`;
  return { code: 'PAYLOAD_INVALID', message, path, flowId: null, stepName: null };
}

interface Startable extends RegistrationRow {
  /** The version with its policies applied, once for all flows of the batch. */
  readonly started: Orchestration;
}

function startable(row: RegistrationRow): Startable {
  return { ...row, started: withPolicies(row.orchestration, row.policies) };
}

function refusalOf(
  { orchestrationName, payload }: StartRequest,
  row: RegistrationRow | null,
  fanOutBytes: number | undefined,
): PoisonCause | null {
  const cause = (code: string, message: string): PoisonCause => ({
    code,
    message,
    flowId: null,
    stepName: null,
  });
  if (row === null)
    return cause(
      'UNKNOWN_ORCHESTRATION',
      `no orchestration is called ${orchestrationName}; register it first`,
    );
  const tooMuch = tooMuchFanOut(payload, row.orchestration, fanOutBytes);
  if (tooMuch !== null) return cause('FAN_OUT_TOO_LARGE', tooMuch);
  if (row.archived)
    return cause(
      'ORCHESTRATION_ARCHIVED',
      `${orchestrationName} is archived and takes no new flows`,
    );
  if (row.paused && row.pausedBy?.queuesStarts !== true)
    return cause(
      'ORCHESTRATION_PAUSED',
      `${orchestrationName} is paused; resume it, or try again later`,
    );
  return null;
}
