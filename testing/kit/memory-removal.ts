/** Removal of what is old, in memory: the same rows as in PostgreSQL, the same batches. */
import type { Removal, Removed } from '../../src/engine/ports.js';
import type { FlowEntry, MemoryDatabase, MemoryTables } from './memory-tables.js';

export function memoryRemoval(database: MemoryDatabase): Removal {
  return {
    flows: (status, ageMs, after, most) =>
      database.transaction((tables) => {
        const before = database.now - ageMs;
        const looked = [...tables.flows.values()]
          .filter(
            ({ flow }) =>
              (status === 'COMPLETED' || flow.status === status) && flow.startedAt < before,
          )
          .filter((entry) => after === null || placeOf(entry) > after)
          .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
          .slice(0, most);
        const ended = looked.filter(({ flow, parked, wakeAt }) => {
          const isOld = flow.status === status && flow.endedAt !== null && flow.endedAt < before;
          return isOld && parked === null && wakeAt === null && !hasMessages(tables, flow.flowId);
        });
        for (const { flow } of ended) tables.flows.delete(flow.flowId);
        return resultOf(ended.length, looked.map(placeOf), most);
      }),
    quarantined: (ageMs, after, most) =>
      database.transaction((tables) => {
        const old = tables.quarantine
          .map((entry, index) => ({ entry, place: String(index).padStart(9, '0') }))
          .filter(
            ({ entry, place }) =>
              (after === null || place > after) &&
              (database.settled.get(entry)?.receivedAt ?? 0) < database.now - ageMs,
          )
          .slice(0, most);
        const gone = old.filter(({ entry }) => database.settled.has(entry));
        for (const { entry } of gone) tables.quarantine.splice(tables.quarantine.indexOf(entry), 1);
        return resultOf(
          gone.length,
          old.map(({ place }) => place),
          most,
        );
      }),
    audit: (ageMs, _after, most) =>
      database.transaction((tables) => {
        const old = tables.audit.filter(({ at }) => at < database.now - ageMs).slice(0, most);
        for (const row of old) tables.audit.splice(tables.audit.indexOf(row), 1);
        return resultOf(
          old.length,
          old.map(({ at }) => String(at)),
          most,
        );
      }),
    slo: (ageMs, _after, most) =>
      database.transaction((tables) => {
        const old = [...tables.slo.entries()]
          .filter(([, { minute }]) => minute < database.now - ageMs)
          .slice(0, most);
        for (const [key] of old) tables.slo.delete(key);
        return resultOf(
          old.length,
          old.map(([key]) => key),
          most,
        );
      }),
  };
}

function placeOf({ flow }: FlowEntry): string {
  return `${String(flow.startedAt).padStart(15, '0')} ${flow.flowId}`;
}

function hasMessages({ outbox }: MemoryTables, flowId: string): boolean {
  return [...outbox.values()].some(({ row }) => row.flowId === flowId);
}

function resultOf(removed: number, places: readonly string[], most: number): Removed {
  return { removed, next: places.length < most ? null : (places.at(-1) ?? null) };
}
