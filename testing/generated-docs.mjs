/**
 * `npm run docs`: writes docs/settings.md, docs/security-paths.md and the names of settings in the
 * Helm chart from the built gateway (src/config, src/api/auth/policy.ts and the GraphQL schema).
 * With --check it only compares, and fails when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readyOrEnd } from '../src/launch/install-and-build.mjs';
import { securityPathsPage } from './security-paths.mjs';

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run docs [-- --check]

Writes docs/settings.md and the setting names of the Helm chart from src/config, and docs/security-paths.md from src/api/auth/policy.ts and the schema; --check only compares, and
ends with 1 when they differ.
`);
  process.exit(0);
}

const isCheck = process.argv.includes('--check');
if (!isCheck) await readyOrEnd();
const settingsOf = (file) => import(`../dist/config/${file}.js`);
const { SERVER } = await settingsOf('server-settings');
const { ACCESS } = await settingsOf('access-settings');
const { CONNECTIONS } = await settingsOf('connection-settings');
const { LIMIT_SETTINGS } = await settingsOf('limit-settings');
const { FLOWS } = await settingsOf('flow-settings');
const { TRACES } = await settingsOf('trace-settings');

const { createSchema } = await import('../dist/api/graphql/schema.js');
const policy = await import('../dist/api/auth/policy.js');
const objects = await import('../dist/api/auth/object-rules.js');

const GROUPS = [
  ['The process', 'Where it listens, what it logs.', SERVER],
  [
    'Access',
    'Who may connect, how they prove who they are, what is shown to whom: [security.md](security.md).',
    ACCESS,
  ],
  [
    'PostgreSQL and Kafka',
    'Set neither `DATABASE_URL` nor `KAFKA_BROKERS`, and the gateway brings both; set one, and it brings the other.',
    CONNECTIONS,
  ],
  [
    'Limits',
    '[limits.md](limits.md) has these and the fixed ones, with the problem code beyond each.',
    LIMIT_SETTINGS,
  ],
  [
    'Flows',
    'The `DEFAULT_…` settings fill in what a registration document leaves out, when it is registered: give all gateways of one database the same values.',
    FLOWS,
  ],
  ['Traces', 'The standard variables of OpenTelemetry: [traces.md](traces.md).', TRACES],
];
const cell = (text) => text.replaceAll('|', '\\|');
const table = (settings) =>
  Object.values(settings)
    .map(
      ({ name, meaning, byDefault, secret }) =>
        `| \`${name}\`${secret ? ' *' : ''} | ${cell(meaning)} | ${cell(byDefault)} |`,
    )
    .join('\n');

/** The chart refuses names that are no settings: its schema has their names. */
const CHART = 'docker/helm/backstep/values.schema.json';
function chartSchema() {
  const all = GROUPS.flatMap(([, , settings]) => Object.values(settings));
  const names = {
    settings: all.map(({ name }) => name),
    settingsFromSecrets: all.filter(({ secret }) => secret).map(({ name }) => name),
  };
  const schema = JSON.parse(readFileSync(CHART, 'utf8'));
  for (const [key, list] of Object.entries(names)) schema.definitions[key] = { enum: list };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const content = `# Settings

Settings are environment variables, read once at the start. A wrong value ends the start with a line for each: its name, the value, and what would be right. An empty
value is the same as none. A setting marked with * may be in a file instead: the same name with \`_FILE\` has its path. \`npm start -- --help\` prints this list. Written by \`npm run docs\` from \`src/config\`.

${GROUPS.map(
  ([title, text, settings]) =>
    `## ${title}\n\n${text}\n\n| setting | meaning | default |\n| --- | --- | --- |\n${table(settings)}`,
).join('\n\n')}
`;
for (const [file, text] of [
  ['docs/settings.md', content],
  ['docs/security-paths.md', securityPathsPage(createSchema(), { ...policy, ...objects })],
  [CHART, chartSchema()],
]) {
  if (!isCheck) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is not what the built code has. Run: npm run docs\n`);
    process.exitCode = 1;
  }
}
