/** The seed's three paths (2-wire.md, "REST"), thin: the same engine as GraphQL. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../../engine/ports.js';
import { FLOW_STATUSES, type Flow, retryCountOf, undoRetryCountOf } from '../../saga/flow.js';
import { readJson } from '../../wire/json.js';
import type { Shell } from '../context.js';
import { filterOf, goodText, problem, startOf } from '../input.js';
import { tell } from '../problems.js';
import { sendProblem, sendProblems, sendTold } from './problem-json.js';

const COUNTED = 10_000;

const executeBody = z.strictObject({
  orchestrationName: z
    .string({ error: 'orchestrationName is the name of a registered orchestration' })
    .min(1, 'orchestrationName is empty'),
  payload: z.unknown().optional(),
  headers: z.record(z.string(), z.unknown(), { error: 'headers must be an object of names and values' }).nullish(),
  initiator: z.string({ error: 'initiator must be text' }).nullish(),
});

const whole = (name: string, least: number, most: number, byDefault: number) =>
  z
    .string({ error: `${name} is given more than once` })
    .regex(/^\d{1,9}$/, `${name} must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `${name} must be a whole number from ${least} to ${most}`)
    .default(byDefault);

const historyQuery = z.strictObject({
  orchName: z.string({ error: 'orchName is given more than once' }).max(200, 'orchName is too long').optional(),
  status: z.enum(FLOW_STATUSES, { error: `status must be one of ${FLOW_STATUSES.join(', ')}` }).optional(),
  page: whole('page', 0, 1_000_000, 0),
  size: whole('size', 1, 100, 20),
});

export function restRoutes(app: FastifyInstance, shell: Shell): void {
  app.post('/api/orchestrations/execute', (request, reply) => guarded(shell, reply, () => execute(shell, request, reply)));
  app.get('/api/orchestrations/history', (request, reply) => guarded(shell, reply, () => history(shell, request, reply)));
  app.get('/api/orchestrations/details/:flowId', (request, reply) => guarded(shell, reply, () => details(shell, request, reply)));
}

async function guarded(shell: Shell, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    const told = tell(error);
    if (told.status === 500) shell.log.error({ err: error }, 'a request failed');
    return sendTold(reply, told);
  }
}

function fieldProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => problem('UNKNOWN_FIELD', key.slice(0, 100), `there is no field ${JSON.stringify(key.slice(0, 100))}`));
    return [problem('FIELD_INVALID', issue.path.join('.'), issue.message)];
  });
}

async function execute(shell: Shell, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const read = readJson(String(request.body ?? ''));
  if (!read.ok)
    return sendProblem(reply, 400, `the body ${read.why}; expected {"orchestrationName": "…", "payload": …}`, [], 'BODY_INVALID');
  const parsed = executeBody.safeParse(read.value);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const key = request.headers['idempotency-key'];
  const idempotencyKey = Array.isArray(key) ? key.join(',') : key;
  const started = startOf({ ...parsed.data, payload: parsed.data.payload, idempotencyKey }, shell.payloadLimit);
  if ('problems' in started) return sendProblems(reply, started.problems);
  const { flow, created, problems } = await shell.engine.execute(started.request);
  if (flow === null) return sendProblems(reply, problems);
  const body = { flowId: flow.flowId, orchestrationName: flow.orchestration.name, status: flow.status };
  return reply.code(created ? 202 : 200).send(body);
}

async function history(shell: Shell, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const parsed = historyQuery.safeParse(request.query);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { orchName, status, page, size } = parsed.data;
  if ((page + 1) * size > COUNTED) {
    const message = `pages end at ${COUNTED} flows; further back, use GraphQL: history(first, after) goes as deep as you like`;
    return sendProblems(reply, [problem('PAGE_TOO_DEEP', 'page', message)]);
  }
  const filter = { ...filterOf(orchName, null), ...(status !== undefined && { statuses: [status] }) };
  const { items, total, capped } = await shell.engine.read.historyPage(filter, page, size, COUNTED);
  const content = items.map((one) => ({
    flowId: one.flowId,
    orchestrationName: one.orchestrationName,
    status: one.status,
    startedAt: iso(one.startedAt),
    endedAt: iso(one.endedAt),
    durationMs: one.endedAt === null ? null : one.endedAt - one.startedAt,
    failureReason: one.failureReason,
  }));
  return reply.send({ content, page, size, totalElements: total, totalPages: Math.ceil(total / size), capped });
}

async function details(shell: Shell, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { flowId } = request.params as { readonly flowId: string };
  const flow = (await shell.engine.read.flows([goodText(flowId, 'flowId', 200)])).get(flowId);
  if (flow === undefined) return sendProblem(reply, 404, `there is no flow ${flowId.slice(0, 100)}`, [], 'UNKNOWN_FLOW');
  return reply.type('application/json; charset=utf-8').send(detailsText(flow));
}

/** Payloads are put in as the JSON text they are kept as. */
function detailsText(flow: Flow): string {
  const body = {
    flowId: flow.flowId,
    orchestrationName: flow.orchestration.name,
    orchestrationVersion: flow.orchestration.version,
    type: flow.orchestration.type,
    status: flow.status,
    paused: flow.paused || flow.held,
    startedAt: iso(flow.startedAt),
    endedAt: iso(flow.endedAt),
    durationMs: flow.endedAt === null ? null : flow.endedAt - flow.startedAt,
    failureReason: flow.failureReason,
    initiator: flow.initiator,
    idempotencyKey: flow.idempotencyKey,
    headers: flow.headers,
  };
  const steps = flow.steps.map((step) => withPayloads(stepBody(step), step.input, step.output));
  return `${withPayloads(body, flow.input, flow.output).slice(0, -1)},"steps":[${steps.join(',')}]}`;
}

function stepBody(step: Flow['steps'][number]): object {
  const { definition, startedAt, endedAt } = step;
  return {
    seq: definition.seq,
    stepName: definition.name,
    objectType: definition.objectType,
    status: step.status,
    retryCount: retryCountOf(step),
    maxRetries: definition.maxRetries,
    undoRetryCount: undoRetryCountOf(step),
    undoMaxRetries: definition.undoMaxRetries,
    errorMessage: step.errorMessage,
    errorCode: step.errorCode,
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    undoneAt: iso(step.undoneAt),
    durationMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
    nextAttemptAt: iso(step.nextAttemptAt),
    skipped: step.skipped,
  };
}

function withPayloads(body: object, input: string | null, output: string | null): string {
  return `${JSON.stringify(body).slice(0, -1)},"input":${input ?? 'null'},"output":${output ?? 'null'}}`;
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
