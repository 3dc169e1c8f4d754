/** Settings of flows: defaults for registration documents, and how long flows are kept. */
import { DEFAULTS } from '../saga/orchestration.js';
import { age, ageFrom, decimal, duration, oneOf, setting, whole } from './parsers.js';

export const FLOWS = {
  defaultMaxRetries: setting({
    name: 'DEFAULT_MAX_RETRIES',
    meaning:
      'retries of a step whose registration document gives none; registered orchestrations keep theirs',
    byDefault: '3',
    read: whole(0, 1000, DEFAULTS.maxRetries),
  }),
  defaultStepTimeout: setting({
    name: 'DEFAULT_STEP_TIMEOUT',
    meaning: 'longest time of an attempt of a step whose document gives none, like 30s or 5m',
    byDefault: '5m',
    read: duration(1, DEFAULTS.timeoutMs),
  }),
  defaultBackoffInitial: setting({
    name: 'DEFAULT_BACKOFF_INITIAL',
    meaning: 'wait before the first retry of a step whose document gives none',
    byDefault: '500ms',
    read: duration(0, DEFAULTS.backoff.initialMs),
  }),
  defaultBackoffFactor: setting({
    name: 'DEFAULT_BACKOFF_FACTOR',
    meaning:
      'how many times longer each wait is than the one before, when the document gives no factor',
    byDefault: '2',
    read: decimal(1, 100, DEFAULTS.backoff.factor),
  }),
  defaultBackoffMax: setting({
    name: 'DEFAULT_BACKOFF_MAX',
    meaning: 'longest wait before a retry, when the document gives none',
    byDefault: '30s',
    read: duration(0, DEFAULTS.backoff.maxMs),
  }),
  defaultBackoffJitter: setting({
    name: 'DEFAULT_BACKOFF_JITTER',
    meaning: 'full (a random part of the wait) or none, when the document gives neither',
    byDefault: 'full',
    read: oneOf(['full', 'none'] as const, DEFAULTS.backoff.jitter),
  }),
  retentionCompleted: setting({
    name: 'RETENTION_COMPLETED',
    meaning: 'how long COMPLETED flows are kept after they ended, like 30d or 12h',
    byDefault: 'off: kept for ever',
    read: age,
  }),
  retentionUndone: setting({
    name: 'RETENTION_UNDONE',
    meaning: 'how long flows that ended UNDONE or CANCELLED are kept after they ended',
    byDefault: 'off: kept for ever',
    read: age,
  }),
  retentionFailed: setting({
    name: 'RETENTION_FAILED',
    meaning: 'how long FAILED flows, which wait for a person, are kept after they ended',
    byDefault: 'off: kept for ever',
    read: age,
  }),
  retentionQuarantine: setting({
    name: 'RETENTION_QUARANTINE',
    meaning: 'how long quarantined records are kept after they were settled',
    byDefault: 'off: kept for ever',
    read: age,
  }),
  retentionAudit: setting({
    name: 'RETENTION_AUDIT',
    meaning: 'how long rows of the audit are kept, 1d at least',
    byDefault: 'off: kept for ever',
    read: ageFrom(86_400_000, 'of a day at least, like 400d or 48h'),
  }),
} as const;
