/** RFC 9457: what is wrong with a request, each field's problem included. */
import type { FastifyReply } from 'fastify';
import type { Problem } from '../../engine/ports.js';
import { type PublicError, statusOf } from '../problems.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const RETRY_AFTER_S = '1';

export interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** One per field that is wrong. */
  readonly problems?: readonly Problem[];
}

export function sendProblem(reply: FastifyReply, body: ProblemBody): FastifyReply {
  if (body.status === 503 || body.status === 429) reply.header('retry-after', RETRY_AFTER_S);
  return reply.code(body.status).type('application/problem+json').send(problemText(body));
}

export function problemText({ status, code, detail, problems = [] }: ProblemBody): string {
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

/** Of several problems an invalid form (400) decides the status before a conflict or a size. */
export function sendProblems(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  const statuses = problems.map(({ code }) => statusOf(code));
  const detail = problems.map(({ message }) => message).join('; ');
  const code = problems[0]?.code ?? 'ERROR';
  return sendProblem(reply, { status: Math.min(...statuses), code, detail, problems });
}

export function sendPublicError(
  reply: FastifyReply,
  { status, message, code }: PublicError,
): FastifyReply {
  return sendProblem(reply, { status, code, detail: message });
}
