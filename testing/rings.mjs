/** The rings of `npm test` (testing/README.md). */
import { chromium, kafka, kafkaForE2e, postgres } from './surroundings.mjs';

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

/**
 * Name, folders of tests or a program, the services it needs; in their short forms. The rings of
 * one lane run one after the other, in this order; the lanes beside each other. Each lane is about
 * as long as the others, and has some rings that compute and some that wait.
 */
export const RINGS = [
  {
    name: 'saga',
    lane: 'computes',
    folders: ['testing/saga', 'testing/scenarios', 'testing/wire', 'testing/json'],
    more: [
      ...ISOLATED,
      ...PURE,
      '--testPathIgnorePatterns=(enumeration|laws|pictures)\\.test',
      FULL,
    ],
  },
  // Counting what is covered makes these three five times slower, and covers nothing the others
  // leave out.
  {
    name: 'walks',
    lane: 'computes',
    folders: ['testing/saga'],
    more: [
      '--testPathIgnorePatterns=testing/saga/(?!enumeration|laws|pictures)',
      '--passWithNoTests',
    ],
  },
  {
    name: 'engine',
    lane: 'computes',
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
  {
    name: 'sim',
    lane: 'computes',
    folders: ['testing/invariants', 'testing/sim'],
    with: { SIM_FLOWS: process.env.SIM_FLOWS ?? '3000' },
    more: ISOLATED,
  },
  {
    name: 'repository',
    lane: 'computes',
    folders: [
      'testing/repository',
      'testing/config',
      'testing/launch',
      'testing/observability',
      'testing/demo',
    ],
  },
  {
    name: 'api',
    lane: 'serves',
    folders: ['testing/api', 'testing/client', 'testing/cli', 'testing/console'],
  },
  { name: 'embedded', lane: 'computes', folders: ['testing/embedded'] },
  { name: 'postgres', lane: 'serves', folders: ['testing/postgres'], needs: [postgres] },
  {
    name: 'scenarios',
    lane: 'processes',
    folders: ['testing/scenarios'],
    needs: [postgres],
    with: { SCENARIO_RIG: 'postgres' },
  },
  // Every kind of attack, one second each, on a gateway of its own.
  { name: 'hostile', lane: 'kafka', program: 'testing/hostile/run.mjs', more: ['--short'] },
  {
    name: 'kafka',
    lane: 'kafka',
    folders: ['testing/kafka'],
    needs: [kafka],
    more: ['--runInBand'],
  },
  // What operators do, and what it rests on; Kafka changes nothing for the other rules.
  {
    name: 'kafka-scenarios',
    lane: 'kafka',
    folders: ['testing/scenarios'],
    needs: [postgres, kafka],
    with: { SCENARIO_RIG: 'kafka' },
    more: ['--runInBand', `--testPathIgnorePatterns=testing/scenarios/(?!${ON_KAFKA})`],
  },
  {
    name: 'e2e',
    lane: 'processes',
    folders: ['testing/e2e'],
    needs: [postgres, kafkaForE2e],
    more: ['--runInBand'],
  },
  {
    name: 'browser',
    lane: 'computes',
    folders: ['testing/browser'],
    needs: [chromium],
    more: ['--runInBand'],
  },
  { name: 'first-run', lane: 'serves', folders: ['testing/first-run'], more: ['--runInBand'] },
  // The CPU of a flow next to the raw limit's, on services of its own (`npm run bench`).
  {
    name: 'bench',
    lane: 'serves',
    program: 'testing/bench/run.mjs',
    more: ['--short'],
    needs: [kafka],
  },
  // On services of its own, which it breaks.
  {
    name: 'chaos',
    lane: 'serves',
    program: 'testing/chaos/run.mjs',
    more: ['--seed', '7', '--flows', '300', '--minutes', '1', '--faults', FAULTS],
    needs: [kafka],
  },
];
