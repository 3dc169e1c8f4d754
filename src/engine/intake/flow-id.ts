/** UUID version 7: ids of one moment stand side by side in every index. */
import { randomUUID } from 'node:crypto';

export function newFlowId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // Of a random one (version 4) everything behind the version stays; those come from a store of random bytes, not one by one.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
