/** Nothing of another flow is in a command, and it is where it belongs (I10). */
import type { MemoryDatabase } from '../kit/memory-store.js';
import type { Seen } from './seen.js';
import type { Command } from './worker.js';

export function askCommand(seen: Seen, memory: MemoryDatabase, topic: string, { headers, payload }: Command): void {
  const { flowId, orchestrationName, stepName, action, tag } = headers;
  // A start's payload has the tag, what workers put out has the flowId.
  const mark: unknown = Object(payload).flow;
  const own = payload === null || mark === tag || mark === flowId;
  const flow = memory.tables.flows.get(flowId)?.flow;
  const place = `orchestrator.${orchestrationName}.${stepName}.${action.toLowerCase()}`;
  const right = topic === place && own && tag === flow?.headers.tag;
  seen.ask('I10', flowId, right ? null : `${topic} was sent ${JSON.stringify(headers)} with ${JSON.stringify(payload)}`);
}
