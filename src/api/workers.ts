/** Workers that use GraphQL or REST: which commands they want. */
import type { Bridge } from '../bridge/bridge.js';
import type { WorkerWish } from '../bridge/session.js';
import { hasSensitive } from '../engine/masking/masked.js';
import { Fault } from '../engine/ports.js';
import { nearest } from '../names/nearest.js';
import { Forbidden } from './auth/policy.js';
import type { Principal } from './auth/principal.js';
import type { Shell } from './context.js';
import { goodText } from './input/texts.js';
import { BadInput, NotFound } from './problems.js';
import { quotaKeyOf } from './quotas.js';

export type Workers = Pick<Bridge, 'commands' | 'poll' | 'reply' | 'figures' | 'leave'>;

export interface WishFields {
  readonly orchestrationName: string;
  readonly stepNames?: readonly string[] | null | undefined;
  readonly group?: string | null | undefined;
  readonly concurrency: number;
}

interface Worker {
  readonly principal: Principal;
  readonly address: string | null;
}

/** One group of workers for everybody who names no other. */
const DEFAULT_GROUP = 'workers';
const GROUP = /^[A-Za-z0-9._-]{1,100}$/;

export function workersOf({ workers }: Pick<Shell, 'workers'>): Workers {
  if (workers !== undefined) return workers;
  throw new Fault('STARTING', 'this gateway has no broker for workers yet; try again');
}

/** Workers get what is sensitive in clear: whoever proved who it is and has the right to work. */
const SENSITIVE =
  'commands of this orchestration have values that unproven callers may not see (SENSITIVE_DATA); set AUTH=tokens or AUTH=jwt, and give its workers the role worker';

/** Throws what is wrong with it; an orchestration out of scope is not there. */
export async function wishOf(
  { engine, mayReadPayloads }: Pick<Shell, 'engine' | 'mayReadPayloads'>,
  { principal, address }: Worker,
  { orchestrationName, stepNames, group, concurrency }: WishFields,
): Promise<WorkerWish> {
  const name = goodText(orchestrationName, 'orchestrationName');
  const groupName = group ?? DEFAULT_GROUP;
  if (!GROUP.test(groupName))
    throw new BadInput(
      `group is ${JSON.stringify(groupName.slice(0, 120))}; it must be 1 to 100 letters, digits, dots, "_" and "-"`,
    );
  const row = await engine.orchestration(name, null);
  if (row === null)
    throw new NotFound(
      'UNKNOWN_ORCHESTRATION',
      `no orchestration is called ${name}; register it first, its initiator before its workers`,
    );
  const isUnproven = principal.kind === 'none' && mayReadPayloads?.(principal) === false;
  if (isUnproven && hasSensitive(row.orchestration)) throw new Forbidden(SENSITIVE);
  const known = row.orchestration.steps.map((step) => step.name);
  const caller = quotaKeyOf(principal, address);
  const wanted = stepsOf(stepNames ?? null, known, name);
  return { orchestrationName: name, stepNames: wanted, group: groupName, concurrency, caller };
}

function stepsOf(
  wanted: readonly string[] | null,
  known: readonly string[],
  name: string,
): readonly string[] {
  if (wanted === null) return known;
  if (wanted.length === 0)
    throw new BadInput('stepNames is empty; leave it out for all steps, or name some');
  const unknown = wanted.find((one) => !known.includes(one));
  if (unknown === undefined) return [...new Set(wanted)];
  const [near] = nearest(unknown, known);
  const instead = near === undefined ? `it has ${known.join(', ')}` : `did you mean ${near}?`;
  throw new NotFound(
    'UNKNOWN_STEP',
    `${name} does not have the step ${JSON.stringify(unknown.slice(0, 120))}; ${instead}`,
  );
}
