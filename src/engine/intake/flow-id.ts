/**
 * Flow ids are UUIDs of version 7: they begin with the time, so that new ids are neighbouring
 * entries in every index.
 */
import { randomUUID } from 'node:crypto';

export function newFlowId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // The random part is that of a version 4 UUID: randomUUID takes its bytes from a cache, which is
  // cheaper than a call for each.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
