/**
 * A cluster that denies everything but the ACLs of docs/transport.md: the gateway, a worker and an
 * initiator do their work with them, and without one of them the error names what is missing.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import type { Broker } from '../../src/engine/ports.js';
import { GatewayReceiver, row } from '../contracts/broker-builders.js';
import { type Acl, allow, documentedAcls, takeBack } from '../kit/acls.js';
import { onAdmin, openGateway } from '../kit/cluster.js';
import { PASSWORD, type SecuredKafka, startSecuredKafka } from '../kit/secured-kafka.js';
import { startGateway } from './kit/gateway.js';
import { type ModelWorker, startModelWorker } from './kit/model-worker.js';
import { newDatabase, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

/** The names of the page's table. */
const NAME = 'tenantCreation';
const [GROUP, WORKER_GROUP, INITIATOR_GROUP] = ['backstep', 'tenant-worker', 'tenant-initiator'];
const REPLIES = 'orchestrator.response.result';
const USERS = ['gateway', 'worker', 'initiator'] as const;

let secured: SecuredKafka;
beforeAll(async () => {
  secured = await startSecuredKafka();
  await onAdmin([secured.kafka.brokers], (admin) => allow(admin, documentedAcls(USERS)));
}, 120_000);
afterAll(async () => {
  await secured?.[Symbol.asyncDispose]();
}, 60_000);

function kafkaOf(username: string): Kafka {
  return new Kafka({
    clientId: username,
    brokers: [secured.kafka.at('SASL')],
    ssl: { ca: readFileSync(secured.authority.cert, 'utf8') },
    sasl: { mechanism: 'plain', username, password: PASSWORD },
    logLevel: logLevel.NOTHING,
    retry: { retries: 10 },
  });
}

const DOCUMENT = `
orchestrationName: ${NAME}
as: initiator
type: sequential
maxRetries: 0
steps:
  - { seq: 1, name: createRealm }
  - { seq: 2, name: createUser }
`;

/** Starts a flow by topic, and answers the end that its initiator reads. */
async function startedByTopic(flowId: string): Promise<unknown> {
  const kafka = kafkaOf('initiator');
  const [producer, consumer] = [kafka.producer(), kafka.consumer({ groupId: INITIATOR_GROUP })];
  const ends: { readonly flowId?: unknown; readonly status?: unknown }[] = [];
  try {
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topics: ['orchestrator.execution.status'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        ends.push(JSON.parse(String(message.value)).payload);
      },
    });
    const value = JSON.stringify({ headers: { orchestrationName: NAME, flowId }, payload: {} });
    await producer.send({ topic: 'orchestrator.execution.start', messages: [{ value }] });
    return await until('the initiator reads the end', () =>
      ends.find((one) => one.flowId === flowId),
    );
  } finally {
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
  }
}

function startWorker(): Promise<ModelWorker> {
  return startModelWorker({
    orchestrationName: NAME,
    stepNames: ['createRealm', 'createUser'],
    group: WORKER_GROUP,
    kafka: kafkaOf('worker'),
    decide: ({ headers, payload }) =>
      headers.stepName === 'createUser' ? { errorMessage: 'no' } : { payload },
  });
}

test('a flow is done and undone with these ACLs and no other', async () => {
  await using database = await newDatabase();
  await using gateway = await startGateway({
    database,
    group: GROUP,
    env: {
      KAFKA_BROKERS: secured.kafka.at('SASL'),
      KAFKA_SSL: 'on',
      KAFKA_SSL_CA_FILE: secured.authority.cert,
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'gateway',
      KAFKA_SASL_PASSWORD: PASSWORD,
    },
  });
  await gateway.client.register(DOCUMENT);
  await using worker = await startWorker();
  const flowId = `by-topic-${unique()}`;
  expect(await startedByTopic(flowId)).toMatchObject({ status: 'UNDONE' });
  const { body } = await gateway.client.details(flowId);
  expect(body.status).toBe('UNDONE');
  expect(worker.commands.map(({ headers }) => `${headers.action} ${headers.stepName}`)).toEqual([
    'DO createRealm',
    'DO createUser',
    'UNDO createRealm',
  ]);
  const query = '{ diagnose(flowId: "ID") { verdict } }'.replace('ID', flowId);
  expect(JSON.stringify(await gateway.client.graphql(query))).not.toMatch(/AUTHORIZATION/);
}, 240_000);

/** What a part of a gateway's work answers. */
const PARTS = {
  topics: (broker: Broker): Promise<string> =>
    broker.ensureTopics([`orchestrator.${NAME}.${unique()}.do`]).then(
      () => 'done',
      (error: Error) => error.message,
    ),
  publish: async (broker: Broker): Promise<string> => {
    const [done] = await broker.publisher.publish([row(REPLIES, 'through')]);
    return `${done?.result} ${done?.errorMessage}`;
  },
  health: (broker: Broker): Promise<string> =>
    until('the gateway reports it', () => {
      const { ready, detail } = broker.health();
      return !ready && /not allow this user/.test(detail) && detail;
    }),
} as const;

async function tried(part: keyof typeof PARTS): Promise<string> {
  const broker = await openGateway([secured.kafka.at('SASL')], REPLIES, {
    groupId: GROUP,
    tls: () => ({ ca: readFileSync(secured.authority.cert, 'utf8') }),
    sasl: { mechanism: 'plain', username: 'gateway', password: PASSWORD },
    ownTopics: [],
  });
  const attached = new GatewayReceiver().attach(broker);
  try {
    return await PARTS[part](broker);
  } finally {
    await broker.close();
    await attached;
  }
}

const ACLS = 'docs/transport.md has the ACLs';

test.each<[Omit<Acl, 'user'>, keyof typeof PARTS, RegExp]>([
  [
    { resource: 'topic', pattern: 'prefixed', name: 'orchestrator.', operation: 'Create' },
    'topics',
    /AUTHORIZATION_FAILED.*docs\/transport\.md/,
  ],
  [
    { resource: 'topic', pattern: 'prefixed', name: 'orchestrator.', operation: 'Write' },
    'publish',
    /never .*docs\/transport\.md/,
  ],
  [
    { resource: 'topic', pattern: 'literal', name: REPLIES, operation: 'Read' },
    'health',
    /topic.*docs\/transport\.md/,
  ],
  [
    { resource: 'group', pattern: 'literal', name: GROUP, operation: 'Read' },
    'health',
    /consumer group; docs\/transport\.md/,
  ],
])(
  'without %j',
  async (acl, part, why) => {
    const missing = [{ user: 'gateway', ...acl }];
    expect(documentedAcls(USERS)).toContainEqual(missing[0]);
    await onAdmin([secured.kafka.brokers], (admin) => takeBack(admin, missing));
    try {
      const reason = await until('it is missed', async () => {
        const answer = await tried(part);
        return why.test(answer) && answer;
      });
      expect(reason).toContain(ACLS);
    } finally {
      await onAdmin([secured.kafka.brokers], (admin) => allow(admin, missing));
    }
  },
  240_000,
);
