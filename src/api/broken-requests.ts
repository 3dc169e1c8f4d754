/**
 * What is answered to bytes that are no HTTP request: a problem with an id, like everything else.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { problemText } from './rest/problem-json.js';
import { RAW_SECURITY_HEADERS } from './security-headers.js';

interface Answer {
  readonly status: string;
  readonly code: string;
  readonly detail: string;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    code: 'HEADERS_TOO_LONG',
    detail: 'the address and the headers have more than 16 KiB together; send less of them',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    code: 'REQUEST_TIMEOUT',
    detail: 'the request did not arrive completely in time; send it again',
  },
};
const BAD: Answer = {
  status: '400 Bad Request',
  code: 'BAD_REQUEST',
  detail: 'these bytes are not an HTTP/1.1 request',
};

export function answerBroken(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, detail } = ANSWERS[error.code ?? ''] ?? BAD;
  const body = problemText({ status: Number.parseInt(status, 10), code: code, detail: detail });
  const head = [
    `HTTP/1.1 ${status}`,
    `x-request-id: ${randomUUID()}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...RAW_SECURITY_HEADERS,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
