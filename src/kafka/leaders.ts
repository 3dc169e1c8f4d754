/**
 * Waiting for the leaders of new topics. The client's own `waitForLeaders` throws
 * UNKNOWN_TOPIC_OR_PARTITION when the broker that answers does not know the topic yet.
 */
import type { Admin } from 'kafkajs';
import { Fault } from '../engine/ports.js';
import { pause } from '../timing/pause.js';
import { codeOf } from './failures.js';

const LEADERS_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 20;

/** Resolves when each partition has a leader that knows it; else throws a Fault after 15 s. */
export async function untilLed(admin: Admin, names: readonly string[]): Promise<void> {
  await untilThere(names, () => haveLeaders(admin, names));
  // For a moment new leaders do not know that they lead, and a send would fail with NOT_LEADER.
  for (const name of names) await untilThere([name], () => isLed(admin, name));
}

async function untilThere(names: readonly string[], there: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + LEADERS_WITHIN_MS;
  while (!(await there())) {
    if (performance.now() > until)
      throw new Fault(
        'TOPIC_NOT_READY',
        `no leaders for ${names.join(', ')} within ${LEADERS_WITHIN_MS / 1000} s`,
      );
    await pause(LOOK_AGAIN_MS);
  }
}

export async function haveLeaders(admin: Admin, names: readonly string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
    return (
      topics.length === names.length &&
      topics.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      )
    );
  } catch (error) {
    return notYet(error);
  }
}

async function isLed(admin: Admin, name: string): Promise<boolean> {
  try {
    await admin.fetchTopicOffsets(name);
    return true;
  } catch (error) {
    return notYet(error);
  }
}

const NOT_YET: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

/** False when waiting may help; throws other errors. */
function notYet(error: unknown): false {
  if (NOT_YET.has(codeOf(error) ?? '')) return false;
  throw error;
}
