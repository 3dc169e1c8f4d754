/**
 * A large payload that a flow was started with is kept once: steps that get it and commands that carry it refer to the flow, however many
 * they are.
 */
import type { Flow, Payload } from './flow.js';

/** Characters from which on a copy costs more than a reference: PostgreSQL, too, keeps longer values outside the row. */
export const LARGE = 2_000;

export function isStartPayload({ input }: Pick<Flow, 'input'>, payload: Payload): boolean {
  return payload !== null && payload.length >= LARGE && payload === input;
}
