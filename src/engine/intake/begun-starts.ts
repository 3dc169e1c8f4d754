/**
 * Starts that come twice in one transaction: the second is an echo of the first, provided that the
 * first began a flow (a refused one did not).
 */
import type { ExistingStart, StartKey } from '../ports.js';

export class BegunStarts {
  private readonly byKey = new Map<string, ExistingStart>();
  private readonly byFlowId = new Map<string, ExistingStart>();

  /**
   * The flow that this start repeats; `stored` = what the store has found for it. The idempotency
   * key is compared before the flowId.
   */
  existing(start: StartKey, stored: ExistingStart | null): ExistingStart | null {
    const key = keyOf(start);
    const isStored = stored !== null && key !== null && keyOf(stored) === key;
    const byKey = isStored || key === null ? null : this.byKey.get(key);
    return byKey ?? stored ?? this.byFlowId.get(start.flowId) ?? null;
  }

  add({ flowId, orchestration, idempotencyKey, payload }: StartKey): void {
    const begun = { flowId, orchestrationName: orchestration.name, idempotencyKey, payload };
    const key = keyOf(begun);
    this.byFlowId.set(flowId, begun);
    if (key !== null) this.byKey.set(key, begun);
  }
}

function keyOf(start: StartKey | ExistingStart): string | null {
  const { idempotencyKey } = start;
  const name = 'orchestration' in start ? start.orchestration.name : start.orchestrationName;
  return idempotencyKey === null ? null : `${name} ${idempotencyKey}`;
}
