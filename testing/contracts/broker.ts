/**
 * What every Broker, WorkerClient and Commands promises: one suite, run over the one in this
 * process and over Kafka. Knows: the ports. Refuses to know: files, clusters. In: a rig that opens
 * gateways and workers. Out: tests.
 */
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { Broker, Commands, WorkerClient } from '../../src/engine/ports.js';
import { brokerCommandsContract } from './broker-commands.js';
import { brokerPlacesContract } from './broker-places.js';
import { brokerPublishContract } from './broker-publish.js';
import { brokerWorkersContract } from './broker-workers.js';

/** Of every gateway a rig opens. */
export const MAX_MESSAGE_BYTES = 100_000;

/** Topics and a place of its own for one test. */
export interface BrokerBench {
  /** The gateway's one intake topic; made by the first gateway. */
  readonly replies: string;
  /** A name nobody else has; not made. */
  topic(): string;
  /** The one before must be closed first. Its warnings and errors are in `warnings`. */
  gateway(): Promise<Broker>;
  /** After the first gateway. */
  worker(groupId: string): Promise<WorkerClient>;
  /** For the bridge, after the first gateway; closed with the bench. */
  commands(): Promise<Commands>;
  /** Deletes a topic and makes it again, empty; while no gateway is open. */
  recreate(topic: string): Promise<void>;
  topics(): Promise<readonly string[]>;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export interface BrokerRig {
  bench(): Promise<BrokerBench>;
  close(): Promise<void>;
}

export function brokerContract(title: string, open: () => Promise<BrokerRig>): void {
  describe(title, () => {
    let rig: BrokerRig | null = null;
    const opened: BrokerBench[] = [];
    beforeAll(async () => {
      rig = await open();
    });
    afterEach(async () => {
      for (const bench of opened.splice(0)) await bench.close();
    });
    afterAll(async () => rig?.close());
    const bench = async (): Promise<BrokerBench> => {
      if (rig === null) throw new Error('the rig was not opened');
      const one = await rig.bench();
      opened.push(one);
      return one;
    };
    brokerPublishContract(bench);
    brokerPlacesContract(bench);
    brokerWorkersContract(bench);
    brokerCommandsContract(bench);
  });
}
