/** A CPU profile of a gateway that runs, by its inspector; and what used most. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { row } from './report.mjs';

const SHOWN = 10;
const INTERVAL_US = 500;

/** First match counts; on the way from the function that ran to its callers. */
const AREAS = [
  ['Kafka client', /node_modules\/(?:kafkajs|@platformatic\/kafka|@platformatic\/wasm-utils)\//],
  ['PostgreSQL driver', /node_modules\/(?:pg|pg-[\w-]+|postgres-[\w-]+)\//],
  ['MikroORM', /node_modules\/(?:@mikro-orm|kysely)\//],
  [
    'HTTP and GraphQL',
    /node_modules\/(?:fastify|@fastify|@apollo|@as-integrations|graphql|@graphql|type-graphql|graphql-ws|ws|find-my-way|light-my-request|class-validator|@escape\.tech)|dist\/api\/|^node:_?http/,
  ],
  ['statements and rows', /dist\/postgres\//],
  ['our Kafka adapter', /dist\/kafka\//],
  ['decoding and composing', /dist\/(?:wire|json)\//],
  ['the core', /dist\/saga\//],
  ['engine', /dist\/engine\//],
  ['telemetry', /dist\/observability\/|node_modules\/(?:pino|prom-client|@opentelemetry)/],
];

async function call(socket, id, method, params = {}) {
  socket.send(JSON.stringify({ id, method, params }));
  for await (const [data] of on(socket)) {
    const message = JSON.parse(data);
    if (message.id === id) return message.result;
  }
}

async function* on(socket) {
  for (;;) yield await once(socket, 'message');
}

/** The profile of what runs during `work`. */
export async function profileDuring(inspector, work) {
  const socket = new WebSocket(inspector, { perMessageDeflate: false, maxPayload: 2 ** 30 });
  await once(socket, 'open');
  try {
    await call(socket, 1, 'Profiler.enable');
    await call(socket, 2, 'Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await call(socket, 3, 'Profiler.start');
    await work();
    return (await call(socket, 4, 'Profiler.stop')).profile;
  } finally {
    socket.close();
  }
}

/** Shares of the time in which something ran, by function and by area. */
export function sharesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const child of node.children ?? []) byId.get(child).parent = node;
  const self = new Map();
  for (const [index, id] of samples.entries())
    self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const [functions, areas] = [new Map(), new Map()];
  let total = 0;
  for (const [id, time] of self) {
    const node = byId.get(id);
    const name = node.callFrame.functionName;
    if (name === '(idle)') continue;
    total += time;
    const of = (map, key) => map.set(key, (map.get(key) ?? 0) + time);
    of(functions, titleOf(node.callFrame));
    of(areas, areaOf(node));
  }
  const sorted = (map) =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, SHOWN)
      .map(([name, time]) => ({ name, share: time / total }));
  return { functions: sorted(functions), areas: sorted(areas) };
}

function titleOf({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(node_modules|dist)\//, '$1/');
  const at = url === '' ? '' : ` ${file}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${at}`;
}

function areaOf(node) {
  const { functionName } = node.callFrame;
  if (functionName === '(garbage collector)') return 'garbage collection';
  for (let one = node; one !== undefined; one = one.parent) {
    const found = AREAS.find(([, pattern]) => pattern.test(one.callFrame.url));
    if (found !== undefined) return found[0];
  }
  return functionName === '(program)' ? 'native code' : 'Node itself';
}

/** Writes the profile and prints the ten functions and areas that use most. */
export function keepProfile(folder, name, profile, print) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
  const { functions, areas } = sharesOf(profile);
  print(`\nProfile of ${name} (${folder}), share of the CPU time of the gateway's main thread\n`);
  print(row(['area', 'share', 'function, time of its own', 'share']));
  print(row(['---', '---:', '---', '---:']));
  for (let index = 0; index < Math.max(areas.length, functions.length); index++) {
    const cells = [areas[index], functions[index]].flatMap((one) =>
      one === undefined ? ['', ''] : [one.name, `${(one.share * 100).toFixed(1)} %`],
    );
    print(row(cells));
  }
}
