/**
 * A real Kafka cluster on this machine: brokers that are controllers, too, with every topic on
 * three of them and acknowledged by two.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { Cable } from './cable.mjs';
import { freePorts, startKafka } from './kafka.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Those of Kafka, where a single broker has others. */
const SETTINGS = {
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'share.coordinator.state.topic.replication.factor': 3,
  'share.coordinator.state.topic.min.isr': 2,
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'metadata.max.idle.interval.ms': 500,
  // Restarted brokers lead their partitions again soon: an election without a fault.
  'leader.imbalance.check.interval.seconds': 5,
  'leader.imbalance.per.broker.percentage': 0,
};

class Cluster {
  constructor(brokers, proxies) {
    /** As `startKafka` returns them, in the order of their ids. */
    this.list = brokers;
    /** One for each broker: clients of `proxied` reach the broker through it. */
    this.proxies = proxies;
  }

  get brokers() {
    return this.list.map((one) => one.brokers).join(',');
  }

  get proxied() {
    return this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** The broker that is the active controller, as its followers know it. */
  get controller() {
    const states = this.list.map(({ folder }) => {
      const file = join(folder, 'data', '__cluster_metadata-0', 'quorum-state');
      return JSON.parse(readFileSync(file, 'utf8'));
    });
    const [latest] = states.toSorted(
      (a, b) => b.leaderEpoch - a.leaderEpoch || b.leaderId - a.leaderId,
    );
    return this.list[latest.leaderId - 1] ?? this.list[0];
  }

  /** Every replica of every partition is in sync. */
  async untilInSync() {
    const kafka = new kafkajs.Kafka({ brokers: this.brokers.split(','), logLevel: 0 });
    const admin = kafka.admin({ retry: { retries: 10 } });
    await admin.connect();
    try {
      for (let behind = true; behind; await wait(100)) {
        const { topics } = await admin.fetchTopicMetadata();
        behind = topics.some(({ partitions }) =>
          partitions.some(({ isr, replicas }) => isr.length < replicas.length),
        );
      }
    } finally {
      await admin.disconnect();
    }
  }

  async stop() {
    for (const one of this.proxies) one.close();
    await Promise.all(this.list.map((one) => one.stop()));
  }
}

export async function startKafkaCluster({ size = 3, settings = {} } = {}) {
  const ports = await freePorts(3 * size);
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  const portsOf = (id) => ports.slice(3 * (id - 1), 3 * id);
  const proxies = await Promise.all(ids.map((id) => new Cable(portsOf(id)[2]).listen()));
  const voters = ids.map((id) => `${id}@127.0.0.1:${portsOf(id)[1]}`).join(',');
  const starting = ids.map((id) => {
    const [port, controllerPort, inner] = portsOf(id);
    const advertised = proxies[id - 1].port;
    return startKafka({
      port,
      controllerPort,
      listeners: [{ name: 'PROXIED', protocol: 'PLAINTEXT', port: inner, advertised }],
      settings: {
        ...SETTINGS,
        'node.id': id,
        'controller.quorum.voters': voters,
        ...settings,
      },
    });
  });
  const started = await Promise.allSettled(starting);
  const brokers = started.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const cluster = new Cluster(brokers, proxies);
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed === undefined) return cluster;
  await cluster.stop();
  throw failed.reason;
}
