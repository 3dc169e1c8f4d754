/**
 * The id of a lease has in it which command it is for, so that every gateway can publish the reply,
 * also after the one that gave the lease has gone. It is no secret: whoever replies needs the right
 * to work on the orchestration.
 */
import type { CommandIdentity } from '../wire/worker-command.js';

export interface LeaseId {
  /** Of this lease only, on all gateways. */
  readonly nonce: string;
  readonly group: string;
  readonly identity: CommandIdentity;
}

const VERSION = 1;
const LONGEST = 2000;

export function leaseIdText({ nonce, group, identity }: LeaseId): string {
  const { flowId, orchestrationName, stepName, action, round, attempt } = identity;
  const parts = [
    VERSION,
    nonce,
    group,
    orchestrationName,
    flowId,
    stepName,
    action,
    round,
    attempt,
  ];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Null: it is not the id of a lease. */
export function readLeaseId(text: string): LeaseId | null {
  const parts = text.length > LONGEST ? null : partsIn(text);
  if (parts === null || parts.length !== 9) return null;
  const [version, nonce, group, orchestrationName, flowId, stepName, action, round, attempt] =
    parts;
  const texts = [nonce, group, orchestrationName, flowId, stepName];
  const isWhole =
    version === VERSION &&
    texts.every((one) => typeof one === 'string' && one !== '') &&
    (action === 'DO' || action === 'UNDO') &&
    isCount(round, action === 'DO' ? 0 : 1) &&
    isCount(attempt, 1);
  if (!isWhole) return null;
  const identity = { orchestrationName, flowId, stepName, action, round, attempt };
  return { nonce, group, identity } as LeaseId;
}

function partsIn(text: string): unknown[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value < 1e9;
}
