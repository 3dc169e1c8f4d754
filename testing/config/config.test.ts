/** Settings: what is not set has its default, wrong values are reported by name, all at once. */
import { describe, expect, test } from '@jest/globals';
import { BadConfig, type Config, readConfig, stepDefaults } from '../../src/config/config.js';
import { SETTINGS, settingsText } from '../../src/config/settings.js';
import { DEFAULTS } from '../../src/saga/orchestration.js';

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof BadConfig) return error.problems;
    throw error;
  }
}

describe('nothing set', () => {
  const config = readConfig({});

  test('is a gateway for this machine alone, with the demo', () => {
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      logLevel: 'info',
      databaseUrl: null,
      kafkaBrokers: null,
      demoOn: true,
    });
    expect(config).toMatchObject({
      dataFolder: '.backstep',
      payloadLimit: 921_600,
      topicPartitions: 4,
      production: false,
    });
  });

  test('cannot be changed afterwards', () => expect(Object.isFrozen(config)).toBe(true));

  test('and set to nothing are the same', () => {
    const empty = Object.fromEntries(Object.values(SETTINGS).map(({ name }) => [name, '  ']));
    expect(readConfig(empty)).toEqual(config);
  });
});

describe('a wrong value is refused with its name and what would be right', () => {
  test.each([
    ['HOST', 'http://localhost:80', 'an address or a host name like 127.0.0.1'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '0x10', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '40.5', 'a whole number from 0 to 65535'],
    ['LOG_LEVEL', 'loud', 'one of debug, info, warn, error'],
    ['LOG_LEVELS', 'do', 'component=level'],
    ['LOG_LEVELS', 'doo=debug', 'components are do, undo'],
    ['LOG_LEVELS', 'do=loud', 'levels debug, info'],
    ['LOG_FORMAT', 'xml', 'one of pretty, json'],
    ['DATABASE_URL', 'mysql://here', 'postgresql://user:password@host:5432/database'],
    ['DATABASE_POOL', '1', 'a whole number from 2 to 1000'],
    ['KAFKA_BROKERS', 'kafka', 'host:port'],
    ['KAFKA_BROKERS', 'one:9092,two:99999', '"two:99999" is not host:port'],
    ['KAFKA_BROKERS', 'kafka://one:9092', '"kafka://one:9092" is not host:port'],
    ['KAFKA_BROKERS', 'one:9092,', '"" is not host:port'],
    ['KAFKA_BROKERS', '::1:9092', '[::1]:9092'],
    ['KAFKA_BROKERS', '[kafka]:9092', '"[kafka]:9092" is not host:port'],
    ['KAFKA_BROKERS', '[::1]', '"[::1]" is not host:port'],
    ['KAFKA_BROKERS', 'a..b:9092', '"a..b:9092" is not host:port'],
    ['KAFKA_BROKERS', 'one:0', '"one:0" is not host:port'],
    ['KAFKA_GROUP_ID', 'a group', 'letters, digits'],
    ['KAFKA_CLIENT_ID', 'a\u0000b', 'letters, digits'],
    ['KAFKA_SSL', 'true', 'one of on, off'],
    ['KAFKA_SASL_MECHANISM', 'kerberos', 'one of plain, scram-sha-256, scram-sha-512'],
    ['TOPIC_PARTITIONS', '0', 'a whole number from 1 to 10000'],
    ['TOPIC_REPLICATION', '0', 'a whole number from 1 to 99, or -1'],
    ['PAYLOAD_LIMIT_BYTES', '900k', 'a whole number from 1024 to 50000000'],
    ['RETENTION_COMPLETED', '30', 'a time like 30d, 12h or 90m, or off'],
    ['RETENTION_UNDONE', '0d', 'a time like 30d'],
    ['RETENTION_FAILED', '1w', 'a time like 30d'],
    ['RETENTION_QUARANTINE', '9999999d', 'a time like 30d'],
    ['DEFAULT_MAX_RETRIES', '-1', 'a whole number from 0 to 1000'],
    ['DEFAULT_STEP_TIMEOUT', '0', 'a duration from 1ms to 365d'],
    ['DEFAULT_STEP_TIMEOUT', '5 minutes', 'like 500ms, 30s, 5m or 2h'],
    ['DEFAULT_BACKOFF_INITIAL', '1w', 'a duration from 0ms'],
    ['DEFAULT_BACKOFF_FACTOR', '0.5', 'a number from 1 to 100'],
    ['DEFAULT_BACKOFF_MAX', '366d', 'a duration from 0ms to 365d'],
    ['DEFAULT_BACKOFF_JITTER', 'half', 'one of full, none'],
    ['COMMAND_TYPE_ID', 'com..Message', 'the name of a Java class'],
    ['DEMO', 'yes', 'one of on, off'],
    ['DATA_FOLDER', '~/data', 'a path; ~ is not understood here'],
    ['AUTH', 'basic', 'one of none, tokens, jwt'],
    ['JWT_ISSUER', 'http://login.example.com', 'an address like https://login.example.com'],
    ['JWT_KEYS_URL', 'file:///etc/passwd', 'an address like https://login.example.com'],
    ['JWT_ISSUER', 'https://me:x@login.example.com', 'an address like https://login.example.com'],
    ['JWT_AUDIENCE', 'two words', 'text without spaces'],
    ['JWT_CLOCK_SKEW', 'a bit', 'a duration from 0ms'],
    ['JWT_ROLES', 'staff=boss', 'roles are viewer, initiator, worker, operator, admin'],
    ['JWT_ROLES', '=admin', 'value=role, several separated by commas'],
    ['JWT_ROLES_CLAIM', 'two words', 'the name of a claim'],
    ['ALLOWED_ORIGINS', 'https://here/path', '"https://here/path" is not an origin'],
    ['ALLOWED_ORIGINS', 'here', 'origins like https://console.example.com'],
    ['INTROSPECTION', 'maybe', 'one of on, off'],
  ])('%s=%s', (name, value, right) => {
    expect(problemsOf({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is `)),
    ]);
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(right)]);
  });

  test('all of them at once', () => {
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', DEMO: 'z' });
    expect(problems.map((one) => one.split(' ')[0])).toEqual(['PORT', 'LOG_LEVEL', 'DEMO']);
  });

  test('without showing what may hold a password', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'postgre://me:hunter2@here/db' });
    expect(problem).toMatch(/^DATABASE_URL is wrong; it must be /);
    expect(problem).not.toContain('hunter2');
  });
});

test('defaults of steps are those of the documentation, or what is set', () => {
  expect(stepDefaults(readConfig({}))).toEqual(DEFAULTS);
  const set = {
    DEFAULT_MAX_RETRIES: '0',
    DEFAULT_STEP_TIMEOUT: '2h',
    DEFAULT_BACKOFF_INITIAL: '250',
    DEFAULT_BACKOFF_FACTOR: '1.5',
    DEFAULT_BACKOFF_MAX: '1m',
    DEFAULT_BACKOFF_JITTER: 'none',
  };
  expect(stepDefaults(readConfig(set))).toEqual({
    maxRetries: 0,
    timeoutMs: 7_200_000,
    backoff: { initialMs: 250, factor: 1.5, maxMs: 60_000, jitter: 'none' },
  });
});

describe('DATABASE_URL', () => {
  test.each([
    'postgres://me:hunter2#x@here/db',
    'postgres://me:12#hunter2@here/db',
    'postgres://me:12/hunter2@here/db',
    'postgres://me:12?hunter2@here/db',
    'postgres://me:hunter2%zz@here/db',
    'postgres://me:hunter2 @here:x/db',
    'postgres:me:hunter2@here/db',
    'postgres://me:hunter2@here/db/hunter2@there',
    'postgres://me:hunter2@here/db?sslmode=hunter2',
    'postgres://me:hunter2@here/db?sslmode=verify-ca',
    'postgres://me:hunter2@one:x,two/db',
    'postgres://me:hunter2@one,two:123456/db',
    'postgres://me:hunter2@here/db?target_session_attrs=hunter2',
    'postgres://me:hunter2@here/db?target_session_attrs=standby',
    'postgres://me:hunter2@here/db?connect_timeout=hunter2',
  ])('%s names the setting and shows no piece of it', (DATABASE_URL) => {
    const [problem = '', ...others] = problemsOf({ DATABASE_URL });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^DATABASE_URL is wrong; it must be /);
    expect(problem).not.toMatch(/hunter2|12/);
  });

  test.each([
    'postgres://me:p%40%23%2F%3F%25@here:5432/db?sslmode=require',
    'postgresql://here/db',
    'postgresql://me@[::1]:5432/db?options=-c%20search_path%3Dapp&application_name=x',
    'postgresql:///db?host=/var/run/postgresql',
    'postgresql://me@one:5432,two:5433/db?target_session_attrs=read-write&connect_timeout=3',
  ])('%s is taken as it is', (DATABASE_URL) =>
    expect(readConfig({ DATABASE_URL }).databaseUrl).toBe(DATABASE_URL),
  );

  test('gets what it leaves out from the variables of libpq, and its own parameters stay', () => {
    const PG = { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/ca & more.crt', PGCONNECT_TIMEOUT: '7' };
    const read = (DATABASE_URL: string, more = {}) =>
      readConfig({ ...PG, ...more, DATABASE_URL }).databaseUrl;
    const root = 'sslrootcert=%2Fca%20%26%20more.crt';
    expect(read('postgres://one,two/db')).toBe(
      `postgres://one,two/db?sslmode=verify-ca&${root}&connect_timeout=7`,
    );
    expect(read('postgres://one/db?sslmode=disable&connect_timeout=1')).toBe(
      `postgres://one/db?sslmode=disable&connect_timeout=1&${root}`,
    );
    const files = { PGSSLCERT: '/c', PGSSLKEY: '/k', PGTARGETSESSIONATTRS: 'primary' };
    expect(read('postgres://one/db', files)).toMatch(
      /&sslcert=%2Fc&sslkey=%2Fk&target_session_attrs=primary&/,
    );
    expect(readConfig(PG).databaseUrl).toBeNull();
  });

  test.each([
    [{ PGSSLMODE: 'on' }, /^PGSSLMODE is "on"; it must be one of disable, /],
    [{ PGSSLMODE: 'verify-ca' }, /^DATABASE_URL is wrong; .* sslrootcert.*set PGSSLROOTCERT/],
    [{ PGTARGETSESSIONATTRS: 'standby' }, /^PGTARGETSESSIONATTRS is "standby"; it must be one of/],
    [{ PGCONNECT_TIMEOUT: '5s' }, /^PGCONNECT_TIMEOUT is "5s"; it must be a whole number/],
  ])('%j is refused', (given, expected) => {
    const problems = problemsOf({ DATABASE_URL: 'postgres://here/db', ...given });
    expect(problems).toEqual([expect.stringMatching(expected)]);
  });
});

describe('what is wrong only in company', () => {
  test.each(['0.0.0.0', '::', '10.0.0.7', 'gateway.example.com', '127.example.com'])(
    'HOST %s can be reached by others: AUTH must be set',
    (host) => {
      expect(problemsOf({ HOST: host })).toEqual([
        expect.stringMatching(
          /^HOST is .* set AUTH=tokens or AUTH=jwt, or AUTH=none if everybody may do everything$/,
        ),
      ]);
      expect(readConfig({ HOST: host, AUTH: 'none' }).host).toBe(host);
    },
  );

  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('HOST %s is this machine', (host) =>
    expect(problemsOf({ HOST: host })).toEqual([]),
  );

  test.each([
    [{ AUTH: 'tokens' }, ['AUTH=tokens needs AUTH_TOKENS_FILE']],
    [{ AUTH: 'jwt' }, ['AUTH=jwt needs JWT_ISSUER', 'AUTH=jwt needs JWT_AUDIENCE']],
    [
      { OIDC_SCOPES: 'profile' },
      ['OIDC_SCOPES is "profile"; it must be openid and others, separated by spaces'],
    ],
    [{ OIDC_CLIENT_ID: 'console' }, ['OIDC_CLIENT_ID is set: browsers log in with AUTH=jwt only']],
    [{ TLS_CERT_FILE: 'a' }, ['TLS_CERT_FILE is set: TLS_KEY_FILE must be, too']],
    [{ TLS_KEY_FILE: 'a' }, ['TLS_KEY_FILE is set: TLS_CERT_FILE must be, too']],
    [{ TLS_CERT_FILE: 'a', TLS_KEY_FILE: 'b', HSTS: '180d' }, []],
    [
      { HSTS: '180d' },
      ['HSTS is set: it needs TLS_CERT_FILE; a proxy that ends TLS sends it itself'],
    ],
    [
      { MIGRATIONS: 'wait' },
      ['MIGRATIONS is wait: set DATABASE_URL, too; the own PostgreSQL is migrated at the start'],
    ],
    [{ MIGRATIONS: 'wait', DATABASE_URL: 'postgresql://me@db:5432/app' }, []],
    [{ KAFKA_SSL_CA_FILE: 'ca.crt' }, ['KAFKA_SSL_…_FILE is set: KAFKA_SSL must be on, too']],
    [
      { KAFKA_SSL: 'unverified', KAFKA_SSL_CA_FILE: 'ca.crt' },
      ['KAFKA_SSL is unverified: KAFKA_SSL_CA_FILE would not be used; set KAFKA_SSL=on'],
    ],
    [
      { KAFKA_SSL: 'on', KAFKA_SSL_CERT_FILE: 'a.crt' },
      ['KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE must be set together'],
    ],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer' },
      [
        'KAFKA_SASL_MECHANISM=oauthbearer needs KAFKA_OAUTH_TOKEN_COMMAND or KAFKA_OAUTH_TOKEN_URL, one of them',
      ],
    ],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_OAUTH_TOKEN_URL: 'https://a.example/token' },
      ['KAFKA_OAUTH_TOKEN_URL needs KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET'],
    ],
    [
      { KAFKA_OAUTH_TOKEN_COMMAND: 'token' },
      ['KAFKA_OAUTH_… is set: KAFKA_SASL_MECHANISM must be oauthbearer'],
    ],
    [
      { DATABASE_URL_FILE: '/nothing/here' },
      [expect.stringContaining('DATABASE_URL_FILE is "/nothing/here", which cannot be read')],
    ],
    [{ AUTH: 'tokens', AUTH_TOKENS_FILE: 'tokens.json', HOST: '0.0.0.0' }, []],
    [{ AUTH: 'jwt', JWT_ISSUER: 'http://localhost:1/', JWT_AUDIENCE: 'backstep' }, []],
  ])('%j needs what it cannot do without', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  test('values of a claim become roles', () => {
    const { jwtRoles } = readConfig({ JWT_ROLES: 'a=b=admin, /staff = viewer' });
    expect([...(jwtRoles ?? [])]).toEqual([
      ['a=b', 'admin'],
      ['/staff', 'viewer'],
    ]);
  });

  test('SASL needs a mechanism, a user and a password', () => {
    expect(problemsOf({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me' })).toEqual([
      expect.stringContaining('KAFKA_SASL_PASSWORD must be'),
    ]);
    expect(problemsOf({ KAFKA_SASL_USERNAME: 'me' })).toEqual([
      expect.stringContaining('KAFKA_SASL_MECHANISM must be'),
    ]);
    expect(
      problemsOf({
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'me',
        KAFKA_SASL_PASSWORD: 'x',
      }),
    ).toEqual([]);
  });
});

test('the demo runs by itself only when nothing of somebody else is used', () => {
  const url = 'postgresql://me@here/db';
  expect(readConfig({ DATABASE_URL: url }).demoOn).toBe(false);
  expect(readConfig({ KAFKA_BROKERS: 'one:9092, two:9092' })).toMatchObject({
    demoOn: false,
    kafkaBrokers: ['one:9092', 'two:9092'],
  });
  expect(
    readConfig({ KAFKA_BROKERS: 'kafka_1:9092,[::1]:9092,kafka.svc.:9092,10.0.0.1:1' }),
  ).toMatchObject({
    kafkaBrokers: ['kafka_1:9092', '[::1]:9092', 'kafka.svc.:9092', '10.0.0.1:1'],
  });
  expect(readConfig({ DATABASE_URL: url, DEMO: 'on' }).demoOn).toBe(true);
  expect(readConfig({ DEMO: 'OFF' }).demoOn).toBe(false);
});

test('a component is louder by its name or by the class people know', () => {
  const seed =
    'com.ecom.orchestrator.service.DoOperationHandler=DEBUG, com.ecom.orchestrator.service.UndoOperationHandler=warn';
  expect([...readConfig({ LOG_LEVELS: seed }).logLevels]).toEqual([
    ['do', 'debug'],
    ['undo', 'warn'],
  ]);
  expect([...readConfig({ LOG_LEVELS: 'kafka:debug' }).logLevels]).toEqual([['kafka', 'debug']]);
});

test('ended flows are kept for ever, or for the time that is set', () => {
  const named = ({
    retentionCompleted,
    retentionUndone,
    retentionFailed,
    retentionQuarantine,
  }: Config) => [retentionCompleted, retentionUndone, retentionFailed, retentionQuarantine];
  expect(named(readConfig({}))).toEqual([null, null, null, null]);
  const given = {
    RETENTION_COMPLETED: '30d',
    RETENTION_UNDONE: '12H',
    RETENTION_FAILED: 'OFF',
    RETENTION_QUARANTINE: '90 m',
  };
  expect(named(readConfig(given))).toEqual([30 * 86_400_000, 12 * 3_600_000, null, 90 * 60_000]);
});

test('every setting is described with its default', () => {
  for (const { name, meaning, byDefault } of Object.values(SETTINGS)) {
    expect(settingsText()).toContain(name);
    expect([name, meaning.length > 10, byDefault.length > 0]).toEqual([name, true, true]);
  }
});

test.each([
  ['ALLOWED_HOSTS', 'http://gateway', '"http://gateway" is not a host name'],
  ['ALLOWED_HOSTS', 'gateway:4000', '"gateway:4000" is not a host name'],
  ['METRICS', 'yes', 'one of on, off, authenticated'],
])('%s=%s is refused', (name, value, right) => {
  expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(right)]);
});
