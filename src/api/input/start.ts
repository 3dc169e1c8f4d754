/**
 * What callers want started, checked field by field before the engine gets it; all problems at
 * once.
 */
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import type { StartRequest } from '../../saga/input.js';
import { ownHeaders, wrongHeaders, wrongPayload } from '../../wire/starts.js';
import { jsonText } from './json.js';
import { checkOptionalText, checkText, LONGEST_TEXT } from './texts.js';

export interface StartFields {
  readonly orchestrationName: string;
  readonly payload: unknown;
  readonly idempotencyKey?: string | null | undefined;
  readonly headers?: unknown;
  readonly initiator?: string | null | undefined;
}

export type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

export function checkStart(fields: StartFields, payloadLimit: number): Checked<StartRequest> {
  const problems: Problem[] = [];
  const value = {
    orchestrationName: checkText(
      fields.orchestrationName,
      'orchestrationName',
      LONGEST_TEXT,
      problems,
    ),
    flowId: null,
    payload: checkPayload(fields.payload, 'payload', payloadLimit, problems),
    headers: headersOf(fields.headers, problems),
    initiator: checkOptionalText(fields.initiator, 'initiator', problems),
    idempotencyKey: checkOptionalText(fields.idempotencyKey, 'idempotencyKey', problems),
  };
  return problems.length > 0 ? { problems } : { value };
}

/** JSON text within the limit, in bytes. */
export function checkPayload(
  value: unknown,
  path: string,
  limit: number,
  problems: Problem[],
): string | null {
  const text = jsonText(value, path, problems);
  const wrong = wrongPayload(text, limit);
  if (wrong !== null)
    problems.push(problem(wrong.code, wrong.message.replace(/^payload/, path), path));
  return text;
}

/** The headers of a caller, apart from the protocol's. */
export function headersOf(value: unknown, problems: Problem[]): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(
      problem('INVALID_HEADERS', 'headers must be an object of names and values', 'headers'),
    );
    return {};
  }
  if (jsonText(value, 'headers', problems) === null) return {};
  const own = ownHeaders(value as Record<string, unknown>);
  const wrong = wrongHeaders(own);
  if (wrong !== null) problems.push(problem(wrong.code, wrong.message, 'headers'));
  return own;
}
