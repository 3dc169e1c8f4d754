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
 * Name, folders of tests or a program, the services it needs; in their short forms. Rings of one
 * lane run one after the other.
 */
export const RINGS = [
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
    name: 'engine',
    folders: [
      'testing/engine',
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
    folders: ['testing/invariants', 'testing/sim'],
    with: { SIM_FLOWS: process.env.SIM_FLOWS ?? '3000' },
    more: ISOLATED,
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
  { name: 'api', folders: ['testing/api', 'testing/client', 'testing/cli', 'testing/console'] },
  { name: 'embedded', folders: ['testing/embedded'] },
  { name: 'postgres', folders: ['testing/postgres'], needs: [postgres] },
  {
    name: 'scenarios',
    lane: 'b',
    folders: ['testing/scenarios'],
    needs: [postgres],
    with: { SCENARIO_RIG: 'postgres' },
  },
  // First, while the others of these two lanes mostly wait. Every kind of attack, one second each,
  // on a gateway of its own.
  { name: 'hostile', lane: 'a', program: 'testing/hostile/run.mjs', more: ['--short'] },
  { name: 'kafka', lane: 'a', folders: ['testing/kafka'], needs: [kafka], more: ['--runInBand'] },
  // What operators do, and what it rests on; Kafka changes nothing for the other rules.
  {
    name: 'kafka-scenarios',
    lane: 'a',
    folders: ['testing/scenarios'],
    needs: [postgres, kafka],
    with: { SCENARIO_RIG: 'kafka' },
    more: ['--runInBand', `--testPathIgnorePatterns=testing/scenarios/(?!${ON_KAFKA})`],
  },
  {
    name: 'e2e',
    lane: 'b',
    folders: ['testing/e2e'],
    needs: [postgres, kafkaForE2e],
    more: ['--runInBand'],
  },
  {
    name: 'browser',
    lane: 'a',
    folders: ['testing/browser'],
    needs: [chromium],
    more: ['--runInBand'],
  },
  { name: 'first-run', lane: 'b', folders: ['testing/first-run'], more: ['--runInBand'] },
  // On services of its own, which it breaks.
  {
    name: 'chaos',
    lane: 'b',
    program: 'testing/chaos/run.mjs',
    more: ['--seed', '7', '--flows', '300', '--minutes', '1', '--faults', FAULTS],
    needs: [kafka],
  },
];
