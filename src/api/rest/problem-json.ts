/** RFC 9457: what is wrong with a request, each field's problem included. */
import type { FastifyReply } from 'fastify';
import type { Problem } from '../../engine/ports.js';
import { statusOf, type Told } from '../problems.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not right',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Content type not supported',
  500: 'Something went wrong here',
  503: 'Not now',
};

export function sendProblem(
  reply: FastifyReply,
  status: number,
  detail: string,
  problems: readonly Problem[] = [],
  code?: string,
): FastifyReply {
  if (status === 503) reply.header('retry-after', '1');
  const errors = problems.map((one) => ({
    code: one.code,
    detail: one.message,
    ...(one.path !== null && { field: one.path }),
    suggestions: one.suggestions,
  }));
  const body = {
    type: `urn:backstep:problem:${(code ?? problems[0]?.code ?? 'ERROR').toLowerCase().replaceAll('_', '-')}`,
    title: TITLES[status] ?? 'Problem',
    status,
    detail,
    code: code ?? problems[0]?.code ?? 'ERROR',
    ...(errors.length > 0 && { errors }),
    ...(problems[0] !== undefined && problems[0].suggestions.length > 0 && { suggestions: problems[0].suggestions }),
  };
  return reply.code(status).type('application/problem+json').send(JSON.stringify(body));
}

export function sendProblems(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  const status = Math.max(...problems.map(({ code }) => statusOf(code)));
  return sendProblem(reply, status, problems.map(({ message }) => message).join('; '), problems);
}

export function sendTold(reply: FastifyReply, { status, message, code }: Told): FastifyReply {
  return sendProblem(reply, status, message, [], code);
}
