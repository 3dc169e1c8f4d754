/**
 * The three REST paths of the Java system, simulations, diagnoses and workers, thin: the same as in
 * GraphQL. Described in schema/openapi.yaml.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../../engine/problem.js';
import { asyncApiText } from '../../wire/asyncapi.js';
import { audited, requesterOf } from '../audit.js';
import { demandField } from '../auth/policy.js';
import { Budget, hangUpOf, type Shell, shellFor } from '../context.js';
import { filterOf } from '../input/filter.js';
import { simulated } from '../input/simulation.js';
import { COUNTED, goodText } from '../input/texts.js';
import { startFlow } from '../starts.js';
import { audit } from './audit.js';
import { detailsText, eventBody, startedBody, summaryBody } from './bodies.js';
import { executeBody, fieldProblems, historyQuery, simulateBody } from './input.js';
import { sendProblem, sendProblems } from './problem-json.js';
import { poll, replyTo } from './worker.js';

const ROOT = '/api/orchestrations';

type Handler = (
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>;

export function restRoutes(app: FastifyInstance, shell: Shell): void {
  /** Each caller has the engine that it may see. */
  const guarded = (handler: Handler) => (request: FastifyRequest, reply: FastifyReply) =>
    handler(shellFor(shell, request.principal), request, reply);
  app.post(`${ROOT}/execute`, guarded(execute));
  app.post(`${ROOT}/simulate`, guarded(simulate));
  app.get(`${ROOT}/history`, guarded(history));
  app.get(`${ROOT}/details/:flowId`, guarded(details));
  app.get(`${ROOT}/diagnose/:flowId`, guarded(diagnose));
  app.get(`${ROOT}/:name/asyncapi.yaml`, guarded(asyncapi));
  app.get('/api/audit', guarded(audit));
  app.post('/api/worker/poll', guarded(poll));
  app.post('/api/worker/reply', guarded(replyTo));
}

async function execute(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = executeBody.safeParse(request.body);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { orchestrationName, payload, headers, initiator } = parsed.data;
  const key = request.headers['idempotency-key'];
  const idempotencyKey = Array.isArray(key) ? key.join(', ') : key;
  const given = { orchestrationName, payload, headers, initiator, idempotencyKey };
  const requester = requesterOf(request);
  const { flow, created, problems } = await audited(
    { shell, ...requester },
    { action: 'execute', wanted: [given] },
    async () => {
      demandField(requester.principal, 'Mutation.execute');
      return startFlow(shell, requester, given);
    },
    (result) => [result],
  );
  if (flow === null) return sendProblems(reply, problems);
  return reply.code(created ? 202 : 200).send(startedBody(flow));
}

async function simulate(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = simulateBody.safeParse(request.body);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { status, trace, events, problems } = await simulated(shell, parsed.data);
  if (problems.length > 0) return sendProblems(reply, problems);
  return reply.send({ status, trace, events: events.map(eventBody) });
}

async function history(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = historyQuery.safeParse(request.query);
  if (!parsed.success) return sendProblems(reply, fieldProblems(parsed.error));
  const { orchName, status, page, size } = parsed.data;
  if ((page + 1) * size > COUNTED) {
    const message = `pages end at ${COUNTED} flows; GraphQL goes further back: history(first: 100, after: …) at /graphql`;
    return sendProblems(reply, [problem('PAGE_TOO_DEEP', message, 'page')]);
  }
  const filter = {
    ...filterOf(orchName, null),
    ...(status !== undefined && { statuses: [status] }),
  };
  const { items, total, capped } = await shell.engine.read.historyPage(
    filter,
    { page, size, cap: COUNTED },
    { signal: hangUpOf(reply.raw) },
  );
  const totalPages = Math.ceil(total / size);
  return reply.send({
    content: items.map(summaryBody),
    page,
    size,
    totalElements: total,
    totalPages,
    capped,
  });
}

async function details(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { flowId } = request.params as { readonly flowId: string };
  const budget = new Budget(shell);
  reply.raw.once('close', () => budget.release());
  const options = { take: (bytes: number) => budget.take(bytes), signal: hangUpOf(reply.raw) };
  const id = goodText(flowId, 'flowId', 1000);
  const flow = (await shell.engine.read.flows([id], options)).get(flowId);
  if (flow === undefined) return unknownFlow(reply, flowId);
  return reply.type('application/json; charset=utf-8').send(detailsText(flow));
}

async function diagnose(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { flowId } = request.params as { readonly flowId: string };
  const diagnosis = await shell.engine.diagnose(goodText(flowId, 'flowId', 1000));
  return diagnosis === null ? unknownFlow(reply, flowId) : reply.send(diagnosis);
}

async function asyncapi(
  shell: Shell,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = request.params as { readonly name: string };
  const row = await shell.engine.orchestration(goodText(name, 'name', 1000), null);
  if (row !== null)
    return reply.type('application/yaml; charset=utf-8').send(asyncApiText(row.orchestration));
  const message = `no orchestration is called ${name.slice(0, 100)}`;
  const problems = [problem('UNKNOWN_ORCHESTRATION', message, 'name')];
  return sendProblem(reply, {
    status: 404,
    code: 'UNKNOWN_ORCHESTRATION',
    detail: message,
    problems,
  });
}

function unknownFlow(reply: FastifyReply, flowId: string): FastifyReply {
  const message = `there is no flow ${flowId.slice(0, 100)}`;
  const problems = [problem('UNKNOWN_FLOW', message, 'flowId')];
  return sendProblem(reply, { status: 404, code: 'UNKNOWN_FLOW', detail: message, problems });
}
