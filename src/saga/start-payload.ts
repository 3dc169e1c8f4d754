/**
 * A large start payload is stored once, in the flow: steps and commands that have the same payload
 * refer to it.
 */
import type { Flow, Payload } from './flow.js';

/**
 * Characters. From this size on PostgreSQL stores a value outside its row (TOAST), and a copy costs
 * more than a reference.
 */
export const LARGE = 2_000;

export function isStartPayload({ input }: Pick<Flow, 'input'>, payload: Payload): boolean {
  return payload !== null && payload.length >= LARGE && payload === input;
}
