/**
 * A real Kafka that encrypts, authenticates and authorizes: one broker with a listener for each way
 * of doing so. Its plain listener belongs to the superuser of the test.
 */
import { Buffer } from 'node:buffer';
import { Authority } from './certificates.js';
import { startKafka, type TestKafka } from './kafka.mjs';

export interface SecuredKafka extends AsyncDisposable {
  readonly kafka: TestKafka;
  /** It has issued the certificates of all listeners. */
  readonly authority: Authority;
}

/** Of the users of PLAIN and SCRAM. */
export const PASSWORD = 'a-secret-of-the-test';
const USERS = ['gateway', 'worker', 'initiator', 'nobody'];

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
/** Accepts tokens without a signature: what they prove is not what is tested here. */
const OAUTH =
  'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";';

/**
 * Listeners: TLS (encryption only), MTLS (requires a client certificate, whose common name is the
 * user), SASL (every mechanism), FEW (SCRAM-SHA-512 only), OLD (its certificate has expired),
 * ELSEWHERE (its certificate is for another name).
 */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const authority = new Authority();
  const keystore = (name: string, wanted = {}): string =>
    authority.keystore(authority.issue(name, wanted));
  const own = (listener: string, store: string): object => ({
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: store,
  });
  const sasl = (listener: string, mechanism: string, module: string): object => ({
    [`listener.name.${listener}.${mechanism}.sasl.jaas.config`]: module,
  });
  const users = USERS.map((name) => `user_${name}="${PASSWORD}"`).join(' ');
  const settings = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore('broker'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.cert,
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]*).*$/$1/,DEFAULT',
    'listener.name.mtls.ssl.client.auth': 'required',
    ...own('old', keystore('old', { days: -1 })),
    ...own('elsewhere', keystore('elsewhere', { names: 'DNS:kafka.example.com' })),
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.few.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    ...sasl('sasl', 'plain', `${PLAIN} ${users};`),
    ...sasl('sasl', 'scram-sha-256', SCRAM),
    ...sasl('sasl', 'scram-sha-512', SCRAM),
    ...sasl('few', 'scram-sha-512', SCRAM),
    ...sasl('sasl', 'oauthbearer', OAUTH),
    'listener.name.sasl.oauthbearer.connections.max.reauth.ms': 3_600_000,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': 'User:ANONYMOUS',
  } as const;
  const listeners = [
    ...['TLS', 'MTLS', 'OLD', 'ELSEWHERE'].map((name) => ({ name, protocol: 'SSL' })),
    ...['SASL', 'FEW'].map((name) => ({ name, protocol: 'SASL_SSL' })),
  ];
  const format = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=gateway,password=${PASSWORD}]`,
  ]);
  try {
    const kafka = await startKafka({ listeners, settings, format });
    return {
      kafka,
      authority,
      async [Symbol.asyncDispose]() {
        await kafka.stop();
        authority.remove();
      },
    };
  } catch (error) {
    authority.remove();
    throw error;
  }
}

/** A token as the broker accepts it: without a signature. */
export function tokenFor(subject: string, livesSeconds = 3600): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: subject, iat: now, exp: now + livesSeconds };
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}
