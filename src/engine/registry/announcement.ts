/** The answer to a registration, on its status topic. */
import type { Problem, Registration } from '../ports.js';
import type { RegisterResult } from '../service.js';
import { nameOf } from './declared.js';
import type { RegistryOptions } from './registry.js';

/** One message per declaration, failures included; not worth failing a stored registration for. */
export async function announce(
  { broker, wire, log }: RegistryOptions,
  { declarations, problems, serviceName, named: spoken }: Registration,
  result: RegisterResult,
): Promise<void> {
  const wrong = [...problems, ...result.problems];
  const failureReason = wrong.length === 0 ? null : [...new Set(wrong.map(reasonOf))].join('; ');
  const declared = declarations.map((one) => ({ orchestrationName: nameOf(one), as: one.as }));
  const named = declared.length > 0 ? declared : (spoken ?? []);
  const about = named.length > 0 ? named : [{ orchestrationName: null, as: null }];
  const rows = about.map(({ orchestrationName, as }, number) => {
    const stored = result.registrations.find(
      (one) => one.orchestrationName === orchestrationName && one.as === as,
    );
    const status =
      failureReason !== null
        ? ('FAILED' as const)
        : stored?.status === 'REGISTERED'
          ? ('SUCCESS' as const)
          : ('PENDING' as const);
    const notice = {
      orchestrationName,
      as,
      serviceName,
      status,
      failureReason,
      timestamp: Date.now(),
    };
    return {
      ...wire.registrationStatus(notice),
      flowId: orchestrationName ?? '',
      number,
      attemptId: null,
    };
  });
  for (const { row, result: sent, errorMessage } of await broker.publisher.publish(rows)) {
    if (sent !== 'ok')
      log.warn(
        { topic: row.topic, why: errorMessage },
        'a registration status could not be published',
      );
  }
}

function reasonOf({ code, path, message }: Problem): string {
  return path === null ? `${code}: ${message}` : `${code} at ${path}: ${message}`;
}
