/**
 * Every mutation runs through this file, GraphQL or REST. An action that was done has its audit row
 * from the transaction that did it; for one that was refused the row is written here, before the
 * caller gets the answer.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { refusedRow } from '../engine/audit/audit-rows.js';
import { type AuditObject, type AuditRow, type Caller, NO_OBJECT } from '../engine/ports.js';
import { actorOf } from './auth/principal.js';
import type { RequestContext, Shell } from './context.js';
import { LONGEST_REASON, LONGEST_TEXT } from './input/texts.js';
import { RATE_LIMITED, TOO_MANY_OPEN_FLOWS, toPublicError } from './problems.js';
import { quotaKeyOf } from './quotas.js';

/** Who acts in this request, from where. */
export function callerOf({ actor, principal, address, requestId }: Requester): Caller {
  return { actor, proven: principal.kind !== 'none', origin: address, requestId };
}

export type Requester = Pick<
  RequestContext,
  'actor' | 'principal' | 'address' | 'requestId' | 'traceparent'
>;

/** The same of a REST request. */
export function requesterOf({ principal, socket, id, headers }: FastifyRequest): Requester {
  const address = socket.remoteAddress ?? null;
  const traceparent = traceparentIn(headers);
  return { principal, actor: actorOf(principal), address, requestId: id, traceparent };
}

export function traceparentIn({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}

/** What a caller gave, whatever it is. */
export type Given = Readonly<Record<string, unknown>>;

/** What a mutation answers, as far as the audit reads it. */
export interface Answer {
  readonly problems?: readonly { readonly code: string }[];
  /** It has its row, problems or not. */
  readonly isAudited?: boolean;
  /** What it is about, where the caller does not name it. */
  readonly about?: Partial<AuditObject>;
}

export interface Mutation {
  /** Its name in the schema. */
  readonly action: string;
  /** One for each thing that is wanted, in the order of the answers. */
  readonly wanted: readonly Given[];
}

/**
 * Does the work of a mutation: resolves and rejects like it. `answersOf`: one answer for each thing
 * that was wanted.
 */
export async function audited<T>(
  context: Requester & Pick<RequestContext, 'shell'>,
  { action, wanted }: Mutation,
  work: () => Promise<T>,
  answersOf: (result: T) => readonly Answer[],
): Promise<T> {
  const refused = (given: Given, code: string, about?: Partial<AuditObject>): Promise<void> => {
    if (isOneOfMany(context, code)) return Promise.resolve();
    const object = { ...objectOf(given), ...about };
    const wish = { ...callerOf(context), ...object, action, reason: reasonOf(given) };
    return store(context.shell, refusedRow(wish, code));
  };
  try {
    const result = await work();
    const rows = answersOf(result).flatMap(({ problems, isAudited, about }, index) => {
      const [first] = problems ?? [];
      return first === undefined || isAudited === true
        ? []
        : [refused(wanted[index] ?? {}, first.code, about)];
    });
    await Promise.all(rows);
    return result;
  } catch (error) {
    await Promise.all(wanted.map((given) => refused(given, codeOf(error))));
    throw error;
  }
}

/**
 * Of what is refused for its number, one a second has a row: others would be work that the limit is
 * there to prevent.
 */
function isOneOfMany(
  { shell, principal, address }: Requester & Pick<RequestContext, 'shell'>,
  code: string,
): boolean {
  const key = quotaKeyOf(principal, address);
  if (code === RATE_LIMITED) return shell.rate?.isWorthNoting(key) === false;
  return code === TOO_MANY_OPEN_FLOWS && shell.openFlows?.isWorthNoting(key) === false;
}

/**
 * While there is no database yet, the row of a refused action is written to the log instead; the
 * action is refused all the same.
 */
async function store({ engine, log }: Shell, audit: AuditRow): Promise<void> {
  await engine
    .audit(audit)
    .catch((err: unknown) =>
      log
        .about({ flowId: audit.flowId, traceId: null })
        .warn({ err, audit }, 'an audit row could not be stored; it is here instead'),
    );
}

function codeOf(error: unknown): string {
  const code = error instanceof GraphQLError ? error.extensions.code : undefined;
  return typeof code === 'string' ? code : toPublicError(error).code;
}

function objectOf({ orchestrationName, name, flowId, stepName }: Given): AuditObject {
  return {
    ...NO_OBJECT,
    orchestrationName: storable(orchestrationName ?? name, LONGEST_TEXT),
    flowId: storable(flowId, LONGEST_TEXT),
    stepName: storable(stepName, LONGEST_TEXT),
  };
}

function reasonOf({ reason }: Given): string | null {
  return storable(reason, LONGEST_REASON);
}

/** As far as it can be stored: what is refused may be anything. */
function storable(value: unknown, longest: number): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.slice(0, longest).toWellFormed().replaceAll('\u0000', '\uFFFD');
}
