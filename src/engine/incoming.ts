/** What comes in from topics and from other instances. */
import type { Log } from '../observability/log.js';
import { recordCaller } from './audit/audit-rows.js';
import type { DeliveryQueue } from './intake/queue.js';
import type { RecordDelivery } from './ports.js';
import type { Registry } from './registry/registry.js';
import type { Hub } from './subscriptions/hub.js';

/**
 * Registrations by topic are idempotent: they are carried out first, then their position is
 * recorded.
 */
export async function intake(
  deliveries: readonly RecordDelivery[],
  registry: Registry,
  queue: DeliveryQueue,
): Promise<void> {
  for (const delivery of deliveries)
    if (delivery.kind === 'registration')
      await registry.registerPatiently(
        delivery.registration,
        recordCaller(delivery.registration.serviceName, delivery.position),
      );
  await queue.submit(deliveries);
}

/** Commits of other instances; null: the connection was lost meanwhile. */
export function notify(
  hub: Hub,
  commits: Parameters<Hub['committedElsewhere']>[0] | null,
  log: Log,
): void {
  if (commits === null) hub.reconnected();
  else
    hub
      .committedElsewhere(commits)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'could not read what another instance committed'),
      );
}
