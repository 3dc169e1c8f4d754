/**
 * Rows of registered recipes and workers. Registration reads and writes them through the
 * EntityManager.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { Objectives } from '../../../saga/orchestration.js';

const name = () => p.string().columnType('text').collation('C');
const text = () => p.string().columnType('text');

export const OrchestrationRow = defineEntity({
  name: 'OrchestrationRow',
  tableName: 'orchestration',
  properties: {
    name: name().primary(),
    version: p.integer().primary(),
    type: text(),
    deadlineMs: p.bigint('number').nullable(),
    onRetriesExhausted: text(),
    onUndoExhausted: text(),
    description: text().nullable(),
    labels: p.json<Readonly<Record<string, string>>>().columnType('jsonb').default('{}'),
    initiator: text().nullable(),
    payloadSchema: p.json<unknown>().columnType('json').nullable(),
    sensitive: p.json<readonly string[]>().columnType('json').nullable(),
    objectives: p.json<Objectives>().columnType('json').nullable(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
  indexes: [{ name: 'orchestration_labels', properties: ['labels'], type: 'gin' }],
});

export const OrchestrationNameRow = defineEntity({
  name: 'OrchestrationNameRow',
  tableName: 'orchestration_name',
  properties: {
    name: name().primary(),
    currentVersion: p.integer(),
    paused: p.boolean().default(false),
    archived: p.boolean().default(false),
    policies: p.json<unknown>().columnType('json').nullable(),
    standing: p.json<unknown>().columnType('json').nullable(),
    waking: p.json<unknown>().columnType('json').nullable(),
  },
  indexes: [
    { name: 'orchestration_name_paused', properties: ['name'], where: 'paused' },
    { name: 'orchestration_name_waking', properties: ['name'], where: 'waking IS NOT NULL' },
  ],
});

export const OrchestrationStepRow = defineEntity({
  name: 'OrchestrationStepRow',
  tableName: 'orchestration_step',
  properties: {
    orchestrationName: name().primary(),
    version: p.integer().primary(),
    seq: p.integer().primary(),
    name: name(),
    objectType: text().nullable(),
    maxRetries: p.integer(),
    undoMaxRetries: p.integer(),
    timeoutMs: p.bigint('number'),
    undoTimeoutMs: p.bigint('number'),
    backoff: p.json<unknown>().columnType('json'),
    undoBackoff: p.json<unknown>().columnType('json'),
    nonRetryableErrors: p.json<readonly string[]>().columnType('json'),
    undo: text(),
    payloadSchema: p.json<unknown>().columnType('json').nullable(),
    doMethod: text().nullable(),
    undoMethod: text().nullable(),
    handlerClass: text().nullable(),
    handlerMethod: text().nullable(),
    undoHandlerMethod: text().nullable(),
    doTopicKey: name(),
    undoTopicKey: name(),
  },
  indexes: [
    { name: 'orchestration_step_do_topic', properties: ['doTopicKey'] },
    { name: 'orchestration_step_undo_topic', properties: ['undoTopicKey'] },
  ],
});

export const OrchestrationWorkerRow = defineEntity({
  name: 'OrchestrationWorkerRow',
  tableName: 'orchestration_worker',
  properties: {
    orchestrationName: name().primary(),
    stepName: name().primary(),
    serviceName: name().primary(),
    objectType: text().nullable(),
    handlerClass: text().nullable(),
    doMethod: text().nullable(),
    undoMethod: text().nullable(),
    doTopicKey: name(),
    undoTopicKey: name(),
    registeredAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
  indexes: [
    { name: 'orchestration_worker_do_topic', properties: ['doTopicKey'] },
    { name: 'orchestration_worker_undo_topic', properties: ['undoTopicKey'] },
  ],
});

export type OrchestrationRow = InferEntity<typeof OrchestrationRow>;
export type OrchestrationNameRow = InferEntity<typeof OrchestrationNameRow>;
export type OrchestrationStepRow = InferEntity<typeof OrchestrationStepRow>;
export type OrchestrationWorkerRow = InferEntity<typeof OrchestrationWorkerRow>;
