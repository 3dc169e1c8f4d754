/**
 * What a flow costs, as a straight line over its commands and over the kilobytes they carry, and
 * what a load needs then. The numbers come from measured.json (docs/scaling.md#the-calculator).
 */

/** Milliseconds of CPU: of a flow, of each of its commands with the reply, of a kB in each. */
const CPU = {
  gateway: { flow: 0.36, command: 0.21, kilobyte: 0.075 },
  postgres: { flow: 0.055, command: 0.086, kilobyte: 0.019 },
  kafka: { flow: 0.13, command: 0.145, kilobyte: 0.009 },
};
/** From this size on the payload of a start is stored once, and PostgreSQL compresses. */
const LARGE = 2000;
/** Bytes; `copies`: how often a byte of the payload is written, by the flow's commands. */
const BYTES = {
  disk: {
    flow: 2_165,
    command: 1_015,
    copies: (commands, isLarge) => (isLarge ? 0.8 * (2 * commands + 1) : 2 * commands + 2),
  },
  wal: {
    flow: 3_000,
    command: 3_300,
    copies: (commands, isLarge) => 2 * commands + (isLarge ? 1 : 2),
  },
  kafka: { flow: 315, command: 1_150, copies: (commands) => 2 * commands + 1 },
};
const PLACES = { disk: 'disk of PostgreSQL', wal: 'WAL', kafka: 'disk of Kafka' };
/** MB/s that one stream of WAL carries: written, flushed and sent. */
const MOST_WAL = 200;
const CONNECTIONS_OF_A_GATEWAY = 17;

/** Of an average flow: DOs, retries of them, UNDOs of all steps but the one that failed. */
export const commandsOf = ({ steps, undone = 0, retries = 0 }) =>
  steps * (1 + retries) + undone * (steps - 1);

function cpuOf(process, { commands, payload }) {
  const { flow, command, kilobyte } = CPU[process];
  return flow + commands * (command + (kilobyte * payload) / 1000);
}

function bytesOf(place, { commands, payload }) {
  const { flow, command, copies } = BYTES[place];
  return flow + command * commands + copies(commands, payload >= LARGE) * payload;
}

/** Figures of a measured point next to the formula's; `fitted`: the formula was made from it. */
export function errorsOf({ commands, payload, cpu = {}, bytes = {}, fitted = [] }) {
  const shape = { commands, payload };
  const found = [
    ...Object.entries(cpu).map(([name, measured]) => ({
      ...{ figure: `CPU of ${name}, ms`, measured, formula: cpuOf(name, shape) },
      fitted: fitted.includes('cpu'),
    })),
    ...Object.entries(bytes).map(([name, measured]) => ({
      ...{ figure: `${PLACES[name]}, bytes`, measured, formula: bytesOf(name, shape) },
      fitted: fitted.includes(name),
    })),
  ];
  return found.map((one) => ({ ...one, error: one.formula / one.measured - 1 }));
}

const cores = (value) => `${value < 0.095 ? value.toFixed(2) : value.toFixed(1)} cores busy`;
const whole = (value) => String(Math.ceil(value));

function processes({ flows, load, replicas }, shape) {
  const busy = (name) => (flows * cpuOf(name, shape)) / 1000;
  const gateways = Math.max(2, Math.ceil(busy('gateway') / load));
  const partitions = gateways * Math.ceil(4 / gateways);
  const kafka = busy('kafka') * replicas;
  return [
    ['gateways, a core each', whole(gateways), `${cores(busy('gateway'))}; two at least`],
    ['PostgreSQL, cores', whole(Math.max(2, busy('postgres') / load)), cores(busy('postgres'))],
    [
      'Kafka, cores of all brokers',
      whole(Math.max(replicas, kafka / load)),
      `${cores(kafka)}, if a replica costs what its leader does`,
    ],
    [
      'partitions of each topic',
      whole(partitions),
      'at least the number of gateways, shared evenly',
    ],
    [
      'connections of PostgreSQL',
      whole(gateways * CONNECTIONS_OF_A_GATEWAY),
      `${CONNECTIONS_OF_A_GATEWAY} of each gateway at most`,
    ],
  ];
}

function storage({ flows, days }, shape) {
  const perDay = (place) => (flows * 86_400 * bytesOf(place, shape)) / 1e9;
  const size = (gigabytes) =>
    gigabytes < 1000 ? `${gigabytes.toFixed(0)} GB` : `${(gigabytes / 1000).toFixed(1)} TB`;
  const wal = (flows * bytesOf('wal', shape)) / 1e6;
  return [
    [
      'WAL',
      `${wal.toFixed(1)} MB/s`,
      wal > MOST_WAL
        ? `more than one server writes and sends (about ${MOST_WAL} MB/s): several databases`
        : `${(100 * wal) / MOST_WAL < 1 ? 'under 1' : ((100 * wal) / MOST_WAL).toFixed(0)} % of what one server writes and sends`,
    ],
    [
      'disk of PostgreSQL',
      size(perDay('disk') * days),
      `${size(perDay('disk'))} a day, ${days} days`,
    ],
    ['disk of Kafka, each replica', size(perDay('kafka')), 'a day of retention'],
  ];
}

/** [what, how much, why] for so many flows per second. */
export function needsOf(load) {
  const commands = commandsOf(load);
  const shape = { commands, payload: load.payload };
  return [
    ['commands of a flow', commands.toFixed(1), 'steps, their retries, their UNDOs'],
    ...processes(load, shape),
    ...storage(load, shape),
  ];
}
