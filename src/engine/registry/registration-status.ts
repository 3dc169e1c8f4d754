/**
 * REGISTERED when every step has a registered worker (docs/protocol.md, "Registration documents").
 * The only place that decides it.
 */
import type { Orchestration } from '../../saga/orchestration.js';

export type RegistrationStatus = 'REGISTERED' | 'PARTIALLY_REGISTERED';

/** `orchestration` null: its initiator did not register yet. */
export function registrationStatus(
  orchestration: Pick<Orchestration, 'steps'> | null,
  hasWorker: (stepName: string) => boolean,
): RegistrationStatus {
  const complete = orchestration?.steps.every(({ name }) => hasWorker(name)) ?? false;
  return complete ? 'REGISTERED' : 'PARTIALLY_REGISTERED';
}
