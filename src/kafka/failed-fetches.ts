/** Fetches that failed, which the client tries again without a word. */
import type { Consumer } from 'kafkajs';

/** Calls `failed` when a fetch from a broker begins although the one before brought nothing. */
export function onFailedFetch(consumer: Consumer, failed: () => void): void {
  const begun = new Set<number>();
  consumer.on(consumer.events.FETCH, ({ payload }) => void begun.delete(payload.nodeId));
  consumer.on(consumer.events.FETCH_START, ({ payload }) => {
    const again = begun.has(payload.nodeId);
    begun.add(payload.nodeId);
    if (again) failed();
  });
}
