/**
 * Rows of flows and their steps. The road writes them with set-based SQL (record.ts); these
 * describe the tables.
 */
import { defineEntity, p } from '@mikro-orm/core';

const name = () => p.string().columnType('text').collation('C');
const text = () => p.string().columnType('text');
const instant = () => p.datetime().columnType('timestamptz');
const json = () => p.json<unknown>().columnType('json');

export const RunRow = defineEntity({
  name: 'RunRow',
  tableName: 'orchestration_run',
  properties: {
    flowId: name().primary(),
    orchestrationName: name(),
    orchestrationVersion: p.integer(),
    status: text(),
    startedAt: instant(),
    endedAt: instant().nullable(),
    failureReason: text().nullable(),
    initiator: text().nullable(),
    idempotencyKey: name().nullable(),
    correlationId: text().nullable(),
    input: json().nullable(),
    output: json().nullable(),
    headers: json(),
    state: json().nullable(),
    lastEventNumber: p.integer(),
    wakeAt: instant().nullable(),
    parked: text().nullable(),
    policy: json().nullable(),
    startedBy: name().nullable(),
  },
  indexes: [
    { name: 'orchestration_run_started', properties: ['startedAt', 'flowId'] },
    { name: 'orchestration_run_history', properties: ['orchestrationName', 'startedAt', 'flowId'] },
    {
      name: 'orchestration_run_status',
      properties: ['status', 'startedAt', 'flowId'],
      where: "status <> 'COMPLETED'",
    },
    { name: 'orchestration_run_wake', properties: ['wakeAt'], where: 'wake_at IS NOT NULL' },
    {
      name: 'orchestration_run_key_alone',
      properties: ['idempotencyKey'],
      where: 'idempotency_key IS NOT NULL',
    },
    {
      name: 'orchestration_run_initiator',
      properties: ['initiator', 'startedAt', 'flowId'],
      where: 'initiator IS NOT NULL',
    },
    {
      name: 'orchestration_run_correlation',
      properties: ['correlationId', 'startedAt', 'flowId'],
      where: 'correlation_id IS NOT NULL',
    },
    {
      name: 'orchestration_run_open',
      properties: ['startedBy'],
      where: 'started_by IS NOT NULL AND ended_at IS NULL',
    },
  ],
  uniques: [
    {
      name: 'orchestration_run_key',
      properties: ['orchestrationName', 'idempotencyKey'],
      where: 'idempotency_key IS NOT NULL',
    },
  ],
});

export const StepRunRow = defineEntity({
  name: 'StepRunRow',
  tableName: 'orchestration_step_run',
  properties: {
    flowId: name().primary(),
    seq: p.integer().primary(),
    stepName: name(),
    status: text(),
    retryCount: p.integer().default(0),
    maxRetries: p.integer(),
    undoRetryCount: p.integer().default(0),
    undoMaxRetries: p.integer(),
    attempt: p.integer().default(0),
    errorMessage: text().nullable(),
    errorCode: text().nullable(),
    input: json().nullable(),
    output: json().nullable(),
    createdAt: instant(),
    startedAt: instant().nullable(),
    endedAt: instant().nullable(),
    undoneAt: instant().nullable(),
    state: json().nullable(),
    trouble: name()
      .nullable()
      .generated(
        "case when status in ('PENDING', 'IN_PROGRESS', 'DO_SUCCESS') then null else status end stored",
      ),
    inputOfFlow: p.boolean().nullable(),
  },
  indexes: [
    { name: 'orchestration_step_run_created', properties: ['createdAt'], type: 'brin' },
    {
      name: 'orchestration_step_run_trouble',
      properties: ['trouble', 'stepName', 'createdAt'],
      where: 'trouble IS NOT NULL',
    },
    {
      name: 'orchestration_step_run_error',
      properties: ['createdAt'],
      where: 'error_message IS NOT NULL',
    },
  ],
});

export const TimelineRow = defineEntity({
  name: 'TimelineRow',
  tableName: 'orchestration_timeline',
  properties: {
    flowId: name().primary(),
    firstNumber: p.integer().primary(),
    lastNumber: p.integer(),
    at: instant(),
    events: json(),
  },
});
