/** RFC 9457: what is wrong with a request, each field's problem included. */
import type { FastifyReply } from 'fastify';
import type { Problem } from '../../engine/ports.js';
import { statusOf, type Told } from '../problems.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not right',
  404: 'Not found',
  405: 'Method not possible here',
  408: 'Too late',
  409: 'Conflict',
  413: 'Too large',
  415: 'Content type not supported',
  421: 'Not meant for this server',
  431: 'Too large',
  500: 'Something went wrong here',
  503: 'Not now',
};
const RETRY_AFTER_S = '1';

export function sendProblem(
  reply: FastifyReply,
  status: number,
  detail: string,
  problems: readonly Problem[] = [],
  code: string = problems[0]?.code ?? 'ERROR',
): FastifyReply {
  if (status === 503) reply.header('retry-after', RETRY_AFTER_S);
  return reply
    .code(status)
    .type('application/problem+json')
    .send(problemText(status, code, detail, problems));
}

export function problemText(
  status: number,
  code: string,
  detail: string,
  problems: readonly Problem[] = [],
): string {
  const suggestions = problems.flatMap((one) => one.suggestions);
  const body = {
    type: `urn:backstep:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: TITLES[status] ?? 'Problem',
    status,
    detail,
    code,
    ...(problems.length > 0 && { errors: problems.map(errorOf) }),
    ...(suggestions.length > 0 && { suggestions }),
  };
  return JSON.stringify(body);
}

function errorOf({ code, message, path, suggestions }: Problem): object {
  return {
    code,
    detail: message,
    ...(path !== null && { field: path }),
    ...(suggestions.length > 0 && { suggestions }),
  };
}

/** Several problems: a wrong form (400) is said before a conflict or a size. */
export function sendProblems(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  const statuses = problems.map(({ code }) => statusOf(code));
  return sendProblem(
    reply,
    Math.min(...statuses),
    problems.map(({ message }) => message).join('; '),
    problems,
  );
}

export function sendTold(reply: FastifyReply, { status, message, code }: Told): FastifyReply {
  return sendProblem(reply, status, message, [], code);
}
