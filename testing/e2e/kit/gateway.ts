/**
 * The built gateway as its users run it: a process with settings, an address, and an end by signal.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Child, descendantsOf, type Ending, ROOT } from './child.js';
import { Client } from './client.js';
import { freePort, type TestDatabase, testBrokers } from './surroundings.js';
import { until } from './until.js';

const NODE = join(ROOT, 'node_modules/.bin/node');
const BUILT = join(ROOT, 'dist/bundle/main.js');

export class Gateway implements AsyncDisposable {
  readonly client: Client;

  constructor(
    readonly child: Child,
    readonly address: string,
  ) {
    this.client = new Client(address);
  }

  /** Ends it by this signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.child.send(signal);
    return this.child.end();
  }

  /**
   * A signal to all of its process group, as a terminal or a crash of the machine gives it; its own
   * database, in a group of its own, is spared.
   */
  async stopGroup(signal: NodeJS.Signals): Promise<void> {
    const family = descendantsOf(this.child.pid).filter(({ command }) => command !== 'postgres');
    this.child.sendGroup(signal);
    await this.child.end();
    await until(`${this.child.name} and what it started have ended`, () =>
      family.every((one) => !one.lives()),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.child[Symbol.asyncDispose]();
  }
}

export interface GatewaySettings {
  readonly database: TestDatabase;
  /** Gateways with one group share the work. */
  readonly group: string;
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built gateway on the test's Kafka and this database; ready when it answers. */
export async function startGateway({
  database,
  group,
  name = 'gateway',
  env = {},
}: GatewaySettings): Promise<Gateway> {
  if (!existsSync(BUILT)) throw new Error('dist/bundle/main.js is missing; run: npm run build');
  const port = await freePort();
  const child = new Child(name, [NODE, BUILT], {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: testBrokers(),
    KAFKA_GROUP_ID: group,
    HOST: '127.0.0.1',
    PORT: String(port),
    DEMO: 'off',
    LOG_LEVEL: 'info',
    ...env,
  });
  return orNothing(child, () => ready(child, `http://127.0.0.1:${port}`));
}

/**
 * Starts it as `npm start` does: one command, nothing configured but where to keep what it stores
 * and where to listen.
 */
export async function startEmbedded(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Gateway> {
  const port = env.PORT ?? String(await freePort());
  const child = new Child('npm start', [NODE, join(ROOT, 'src/launch/start.mjs'), ...args], {
    DATA_FOLDER: folder,
    PORT: port,
    ...env,
  });
  return orNothing(child, async () => {
    const [address] = await child.prints(/http:\/\/127\.0\.0\.1:\d+/, 120_000);
    const gateway = await ready(child, address);
    const query = '{ orchestration(name: "tenantCreation") { name } }';
    const known = async (): Promise<boolean> =>
      (await gateway.client.graphql<{ orchestration: unknown }>(query)).orchestration !== null;
    await until('the example orchestrations are registered', known).catch((error: unknown) =>
      child.complain(String(error)),
    );
    return gateway;
  });
}

/** A start that fails leaves nothing running. */
async function orNothing(child: Child, start: () => Promise<Gateway>): Promise<Gateway> {
  try {
    return await start();
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

async function ready(child: Child, address: string): Promise<Gateway> {
  const look = async (): Promise<boolean> =>
    child.ended !== null || (await fetch(`${address}/readyz`)).status === 200;
  await until(`${address}/readyz answers 200`, look, 90_000).catch((error: unknown) =>
    child.complain(String(error)),
  );
  if (child.ended !== null) child.complain('ended before it was ready');
  child.isNeeded();
  return new Gateway(child, address);
}
