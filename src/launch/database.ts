/** Opens the database, and has what is kept in it for how long. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.js';
import type { StepTopics } from '../engine/ports.js';
import type { Keep } from '../engine/retention/retention.js';
import type { Logs } from '../observability/log.js';
import { openPostgres, type Postgres } from '../postgres/database.js';
import { readPayloadKeys } from './payload-keys.js';

/** Rows that a gateway has taken belong to it for so long. */
export const LEASE_MS = 10_000;
/** A window of `slo` looks back seven days at most. */
const SLO_KEPT_MS = 8 * 86_400_000;
const STATEMENT_TIMEOUT_MS = 15_000;

export function openDatabase(
  config: Config,
  url: string,
  stepTopics: StepTopics,
  logs: Logs,
): Postgres {
  return openPostgres({
    url,
    poolSize: config.databasePool,
    readPoolSize: config.databaseReadPool,
    instanceId: randomUUID().slice(0, 8),
    leaseMs: LEASE_MS,
    stepTopics,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    ...(config.payloadEncryption && { payloadKeys: readPayloadKeys(config.payloadEncryption) }),
    log: logs('postgres'),
  });
}

/** What is done about the schema at the start of a gateway. */
export async function prepareSchema(config: Config, postgres: Postgres): Promise<void> {
  if (config.migrations === 'wait') await postgres.checkSchema();
  else await postgres.migrate();
}

export function keepOf(config: Config): Keep {
  const {
    retentionCompleted: COMPLETED,
    retentionUndone: UNDONE,
    retentionFailed: FAILED,
  } = config;
  const flows = { COMPLETED, UNDONE, CANCELLED: UNDONE, FAILED };
  const { retentionQuarantine: quarantined, retentionAudit: audit } = config;
  return { flows, quarantined, audit, slo: SLO_KEPT_MS };
}
