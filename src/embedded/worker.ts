/** A worker in this process: it reads topics as a member of a group, and sends messages. */
import type { WorkerClient } from '../engine/ports.js';
import type { Group, OnRecord } from './group.js';
import { appendAll } from './publishing.js';
import type { Topic } from './topic.js';

export interface WorkerPlace {
  ensureTopics(names: readonly string[]): Promise<void>;
  group(topicName: string): Group;
  topic(name: string): Topic;
}

export function openWorker(place: WorkerPlace): WorkerClient {
  const mine: { readonly group: Group; readonly member: OnRecord }[] = [];
  return {
    subscribe: async (names, onRecord) => {
      await place.ensureTopics(names);
      for (const name of names) {
        const group = place.group(name);
        const member: OnRecord = (record) => onRecord(record);
        mine.push({ group, member });
        group.join(member);
      }
    },
    send: (messages) => appendAll(messages, (name) => place.topic(name)),
    close: async () => {
      await Promise.all(mine.splice(0).map(({ group, member }) => group.leave(member)));
    },
  };
}
