/** The rings of `npm test` (testing/README.md). */
import { anotherKafka, chromium, kafka, kafkaPrograms, postgres } from './surroundings.mjs';

const PURE = [
  '--coverage',
  '--collectCoverageFrom=src/saga/**',
  '--collectCoverageFrom=src/wire/**',
  '--collectCoverageFrom=src/json/**',
  '--coverageReporters=text',
];
/** A context of its own for each test file (testing/jest.isolated.config.mjs). */
export const ISOLATED = ['-c', 'testing/jest.isolated.config.mjs'];
const FULL = '--coverageThreshold={"global":{"lines":100,"branches":100}}';

/** Of each kind one; `npm run chaos` injects them all. */
const FAULTS = 'gateway killed,PostgreSQL stopped at once,broker killed';

/** Files of scenarios that run over the whole gateway, too. */
const ON_KAFKA = 'operators|undo-plan|undo-and-cancel|resend|hold|turning-around|undo-exhausted';

/** Files of e2e that are about workers and what travels to them; the others are about gateways. */
const OF_WORKERS = 'access|api-workers|diagnose|java-wire|letter|payload|python|readme|spring';

/**
 * Name, folders of tests or a program, the services it needs; in their short forms. A ring begins
 * when one before it in this list has ended (testing/run.mjs): those that take long and wait for
 * other processes come first, those that only compute last. `forCi`: the short form of a command of
 * its own, which uses both cores for half a minute; it runs with CI=true, or when it is named.
 */
export const RINGS = [
  {
    name: 'e2e',
    folders: ['testing/e2e'],
    needs: [postgres, anotherKafka()],
    more: ['--runInBand', `--testPathIgnorePatterns=testing/e2e/(${OF_WORKERS})`],
  },
  {
    name: 'e2e-workers',
    folders: ['testing/e2e'],
    needs: [postgres, anotherKafka()],
    more: ['--runInBand', `--testPathIgnorePatterns=testing/e2e/(?!${OF_WORKERS})`],
  },
  {
    name: 'kafka',
    folders: ['testing/kafka'],
    needs: [kafka],
    more: ['--runInBand'],
  },
  { name: 'postgres', folders: ['testing/postgres'], needs: [postgres] },
  {
    name: 'api',
    folders: ['testing/api', 'testing/client', 'testing/cli', 'testing/console'],
  },
  {
    name: 'browser',
    folders: ['testing/browser'],
    needs: [chromium],
    more: ['--runInBand'],
  },
  { name: 'first-run', folders: ['testing/first-run'], more: ['--runInBand'] },
  // Every kind of attack, half a second each, on a gateway of its own.
  { name: 'hostile', program: 'testing/hostile/run.mjs', more: ['--short'], forCi: true },
  // On services of its own, which it breaks.
  {
    name: 'chaos',
    program: 'testing/chaos/run.mjs',
    more: ['--seed', '7', '--flows', '300', '--minutes', '1', '--faults', FAULTS],
    needs: [kafkaPrograms],
    forCi: true,
  },
  // What operators do, and what it rests on; Kafka changes nothing for the other rules.
  {
    name: 'kafka-scenarios',
    folders: ['testing/scenarios'],
    needs: [postgres, anotherKafka()],
    with: { SCENARIO_RIG: 'kafka' },
    more: ['--runInBand', `--testPathIgnorePatterns=testing/scenarios/(?!${ON_KAFKA})`],
  },
  {
    name: 'scenarios',
    folders: ['testing/scenarios'],
    needs: [postgres],
    with: { SCENARIO_RIG: 'postgres' },
  },
  // The CPU of a flow next to the raw limit's, on services of its own (`npm run bench`).
  {
    name: 'bench',
    program: 'testing/bench/run.mjs',
    more: ['--short'],
    needs: [kafkaPrograms],
    forCi: true,
  },
  // Counting what is covered makes these three five times slower, and covers nothing the others
  // leave out.
  {
    name: 'walks',
    folders: ['testing/saga'],
    more: [
      '--testPathIgnorePatterns=testing/saga/(?!enumeration|laws|pictures)',
      '--passWithNoTests',
    ],
  },
  {
    name: 'repository',
    folders: [
      'testing/repository',
      'testing/config',
      'testing/launch',
      'testing/observability',
      'testing/demo',
    ],
  },
  {
    name: 'sim',
    folders: ['testing/invariants', 'testing/sim'],
    with: { SIM_FLOWS: process.env.SIM_FLOWS ?? '3000' },
    more: ISOLATED,
  },
  {
    name: 'saga',
    folders: ['testing/saga', 'testing/scenarios', 'testing/wire', 'testing/json'],
    more: [
      ...ISOLATED,
      ...PURE,
      '--testPathIgnorePatterns=(enumeration|laws|pictures)\\.test',
      FULL,
    ],
  },
  {
    name: 'engine',
    folders: [
      'testing/engine',
      'testing/bench',
      'testing/bridge',
      'testing/worker',
      'testing/conformance',
      'testing/timing',
      'testing/figures',
      'testing/names',
      'testing/files',
      'testing/schemas',
    ],
  },
  { name: 'embedded', folders: ['testing/embedded'] },
];
