/**
 * The read side as one principal sees it: what is not within its patterns is not there. Lists are
 * filtered where they are read, so that pages and counts are right.
 */
import type { QuarantinedRecord, ReadModel } from '../../engine/ports.js';
import { fitsAny } from '../../names/patterns.js';

type Patterns = readonly string[];
type Read<K extends keyof ReadModel> = Pick<ReadModel, K>;

export function guardedReadModel(read: ReadModel, within: Patterns): ReadModel {
  return {
    ...ofOrchestrations(read, within),
    ...ofFlows(read, within),
    ...ofRecords(read, within),
    backlog: () => read.backlog(),
    // Counted for the quota only, and never shown.
    openFlows: (startedBy, cap) => read.openFlows(startedBy, cap),
  };
}

function ofOrchestrations(
  read: ReadModel,
  within: Patterns,
): Read<'orchestrations' | 'workersOf' | 'histories' | 'counts'> {
  const visible = (names: readonly string[]): string[] =>
    names.filter((name) => fitsAny(name, within));
  return {
    orchestrations: (nameContains, first, after, options) =>
      read.orchestrations(nameContains, first, after, { ...options, within }),
    workersOf: (names) => read.workersOf(visible(names)),
    histories: (names, filter, page, options) =>
      read.histories(visible(names), { ...filter, within }, page, options),
    counts: (names, filter, cap, options) =>
      read.counts(visible(names), { ...filter, within }, cap, options),
  };
}

function ofFlows(
  read: ReadModel,
  within: Patterns,
): Read<
  | 'history'
  | 'count'
  | 'historyPage'
  | 'flows'
  | 'orchestrationsOf'
  | 'surroundings'
  | 'timeline'
  | 'timelines'
> {
  const orchestrationsOf = async (
    flowIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>> =>
    new Map(
      [...(await read.orchestrationsOf(flowIds))].filter(([, name]) => fitsAny(name, within)),
    );
  return {
    orchestrationsOf,
    history: (filter, ...page) => read.history({ ...filter, within }, ...page),
    count: (filter, ...cap) => read.count({ ...filter, within }, ...cap),
    historyPage: (filter, ...page) => read.historyPage({ ...filter, within }, ...page),
    // Before their payloads are read.
    flows: async (flowIds, options) =>
      read.flows([...(await orchestrationsOf(flowIds)).keys()], options),
    surroundings: async (flowId) =>
      (await orchestrationsOf([flowId])).has(flowId) ? read.surroundings(flowId) : null,
    timeline: async (flowId, ...page) =>
      (await orchestrationsOf([flowId])).has(flowId) ? read.timeline(flowId, ...page) : null,
    async timelines(places, options) {
      const visible = await orchestrationsOf(places.map(({ flowId }) => flowId));
      const found = await read.timelines(places, options);
      return found.map((events, index) => (visible.has(places[index]?.flowId ?? '') ? events : []));
    },
  };
}

/**
 * A record belongs to the orchestration of its flow; without one, only to those who see everything.
 */
function ofRecords(
  read: ReadModel,
  within: Patterns,
): Read<'quarantine' | 'quarantined' | 'audit' | 'sloCounts' | 'stuckSteps'> {
  return {
    quarantine: (filter, ...page) => read.quarantine({ ...filter, within }, ...page),
    async quarantined(id): Promise<QuarantinedRecord | null> {
      const record = await read.quarantined(id);
      const flowId = record?.flowId ?? null;
      if (flowId === null) return null;
      const name = (await read.orchestrationsOf([flowId])).get(flowId);
      return name !== undefined && fitsAny(name, within) ? record : null;
    },
    sloCounts: (query) => read.sloCounts({ ...query, within }),
    stuckSteps: (query) => read.stuckSteps({ ...query, within }),
    audit: ({ filter, ...page }) => read.audit({ ...page, filter: { ...filter, within } }),
  };
}
