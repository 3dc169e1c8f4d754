/**
 * Batches the reads that one request needs at the same time: a list needs as many statements as one
 * of its items.
 */
import DataLoader from 'dataloader';
import type { FlowFilter, Page, ReadOptions, TimelinePlace } from '../../engine/ports.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow } from '../../saga/flow.js';
import type { Budget, RequestContext } from '../context.js';

/** Flows of one orchestration. */
interface FlowsKey {
  readonly name: string;
  readonly filter: Omit<FlowFilter, 'orchestrationName'>;
}
interface HistoryKey extends FlowsKey {
  readonly first: number;
  readonly after: string | null;
  readonly options: ReadOptions;
}
interface CountKey extends FlowsKey {
  readonly cap: number;
}
interface TimelineKey extends TimelinePlace {
  readonly bodies: boolean;
}

export interface Loaders {
  readonly timeline: DataLoader<TimelineKey, readonly FlowEvent[]>;
  readonly history: DataLoader<HistoryKey, Page<Flow>>;
  readonly count: DataLoader<CountKey, number>;
}

/** One set for each request: nothing is remembered, and nothing is shared between callers. */
const ofRequests = new WeakMap<Budget, Loaders>();

export function loadersOf(context: RequestContext): Loaders {
  const known = ofRequests.get(context.budget);
  if (known !== undefined) return known;
  const made = loaders(context);
  ofRequests.set(context.budget, made);
  return made;
}

function loaders({ shell, signal }: RequestContext): Loaders {
  const { read } = shell.engine;
  return {
    timeline: together(
      ({ bodies }: TimelineKey) => bodies,
      (keys, { bodies }) => read.timelines(keys, { bodies, signal }),
    ),
    history: together(
      ({ filter, first, after, options }: HistoryKey) => [filter, first, after, options.payloads],
      async (keys, { name, filter, first, after, options }) => {
        if (keys.length === 1)
          return [
            await read.history({ ...filter, orchestrationName: name }, first, after, options),
          ];
        const pages = await read.histories(namesOf(keys), filter, { first, after }, options);
        return keys.map((key) => pages.get(key.name) ?? { items: [], hasNextPage: false });
      },
    ),
    count: together(
      ({ filter, cap }: CountKey) => [filter, cap],
      async (keys, { name, filter, cap }) => {
        if (keys.length === 1)
          return [await read.count({ ...filter, orchestrationName: name }, cap, { signal })];
        const totals = await read.counts(namesOf(keys), filter, cap, { signal });
        return keys.map((key) => totals.get(key.name) ?? 0);
      },
    ),
  };
}

function namesOf(keys: readonly FlowsKey[]): string[] {
  return [...new Set(keys.map(({ name }) => name))];
}

/** `kind`: what must be equal to be read together. */
function together<K, V>(
  kind: (key: K) => unknown,
  read: (keys: readonly K[], first: K) => Promise<readonly V[]>,
): DataLoader<K, V> {
  return new DataLoader<K, V>(
    async (keys) => {
      const values = new Map<K, V | Error>();
      const groups = Map.groupBy(keys, (key) => JSON.stringify(kind(key)));
      await Promise.all(
        [...groups.values()].map(async (some) => {
          const [first] = some;
          const found = await read(some, first as K).catch((error: unknown) =>
            some.map(() => (error instanceof Error ? error : new Error(String(error)))),
          );
          some.forEach((key, index) => {
            values.set(key, found[index] as V | Error);
          });
        }),
      );
      return keys.map((key) => values.get(key) as V | Error);
    },
    { cache: false },
  );
}
