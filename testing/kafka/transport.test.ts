/** Each way to encrypt and to prove who one is, against a real broker that requires it. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.js';
import type { Broker } from '../../src/engine/ports.js';
import { kafkaSecurity } from '../../src/launch/kafka-security.js';
import { GatewayReceiver, loudLog, publishAll, row } from '../contracts/broker-builders.js';
import { allowAll } from '../kit/acls.js';
import { newName, onAdmin, openGateway } from '../kit/cluster.js';
import { PASSWORD, type SecuredKafka, startSecuredKafka, tokenFor } from '../kit/secured-kafka.js';

let secured: SecuredKafka;
beforeAll(async () => {
  secured = await startSecuredKafka();
  await onAdmin([secured.kafka.brokers], async (admin) => {
    for (const user of ['gateway', 'ANONYMOUS']) await allowAll(admin, user);
  });
}, 120_000);
afterAll(async () => {
  await secured?.[Symbol.asyncDispose]();
}, 60_000);

type Settings = Readonly<Record<string, string>>;
const withCa = (): Settings => ({ KAFKA_SSL: 'on', KAFKA_SSL_CA_FILE: secured.authority.cert });
const withClient = (name = 'gateway'): Settings => {
  const { cert, key } = secured.authority.issue(name);
  return { ...withCa(), KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key };
};
const sasl = (mechanism: string, more: Settings): Settings => ({
  ...withCa(),
  KAFKA_SASL_MECHANISM: mechanism,
  ...more,
});
const gateway = { KAFKA_SASL_USERNAME: 'gateway', KAFKA_SASL_PASSWORD: PASSWORD };
const file = (name: string, text: string): string => {
  const path = join(secured.authority.folder, name);
  writeFileSync(path, text, { mode: 0o700 });
  return path;
};

interface Opened {
  readonly broker: Broker;
  readonly warnings: readonly string[];
}

/** A gateway's connection, with settings as users write them. */
async function open(listener: string, settings: Settings, replies: string): Promise<Opened> {
  const { log, warnings } = loudLog();
  const security = kafkaSecurity(readConfig({ ...settings }), log);
  const brokers = [secured.kafka.at(listener)];
  return { broker: await openGateway(brokers, replies, { ...security, log }), warnings };
}

/** Publishes a record and reads it; answers what was logged. */
async function carries(listener: string, settings: Settings): Promise<readonly string[]> {
  const replies = newName('transport');
  const { broker, warnings } = await open(listener, settings, replies);
  try {
    const receiver = new GatewayReceiver();
    await receiver.attach(broker);
    await publishAll(broker, [row(replies, 'through')]);
    await receiver.receives('through');
    return warnings;
  } finally {
    await broker.close();
  }
}

/** Why it cannot use the cluster. */
async function refusal(listener: string, settings: Settings): Promise<string> {
  const { broker } = await open(listener, settings, newName('transport'));
  try {
    return await broker.ensureTopics([newName('refused')]).then(
      () => 'it worked',
      (error: Error) => error.message,
    );
  } finally {
    await broker.close();
  }
}

describe('TLS', () => {
  test('by an authority of the cluster', async () => {
    expect(await carries('TLS', withCa())).toEqual([]);
  });
  test('mTLS: the certificate is who it is', async () => {
    expect(await carries('MTLS', withClient())).toEqual([]);
  });
  test('unverified: to any server, with a warning', async () => {
    const warnings = await carries('ELSEWHERE', { KAFKA_SSL: 'unverified' });
    expect(warnings).toEqual([expect.stringContaining('KAFKA_SSL=unverified')]);
  });
  test('a client certificate that is renewed is used by the next connection', async () => {
    const [first, second] = [secured.authority.issue('nobody'), secured.authority.issue('gateway')];
    const cert = file('renewed.crt', readFileSync(first.cert, 'utf8'));
    const key = file('renewed.key', readFileSync(first.key, 'utf8'));
    const settings = { ...withCa(), KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key };
    const { broker } = await open('MTLS', settings, newName('renewed'));
    try {
      const refused = broker.ensureTopics([newName('renewed')]);
      await expect(refused).rejects.toThrow(/AUTHORIZATION_FAILED|not authorized/i);
      copyFileSync(second.key, key);
      copyFileSync(second.cert, cert);
      await broker.ensureTopics([newName('renewed')]);
    } finally {
      await broker.close();
    }
  });
});

describe('SASL over TLS', () => {
  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s', async (mechanism) => {
    expect(await carries('SASL', sasl(mechanism, gateway))).toEqual([]);
  });
  test('the password from a file', async () => {
    const path = file('password', `${PASSWORD}\n`);
    const from = { KAFKA_SASL_USERNAME: 'gateway', KAFKA_SASL_PASSWORD_FILE: path };
    expect(await carries('SASL', sasl('plain', from))).toEqual([]);
  });
  test('oauthbearer, the token from a command', async () => {
    const command = file('token.sh', `#!/bin/sh\necho '${tokenFor('gateway')}'\n`);
    const settings = sasl('oauthbearer', { KAFKA_OAUTH_TOKEN_COMMAND: command });
    expect(await carries('SASL', settings)).toEqual([]);
  });
});

interface Endpoint extends AsyncDisposable {
  readonly settings: Settings;
  readonly forms: readonly string[];
}

/** A token endpoint, with a certificate of the authority. */
async function tokenEndpoint(secret = 'client-secret'): Promise<Endpoint> {
  const { cert, key } = secured.authority.issue('issuer');
  const expected = `Basic ${Buffer.from('backstep:client-secret').toString('base64')}`;
  const forms: string[] = [];
  const read = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    return text;
  };
  const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
  const server = createServer(certificate, async (request, response) => {
    forms.push(await read(request));
    const right = request.headers.authorization === expected;
    const answer = right
      ? { access_token: tokenFor('gateway'), token_type: 'Bearer', expires_in: 3600 }
      : { error: 'invalid_client' };
    response.statusCode = right ? 200 : 401;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    forms,
    settings: sasl('oauthbearer', {
      KAFKA_OAUTH_TOKEN_URL: `https://localhost:${port}/token`,
      KAFKA_OAUTH_CLIENT_ID: 'backstep',
      KAFKA_OAUTH_CLIENT_SECRET: secret,
      KAFKA_OAUTH_SCOPE: 'kafka',
      KAFKA_OAUTH_CA_FILE: secured.authority.cert,
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('oauthbearer by client credentials', () => {
  test('one token for all connections', async () => {
    await using endpoint = await tokenEndpoint();
    expect(await carries('SASL', endpoint.settings)).toEqual([]);
    expect(endpoint.forms).toEqual(['grant_type=client_credentials&scope=kafka']);
  });
  test('a wrong secret, and an endpoint of an unknown authority, are reported', async () => {
    await using endpoint = await tokenEndpoint('wrong');
    expect(await refusal('SASL', endpoint.settings)).toMatch(
      /answers 401 invalid_client; check KAFKA_OAUTH_CLIENT_ID/,
    );
    const { KAFKA_OAUTH_CA_FILE: _, ...unknown } = endpoint.settings;
    expect(await refusal('SASL', unknown)).toMatch(/name the file .* KAFKA_OAUTH_CA_FILE/);
  });
});

describe('what is wrong is named, with what to do', () => {
  test.each<[string, string, () => Settings, RegExp]>([
    ['an unknown authority', 'TLS', () => ({ KAFKA_SSL: 'on' }), /KAFKA_SSL_CA_FILE/],
    ['another name', 'ELSEWHERE', withCa, /certificate is for other names/],
    ['an expired certificate', 'OLD', withCa, /its certificate has expired/],
    ['no client certificate', 'MTLS', withCa, /KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE/],
    [
      'a wrong password',
      'SASL',
      () => sasl('plain', { ...gateway, KAFKA_SASL_PASSWORD: 'x' }),
      /check user and password/,
    ],
    [
      'a wrong password by SCRAM',
      'SASL',
      () => sasl('scram-sha-256', { ...gateway, KAFKA_SASL_PASSWORD: 'x' }),
      /check user and password/,
    ],
    [
      'a mechanism that is not enabled',
      'FEW',
      () => sasl('plain', gateway),
      /change KAFKA_SASL_MECHANISM/,
    ],
    ['SASL where there is none', 'TLS', () => sasl('plain', gateway), /unset KAFKA_SASL_MECHANISM/],
    [
      'a token nobody accepts',
      'SASL',
      () => sasl('oauthbearer', { KAFKA_OAUTH_TOKEN_COMMAND: 'echo nonsense' }),
      /check the token/,
    ],
    [
      'a command that fails',
      'SASL',
      () => sasl('oauthbearer', { KAFKA_OAUTH_TOKEN_COMMAND: 'false' }),
      /KAFKA_OAUTH_TOKEN_COMMAND: false failed: it ended with 1/,
    ],
    [
      'a user without rights',
      'MTLS',
      () => withClient('nobody'),
      /docs\/transport\.md has the ACLs/,
    ],
  ])('%s', async (_what, listener, settings, why) => {
    const reason = await refusal(listener, settings());
    expect(reason).toMatch(why);
    expect(reason).not.toContain(PASSWORD);
  });
  test('TLS to a port without', async () => {
    const security = kafkaSecurity(readConfig(withCa()), loudLog().log);
    const broker = await openGateway([secured.kafka.brokers], newName('transport'), security);
    await expect(broker.ensureTopics([newName('plain')])).rejects.toThrow(/set KAFKA_SSL=off/);
    await broker.close();
  });
  test('files that cannot be used end the start', () => {
    const { log } = loudLog();
    const wrong = { KAFKA_SSL: 'on', KAFKA_SSL_CA_FILE: file('ca.txt', 'nonsense') };
    expect(() => kafkaSecurity(readConfig(wrong), log)).toThrow(/KAFKA_SSL_CA_FILE .*no PEM/);
    const pair = { ...withClient(), KAFKA_SSL_KEY_FILE: secured.authority.issue('other').key };
    expect(() => kafkaSecurity(readConfig(pair), log)).toThrow(/of this certificate/);
  });
});

test('a gateway that waits reports why, in its log and in its health', async () => {
  const { broker, warnings } = await open('OLD', withCa(), newName('waits'));
  const attached = new GatewayReceiver().attach(broker);
  while (!/has expired/.test(broker.health().detail))
    await new Promise((resolve) => setImmediate(resolve));
  expect(broker.health().ready).toBe(false);
  expect(warnings).toContain('Kafka is not ready; trying again');
  await broker.close();
  await attached;
});
