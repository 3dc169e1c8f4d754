/** The API, opened before anything else: /livez and /readyz answer while the gateway still waits for its database. */

import { openToAll } from '../api/auth/authentication.js';
import { openDocumentReader } from '../api/input/document-reader.js';
import { type Api, openApi } from '../api/server.js';
import { type Config, stepDefaults } from '../config/config.js';
import type { StepTopics } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import type { Logs } from '../observability/log.js';
import type { Opened } from './opened.js';

/** From the default port on; a port that was chosen is this one or none. */
const PORT_TRIES = 20;

export async function listen(
  config: Config,
  { engine, stepTopics }: { readonly engine: EngineService; readonly stepTopics: StepTopics },
  opened: Opened,
  logs: Logs,
): Promise<Api> {
  const { host, port, payloadLimit, production, allowedOrigins } = config;
  const defaults = stepDefaults(config);
  const documents = openDocumentReader();
  opened.add('the document reader', () => documents.close());
  const api = await openApi({
    engine,
    readRegistration: (text, options) => documents.read(text, { ...options, defaults }),
    stepTopics,
    payloadLimit,
    log: logs('api'),
    host,
    port,
    portTries: config.portIsGiven ? 1 : PORT_TRIES,
    introspection: config.introspection === null ? !production : config.introspection === 'on',
    production,
    allowedOrigins,
    limits: {
      socketConnectionsPerPrincipal: config.socketsPerAddress,
      subscriptionsPerPrincipal: config.subscriptionsPerAddress,
      subscriberMessagesPerSecond: config.subscriberMessagesPerSecond,
    },
  });
  opened.addFirst('the API', () => api.close());
  const open = openToAll(host, 'none');
  if (open !== null) logs('main').warn({ host }, open);
  return api;
}
