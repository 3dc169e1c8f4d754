/** The messages about a registration, on the registration status topic. */
import type { Problem, Registration, RegistrationStatusNotice } from '../ports.js';
import type { RegisterResult } from '../service.js';
import { nameOf } from './declared.js';
import type { RegistryOptions } from './registry.js';

/**
 * One message per declaration, failures included. A message that cannot be published is logged: the
 * registration is stored all the same.
 */
export async function announce(
  { broker, wire, log }: RegistryOptions,
  registration: Registration,
  result: RegisterResult,
): Promise<void> {
  const rows = noticesOf(registration, result).map((notice, number) => ({
    ...wire.registrationStatus(notice),
    flowId: notice.orchestrationName ?? '',
    number,
    attemptId: null,
  }));
  for (const { row, result: sent, errorMessage } of await broker.publisher.publish(rows)) {
    if (sent !== 'ok')
      log.warn(
        { topic: row.topic, why: errorMessage },
        'a registration status could not be published',
      );
  }
}

function noticesOf(
  { declarations, problems, serviceName, named }: Registration,
  result: RegisterResult,
): RegistrationStatusNotice[] {
  const wrong = [...problems, ...result.problems];
  const failureReason = wrong.length === 0 ? null : [...new Set(wrong.map(reasonOf))].join('; ');
  const declared = declarations.map((one) => ({ orchestrationName: nameOf(one), as: one.as }));
  const recognised = declared.length > 0 ? declared : (named ?? []);
  const about = recognised.length > 0 ? recognised : [{ orchestrationName: null, as: null }];
  const timestamp = Date.now();
  return about.map(({ orchestrationName, as }) => {
    const stored = result.registrations.find(
      (one) => one.orchestrationName === orchestrationName && one.as === as,
    );
    const accepted = stored?.status === 'REGISTERED' ? 'SUCCESS' : 'PENDING';
    const status = failureReason === null ? accepted : 'FAILED';
    return { orchestrationName, as, serviceName, status, failureReason, timestamp };
  });
}

function reasonOf({ code, path, message }: Problem): string {
  return path === null ? `${code}: ${message}` : `${code} at ${path}: ${message}`;
}
