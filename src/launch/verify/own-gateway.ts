/**
 * The lane for workers over GraphQL or REST: a gateway with the real API, bridge and broker, whose
 * flows are the suite's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApi } from '../../api/server.js';
import { Bridge, type BridgePorts } from '../../bridge/bridge.js';
import type { Lane, Reply } from '../../conformance/lane.js';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../embedded/broker.js';
import { StartingEngine } from '../../engine/operations/starting.js';
import type { EngineService } from '../../engine/service.js';
import type { Logs } from '../../observability/log.js';
import { readAttemptId } from '../../saga/attempt-id.js';
import { stepTopic, stepTopics, TOPICS } from '../../wire/topics.js';
import { readCommand } from '../../wire/worker-command.js';
import { replyIn } from './kafka-lane.js';

interface Own {
  readonly orchestration: string;
  readonly step: string;
  /** 0 = a free one. */
  readonly port: number;
}

const MIB = 1024 * 1024;
const LEASE_MS = 30_000;

export async function openOwnGateway(
  own: Own,
  logs: Logs,
): Promise<{ readonly lane: Lane; readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-verify-'));
  const topics = [
    TOPICS.replies,
    stepTopic(own.orchestration, own.step, 'DO'),
    stepTopic(own.orchestration, own.step, 'UNDO'),
  ];
  const broker = await openEmbeddedBroker({
    ...{ folder, intakeTopics: [], ownTopics: topics, maxMessageBytes: 2 * MIB },
    decode: () => {
      throw new Error('this gateway has no intake');
    },
    log: logs('embedded'),
  });
  const open = new OpenCommands(own);
  const bridge = new Bridge({ leaseMs: LEASE_MS, log: logs('bridge') });
  const ports = { commands: broker.commands(), stepTopics, replyTopic: TOPICS.replies };
  bridge.open({ ...ports, read: open.read });
  const api = await openApi({
    ...{ engine: open.engine, workers: bridge, stepTopics, log: logs('api') },
    readRegistration: () => ({ problems: [], definitions: [] }) as never,
    ...{ payloadLimit: MIB, host: '127.0.0.1', port: own.port, portTries: 1 },
    ...{ introspection: true, production: false, allowedOrigins: [] },
  });
  const close = async (): Promise<void> => {
    await api.close();
    await bridge.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { lane: await laneOf(own, broker, open, close), url: `${api.url}/graphql` };
}

async function laneOf(
  { orchestration, step }: Own,
  broker: EmbeddedBroker,
  open: OpenCommands,
  close: () => Promise<void>,
): Promise<Lane> {
  const listeners: ((reply: Reply) => void)[] = [];
  const sender = broker.worker('suite');
  await sender.subscribe([TOPICS.replies], async (record) => {
    const reply = replyIn(record);
    if (reply !== null) for (const listen of listeners) listen(reply);
  });
  return {
    isRaw: false,
    onReply: (listen) => void listeners.push(listen),
    async send({ action, key, value }) {
      open.add(value);
      await sender.send([{ topic: stepTopic(orchestration, step, action), key, value }]);
    },
    async close() {
      await sender.close();
      await close();
    },
  };
}

/** The flows of the suite: what was sent last is open. */
class OpenCommands {
  private readonly flows = new Map<string, object>();
  readonly engine: EngineService;
  readonly read: BridgePorts['read'];

  constructor({ orchestration, step }: Own) {
    const definition = { name: orchestration, steps: [{ name: step }] };
    const row = { orchestration: definition };
    const starting = new StartingEngine().service;
    const orchestrationOf = async (name: string) => (name === orchestration ? row : null);
    this.engine = new Proxy(starting, {
      get: (target, name) =>
        name === 'orchestration' ? orchestrationOf : Reflect.get(target, name),
    });
    this.read = {
      flows: async (ids: readonly string[]) =>
        new Map(ids.flatMap((id) => (this.flows.has(id) ? [[id, this.flows.get(id)]] : []))),
      orchestrationsOf: async (ids: readonly string[]) =>
        new Map(ids.map((id) => [id, orchestration])),
    } as unknown as BridgePorts['read'];
  }

  add(value: string): void {
    const command = readCommand({ key: null, value: Buffer.from(value), headers: {} });
    if (command === null) return;
    const { flowId, stepName, attemptId, deadline } = command;
    const numbers = readAttemptId(attemptId, flowId, stepName);
    const open = { ...numbers, deadline };
    this.flows.set(flowId, { flowId, steps: [{ definition: { name: stepName }, open }] });
  }
}
