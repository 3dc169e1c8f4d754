/** What the REST paths take, field by field. */
import { z } from 'zod';
import type { Problem } from '../../engine/ports.js';
import { problem } from '../../engine/problem.js';
import { FLOW_STATUSES } from '../../saga/flow.js';
import { DateTime } from '../graphql/scalars.js';

const NAME = 'orchestrationName must be the name of a registered orchestration';

export const executeBody = z.strictObject(
  {
    orchestrationName: z.string({ error: NAME }),
    payload: z.unknown().optional(),
    headers: z.unknown().optional(),
    initiator: z.string({ error: 'initiator must be text' }).nullish(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? 'the body must be an object like {"orchestrationName": "…", "payload": …}'
        : undefined,
  },
);

const KINDS = 'FAIL, TIMEOUT, LATE_SUCCESS or DUPLICATE';

export const simulateBody = z.strictObject({
  document: z.string({ error: 'document must be text' }).nullish(),
  orchestrationName: z.string({ error: NAME }).nullish(),
  faults: z
    .array(
      z.strictObject({
        stepName: z.string({ error: 'stepName must be the name of a step' }),
        action: z.enum(['DO', 'UNDO'], { error: 'action must be DO or UNDO' }),
        attempt: z.int({ error: 'attempt must be a whole number from 1' }).nullish(),
        kind: z.string({ error: `kind must be ${KINDS}` }),
      }),
      { error: 'faults must be a list of {stepName, action, attempt, kind}' },
    )
    .default([]),
  seed: z.int({ error: 'seed must be a whole number' }).nullish(),
});

/** A moment of a query, ms. */
export const moment = (name: string) =>
  z
    .string({ error: `${name} must be given once` })
    .refine(
      (text) => isMoment(text),
      `${name} must be ISO 8601 with a zone, like 2026-11-23T12:00:00.000Z`,
    )
    .transform((text) => DateTime.parseValue(text))
    .optional();

function isMoment(text: string): boolean {
  try {
    DateTime.parseValue(text);
    return true;
  } catch {
    return false;
  }
}

export const whole = (name: string, least: number, most: number, byDefault: number) => {
  const message = `${name} must be a whole number from ${least} to ${most}, given once`;
  return z
    .string({ error: message })
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
    .default(byDefault);
};

export const historyQuery = z.strictObject({
  orchName: z
    .string({ error: 'orchName must be given once' })
    .min(1, 'orchName is empty; leave it out for flows of every orchestration')
    .max(200, 'orchName has more than 200 characters')
    .optional(),
  // A form with nothing chosen sends `status=`.
  status: z
    .union([z.literal('').transform(() => undefined), z.enum(FLOW_STATUSES)], {
      error: `status must be one of ${FLOW_STATUSES.join(', ')}, given once`,
    })
    .optional(),
  page: whole('page', 0, 999_999_999, 0),
  size: whole('size', 1, 100, 20),
});

/** Every field's problem. */
export function fieldProblems({ issues }: z.ZodError): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [problem('FIELD_INVALID', issue.message, issue.path.join('.') || 'body')];
    return issue.keys.map((key) =>
      problem(
        'UNKNOWN_FIELD',
        `there is no field ${JSON.stringify(key.slice(0, 100))}`,
        key.slice(0, 100),
      ),
    );
  });
}
