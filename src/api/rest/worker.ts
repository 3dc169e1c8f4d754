/** Workers by REST: a poll that waits for commands, and replies. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LeasedCommand } from '../../bridge/held.js';
import { jsonTextOf } from '../../json/order.js';
import { LIMITS } from '../../limits/limits.js';
import { requesterOf } from '../audit.js';
import { hangUpOf, type Shell } from '../context.js';
import { replied } from '../worker-replies.js';
import { wishOf, workersOf } from '../workers.js';
import { fieldProblems } from './input.js';
import { sendProblems } from './problem-json.js';

const MOST = LIMITS.workerPolled.value;
const LONGEST_MS = LIMITS.workerPollMs.value;
const MAX = `max must be a whole number from 1 to ${MOST}`;
const WAIT = `waitMs must be a whole number from 0 to ${LONGEST_MS}`;
const STEPS = 'stepNames must be a list of names of steps';

const pollBody = z.strictObject(
  {
    orchestrationName: z.string({
      error: 'orchestrationName must be the name of a registered orchestration',
    }),
    stepNames: z.array(z.string({ error: STEPS }), { error: STEPS }).nullish(),
    group: z.string({ error: 'group must be text' }).nullish(),
    max: z.int({ error: MAX }).min(1, MAX).max(MOST, MAX).nullish(),
    waitMs: z.int({ error: WAIT }).min(0, WAIT).max(LONGEST_MS, WAIT).nullish(),
  },
  { error: objectOf('{"orchestrationName": "…"}') },
);

const text = (name: string) => z.string({ error: `${name} must be text` }).nullish();
const flag = (name: string) => z.boolean({ error: `${name} must be true or false` }).nullish();

const replyBody = z.strictObject(
  {
    leaseId: z.string({ error: 'leaseId must be text: that of the command' }),
    status: flag('status'),
    outcomeUnknown: flag('outcomeUnknown'),
    progress: z.unknown().optional(),
    message: text('message'),
    errorMessage: text('errorMessage'),
    errorCode: text('errorCode'),
    retryable: flag('retryable'),
    headers: z.unknown().optional(),
    payload: z.unknown().optional(),
  },
  { error: objectOf('{"leaseId": "…", "status": true, "payload": …}') },
);

function objectOf(example: string) {
  return (issue: { readonly code?: string | undefined }): string | undefined =>
    issue.code === 'invalid_type' ? `the body must be an object like ${example}` : undefined;
}

/** Answers with no commands after `waitMs`. */
export async function poll(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = pollBody.safeParse(request.body);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { max, waitMs, ...fields } = parsed.data;
  const wish = await wishOf(shell, requesterOf(request), { ...fields, concurrency: max ?? 1 });
  const gone = hangUpOf(reply.raw);
  const commands = await workersOf(shell).poll(wish, waitMs ?? LONGEST_MS, gone);
  return reply
    .type('application/json; charset=utf-8')
    .send(`{"commands":[${commands.map(commandText).join(',')}]}`);
}

export async function replyTo(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = replyBody.safeParse(request.body);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { accepted, leaseUntil, problems } = await replied(shell, request.principal, parsed.data);
  if (!accepted) return sendProblems(reply, problems);
  return reply.send({
    accepted,
    leaseUntil: leaseUntil === null ? null : new Date(leaseUntil).toISOString(),
    problems: problems.map(({ code, message, path }) => ({ code, detail: message, field: path })),
  });
}

/** Payloads are put in as the text they are kept as. */
function commandText({ leaseId, leaseUntil, deadline, command }: LeasedCommand): string {
  const { flowId, orchestrationName, stepName, action, attempt } = command;
  const body = {
    ...{ leaseId, leaseUntil: new Date(leaseUntil).toISOString() },
    ...{ flowId, orchestrationName, stepName, action, attempt },
    ...{ attemptId: command.attemptId, idempotencyKey: command.idempotencyKey },
    ...{ deadline: new Date(deadline).toISOString(), headers: command.headers },
  };
  return `${jsonTextOf(body).slice(0, -1)},"payload":${command.payload ?? 'null'}}`;
}
