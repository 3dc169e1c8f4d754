/** Settings of the process: where it listens, what it logs, whether it shows the demo. */
import { COMPONENTS, LEVELS } from '../observability/log.js';
import { form, hsts, isHost, levels, oneOf, setting, text, whole } from './parsers.js';

export const SERVER = {
  host: setting({
    name: 'HOST',
    meaning:
      'address or name to listen on; 0.0.0.0 is every address of this machine, and then AUTH must be set',
    byDefault: '127.0.0.1',
    read: form(
      isHost,
      'an address or a host name like 127.0.0.1, without protocol and port',
      '127.0.0.1',
    ),
  }),
  port: setting({
    name: 'PORT',
    meaning:
      'port to listen on; 0 takes any free one; without PORT the next free one is taken when this is in use',
    byDefault: '4000',
    read: whole(0, 65_535, 4000),
  }),
  tlsCertFile: setting({
    name: 'TLS_CERT_FILE',
    meaning:
      'PEM file with the certificate of the gateway and those between it and the authority: HTTPS on PORT, nothing else; read again when it changes',
    byDefault: 'none: plain HTTP',
    read: text,
  }),
  tlsKeyFile: setting({
    name: 'TLS_KEY_FILE',
    meaning:
      'PEM file with the key of TLS_CERT_FILE, without a passphrase; read again when it changes',
    byDefault: 'none',
    read: text,
  }),
  hsts: setting({
    name: 'HSTS',
    meaning:
      'how long browsers may use this host name by https only, like 180d, or off: Strict-Transport-Security, which holds for all ports of the name',
    byDefault: '180d with TLS_CERT_FILE on port 443, else off',
    read: hsts,
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    meaning: 'the least level that is logged: debug, info, warn, error',
    byDefault: 'info',
    read: oneOf(LEVELS, 'info'),
  }),
  logLevels: setting({
    name: 'LOG_LEVELS',
    meaning: `the level of single components, like do=debug,undo=debug; components: ${COMPONENTS.join(', ')}`,
    byDefault: 'none',
    read: levels,
  }),
  logFormat: setting({
    name: 'LOG_FORMAT',
    meaning: 'pretty (for people) or json (for machines)',
    byDefault: 'pretty on a terminal, else json',
    read: oneOf(['pretty', 'json'] as const, null),
  }),
  noColor: setting({
    name: 'NO_COLOR',
    meaning: 'set: no colours in the terminal',
    byDefault: 'colours on a terminal',
    read: text,
  }),
  environment: setting({
    name: 'NODE_ENV',
    meaning: 'production: no suggestions, no introspection',
    byDefault: 'development',
    read: form(() => true, '', 'development'),
  }),
  demo: setting({
    name: 'DEMO',
    meaning: 'on or off: example orchestrations, workers and two flows',
    byDefault: 'on when neither DATABASE_URL nor KAFKA_BROKERS is set',
    read: oneOf(['on', 'off'], null),
  }),
  dataFolder: setting({
    name: 'DATA_FOLDER',
    meaning: 'folder of the database and the broker that the gateway starts itself',
    byDefault: '.backstep',
    read: form((value) => !value.startsWith('~'), 'a path; ~ is not understood here', '.backstep'),
  }),
} as const;
