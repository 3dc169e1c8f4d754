/**
 * What every Store and ReadModel promises: one suite, run over the one in memory and over
 * PostgreSQL. Knows: the ports. Refuses to know: tables. In: a rig that opens gateways on one
 * database. Out: tests.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { ReadModel, Store } from '../../src/engine/ports.js';
import { storeAuditContract } from './store-audit.js';
import { storeBacklogContract } from './store-backlog.js';
import { register } from './store-builders.js';
import { storeLockingContract } from './store-locking.js';
import { storeOnceContract } from './store-once.js';
import { storeOpenFlowsContract } from './store-open-flows.js';
import { storeOutboxContract } from './store-outbox.js';
import { storePoliciesContract } from './store-policies.js';
import { storeQuarantineContract } from './store-quarantine.js';
import { storeReadingContract } from './store-reading.js';
import { storeRegistryContract } from './store-registry.js';
import { storeRemovalContract } from './store-removal.js';
import { storeSchemasContract } from './store-schemas.js';
import { storeSloContract } from './store-slo.js';
import { storeStandingContract } from './store-standing.js';
import { storeStartPayloadContract } from './store-start-payload.js';
import { storeSurroundingsContract } from './store-surroundings.js';
import { storeTimeContract } from './store-time.js';
import { storeWithinContract } from './store-within.js';

export interface Gateway {
  readonly store: Store;
  readonly readModel: ReadModel;
}

export interface StoreRig {
  /** Always the same database. */
  gateway(instanceId: string): Gateway;
  /** As if this many ms had passed. */
  age(ms: number): Promise<void>;
  pauseOrchestration(name: string): Promise<void>;
  quarantined(
    topic: string,
  ): Promise<
    readonly { readonly code: string; readonly offset: bigint; readonly value: Uint8Array | null }[]
  >;
  /**
   * A person has settled what lies in quarantine from this topic, where it has been for so many ms.
   */
  settle(topic: string, sinceMs: number): Promise<void>;
  /** Rows of any table that belong to this flow. */
  rows(flowId: string): Promise<number>;
  /** Messages of this flow that are still in the outbox. */
  waiting(flowId: string): Promise<number>;
  close(): Promise<void>;
}

/** Tests share the database and keep apart by names: `fresh` gives one nobody else has. */
export interface Bench {
  readonly rig: StoreRig;
  readonly one: Gateway;
  readonly two: Gateway;
  fresh(prefix: string): string;
}

export function storeContract(title: string, open: () => Promise<StoreRig>): void {
  describe(title, () => {
    let bench: Bench | null = null;
    let names = 0;
    beforeAll(async () => {
      const rig = await open();
      bench = {
        rig,
        one: rig.gateway('one'),
        two: rig.gateway('two'),
        fresh: (prefix) => `${prefix}-${++names}`,
      };
      await register(bench.one.store);
    });
    afterAll(async () => bench?.rig.close());
    const opened = (): Bench => {
      if (bench === null) throw new Error('the rig was not opened');
      return bench;
    };
    storeOnceContract(opened);
    storeLockingContract(opened);
    storeOutboxContract(opened);
    storeStartPayloadContract(opened);
    storeQuarantineContract(opened);
    storeTimeContract(opened);
    storeWithinContract(opened);
    storeRegistryContract(opened);
    storePoliciesContract(opened);
    storeSchemasContract(opened);
    storeStandingContract(opened);
    storeReadingContract(opened);
    storeOpenFlowsContract(opened);
    storeSurroundingsContract(opened);
    storeRemovalContract(opened);
    storeAuditContract(opened);
    storeSloContract(opened);
    storeBacklogContract(opened);
  });
}
