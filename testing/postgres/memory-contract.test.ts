import { storeContract } from '../contracts/store.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { testTopics } from '../kit/topics.js';

storeContract('the store in memory', async () => {
  const database = new MemoryDatabase();
  return {
    gateway: (instanceId) => memoryStore(database, { instanceId, stepTopics: testTopics }),
    // Every look at the clock is another moment, as in life.
    age: async (ms) => {
      database.now += ms === 0 ? 1 : ms;
    },
    pauseOrchestration: async (name) => database.setName(name, { paused: true }),
    quarantined: async (topic) =>
      database.tables.quarantine
        .filter(({ position }) => position.topic === topic)
        .map(({ code, position, value }) => ({ code, offset: position.offset, value })),
    settle: async (topic, sinceMs) => {
      for (const entry of database.tables.quarantine)
        if (entry.position.topic === topic)
          database.settled.set(entry, { receivedAt: database.now - sinceMs });
    },
    rows: async (flowId) => {
      const entry = database.tables.flows.get(flowId);
      const messages = [...database.tables.outbox.values()].filter(
        ({ row }) => row.flowId === flowId,
      );
      return (
        messages.length +
        (entry === undefined ? 0 : 1 + entry.flow.steps.length + entry.events.length)
      );
    },
    waiting: async (flowId) =>
      [...database.tables.outbox.values()].filter(({ row }) => row.flowId === flowId).length,
    close: async () => undefined,
  };
});
