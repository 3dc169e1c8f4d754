/**
 * What `npm run chaos -- --cluster` runs on: three Kafka brokers, a PostgreSQL with a synchronous
 * standby, gateways behind one group. The first gateway reaches both through proxies that can be
 * cut.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cable } from '../kit/cable.mjs';
import { startKafkaCluster } from '../kit/kafka-cluster.mjs';
import { openPair } from '../kit/postgres-pair.mjs';
import { ROOT } from '../steps.mjs';
import { freePort, Gateway, Workers } from './rig.mjs';

/** With fsync, as in production; several gateways hold up to 20 connections each. */
const POSTGRES = { max_connections: '200' };

async function startPair() {
  const { openEmbeddedPostgres } = await import('../../dist/embedded/postgres.js');
  const { findBinaries, RUNS_AS } = await import('../../dist/embedded/postgres-binaries.js');
  const { silent } = await import('../../dist/observability/log.js');
  // A folder of its own: the servers run as another user when we are root.
  const folder = mkdtempSync(join(tmpdir(), 'backstep-chaos-pair-'));
  const runsAs = RUNS_AS;
  const log = silent('embedded');
  const pair = await openPair({
    ...{ folder, log, runsAs, settings: POSTGRES },
    ...{ openEmbeddedPostgres, findBinaries },
  });
  const close = async () => {
    await pair.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pair, close };
}

/** The pair as the single database of the other faults; `url` is that of the primary. */
class PairDatabase {
  constructor(pair, proxies) {
    this.pair = pair;
    /** By name of the server. */
    this.proxies = proxies;
    /** Commits that an old primary could not complete alone. */
    this.fenced = 0;
  }

  get url() {
    return this.pair.primary.url;
  }

  /** Both servers, through their proxies. */
  get proxied() {
    const [one, two] = this.pair.servers;
    return this.pair.url
      .replace(`:${one.port},`, `:${this.proxies.get(one).port},`)
      .replace(`:${two.port}/`, `:${this.proxies.get(two).port}/`);
  }
}

export async function openCluster({
  folder,
  seed,
  gateways,
  partitions,
  misbehaviour,
  root = ROOT,
}) {
  const closers = [];
  const close = async () => {
    for (const one of closers.reverse()) await one().catch(() => undefined);
  };
  try {
    const kafka = await startKafkaCluster();
    closers.push(() => kafka.stop());
    const { pair, close: closePair } = await startPair();
    closers.push(closePair);
    const proxies = new Map();
    for (const server of pair.servers) proxies.set(server, await new Cable(server.port).listen());
    closers.push(async () => {
      for (const one of proxies.values()) one.close();
    });
    const database = new PairDatabase(pair, proxies);
    const direct = { DATABASE_URL: pair.url, KAFKA_BROKERS: kafka.brokers };
    const proxied = { DATABASE_URL: database.proxied, KAFKA_BROKERS: kafka.proxied };
    const env = { TOPIC_PARTITIONS: String(partitions) };
    const list = [];
    for (let i = 0; i < gateways; i++) {
      const services = i === 0 ? proxied : direct;
      const name = `gateway-${'ABCDEFGH'[i]}`;
      list.push(new Gateway(name, await freePort(), { ...env, ...services }, folder));
    }
    for (const gateway of list) gateway.root = root;
    const workers = new Workers(kafka.brokers, folder, seed, misbehaviour);
    closers.push(() => Promise.all([...list, workers].map((one) => one.end('SIGTERM'))));
    await Promise.all(list.map((gateway) => gateway.start()));
    const { brokers } = kafka;
    const untilWhole = () => kafka.untilInSync();
    return { folder, kafka, database, gateways: list, workers, brokers, untilWhole, close };
  } catch (error) {
    await close();
    throw error;
  }
}
