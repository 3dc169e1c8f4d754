/**
 * The tables of inbox, outbox and quarantine. Written with set-based SQL (admit.ts, record.ts,
 * outbox.ts, refuse.ts).
 */
import { defineEntity, p } from '@mikro-orm/core';

const name = () => p.string().columnType('text').collation('C');
const text = () => p.string().columnType('text');
const instant = () => p.datetime().columnType('timestamptz');
const bytes = () => p.blob().columnType('bytea');

export const InboxRow = defineEntity({
  name: 'InboxRow',
  tableName: 'orchestration_inbox',
  properties: {
    topic: name().primary(),
    partition: p.integer().primary(),
    nextOffset: p.bigint('bigint'),
    lastTimestamp: p.bigint('number').nullable(),
    previousOffset: p.bigint('bigint').nullable(),
  },
});

export const OutboxMessageRow = defineEntity({
  name: 'OutboxMessageRow',
  tableName: 'orchestration_outbox',
  properties: {
    flowId: name().primary(),
    number: p.bigint('number').primary(),
    topic: text(),
    key: text().nullable(),
    value: text().nullable(),
    headers: p.json<unknown>().columnType('json'),
    attemptId: text().nullable(),
    keyBytes: bytes().nullable(),
    valueBytes: bytes().nullable(),
    leasedTo: text().nullable(),
    leasedUntil: instant(),
    payloadOfFlow: p.boolean().nullable(),
    sealed: p.boolean().nullable(),
  },
  indexes: [
    { name: 'orchestration_outbox_lease', properties: ['leasedUntil'] },
    { name: 'orchestration_outbox_ungiven', properties: ['flowId'], where: 'leased_to IS NULL' },
  ],
});

export const AuditEntryRow = defineEntity({
  name: 'AuditEntryRow',
  tableName: 'orchestration_audit',
  properties: {
    at: instant().primary(),
    id: p.bigint('string').primary().autoincrement(),
    actor: name(),
    proven: p.boolean(),
    origin: text().nullable(),
    requestId: text().nullable(),
    action: name(),
    orchestrationName: name().nullable(),
    flowId: name().nullable(),
    stepName: text().nullable(),
    reason: text().nullable(),
    before: p.json<unknown>().columnType('json').nullable(),
    after: p.json<unknown>().columnType('json').nullable(),
    outcome: text(),
    code: text().nullable(),
  },
  indexes: [
    { name: 'orchestration_audit_actor', properties: ['actor', 'at', 'id'] },
    {
      name: 'orchestration_audit_name',
      properties: ['orchestrationName', 'at', 'id'],
      where: 'orchestration_name IS NOT NULL',
    },
    {
      name: 'orchestration_audit_flow',
      properties: ['flowId', 'at', 'id'],
      where: 'flow_id IS NOT NULL',
    },
    {
      name: 'orchestration_audit_action',
      properties: ['action', 'at', 'id'],
      where: "action <> 'execute'",
    },
    {
      name: 'orchestration_audit_refused',
      properties: ['at', 'id'],
      where: "outcome = 'REFUSED'",
    },
  ],
});

export const SloRow = defineEntity({
  name: 'SloRow',
  tableName: 'orchestration_slo',
  properties: {
    orchestrationName: name().primary(),
    minute: instant().primary(),
    counts: p.array().columnType('bigint[]'),
  },
  indexes: [{ name: 'orchestration_slo_minute', properties: ['minute'] }],
});

export const QuarantineRow = defineEntity({
  name: 'QuarantineRow',
  tableName: 'orchestration_quarantine',
  properties: {
    id: p.bigint('string').primary().autoincrement(),
    topic: text(),
    partition: p.integer(),
    recordOffset: p.bigint('bigint'),
    recordAt: instant(),
    receivedAt: instant().defaultRaw('now()'),
    code: text(),
    message: text(),
    flowId: name().nullable(),
    stepName: text().nullable(),
    key: bytes().nullable(),
    value: bytes().nullable(),
    state: text().default('OPEN'),
    headers: p.json<unknown>().columnType('json').nullable(),
    settledAt: instant().nullable(),
    settledBy: text().nullable(),
    settledReason: text().nullable(),
    sealed: p.boolean().nullable(),
  },
  indexes: [
    { name: 'orchestration_quarantine_flow', properties: ['flowId'], where: 'flow_id IS NOT NULL' },
    { name: 'orchestration_quarantine_open', properties: ['id'], where: "state = 'OPEN'" },
  ],
});
