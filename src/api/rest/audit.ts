/** The audit by REST: the same rows as the GraphQL query `audit`. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AUDIT_OUTCOMES, type AuditEntry } from '../../engine/ports.js';
import { hangUpOf, type Shell } from '../context.js';
import { auditFilterOf } from '../input/audit-filter.js';
import { fieldProblems, moment, whole } from './input.js';
import { sendProblems } from './problem-json.js';

const auditQuery = z.strictObject({
  actor: z.string({ error: 'actor must be given once' }).optional(),
  action: z.string({ error: 'action must be given once' }).optional(),
  orchestrationName: z.string({ error: 'orchestrationName must be given once' }).optional(),
  flowId: z.string({ error: 'flowId must be given once' }).optional(),
  outcome: z
    .enum(AUDIT_OUTCOMES, { error: 'outcome must be DONE or REFUSED, given once' })
    .optional(),
  from: moment('from'),
  to: moment('to'),
  first: whole('first', 1, 100, 20),
  after: z.string({ error: 'after must be given once' }).optional(),
});

export async function audit(
  { engine }: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = auditQuery.safeParse(request.query);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { first, after, ...filter } = parsed.data;
  const { items, hasNextPage } = await engine.read.audit({
    filter: auditFilterOf(filter),
    first,
    after: after ?? null,
    signal: hangUpOf(reply.raw),
  });
  const content = items.map(({ item }) => bodyOf(item));
  return reply.send({ content, hasNextPage, endCursor: items.at(-1)?.cursor ?? null });
}

function bodyOf({ at, origin, before, after, ...entry }: AuditEntry): object {
  return {
    at: new Date(at).toISOString(),
    ...entry,
    from: origin,
    before: before === null ? null : JSON.parse(before),
    after: after === null ? null : JSON.parse(after),
  };
}
