/**
 * A success whose payload does not match the payloadSchema of its step is of unknown outcome, so
 * the step is undone (docs/protocol.md, "The message").
 */
import { readAttemptId } from '../../saga/attempt-id.js';
import type { Flow } from '../../saga/flow.js';
import type { Input, StartInput } from '../../saga/input.js';
import { actionOf } from '../../saga/reply-target.js';
import type { PayloadSchemas, PoisonCause } from '../ports.js';

export function unlikeItsSchema(
  schemas: PayloadSchemas | undefined,
  flow: Flow,
  input: Exclude<Input, StartInput>,
): PoisonCause | null {
  if (schemas === undefined || input.type !== 'REPLY' || input.outcome !== 'success') return null;
  const { flowId, stepName, attemptId, payload } = input;
  const step = flow.steps.find(({ definition }) => definition.name === stepName);
  if (step === undefined || step.definition.payloadSchema === null) return null;
  const ref = attemptId === null ? null : readAttemptId(attemptId, flowId, stepName);
  if (actionOf(flow, step, input, ref) !== 'DO') return null;
  const mismatch = schemas.mismatch(step.definition.payloadSchema, payload);
  if (mismatch === null) return null;
  const message = `the reply does not match the payloadSchema of step ${stepName}: ${mismatch.message}`;
  return { code: 'PAYLOAD_INVALID', message, flowId, stepName };
}
