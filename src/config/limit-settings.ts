/** Limits that are settings (docs/limits.md lists all limits). */
import { LIMITS } from '../limits/limits.js';
import { duration, setting, whole } from './parsers.js';

export const LIMIT_SETTINGS = {
  payloadLimit: setting({
    name: 'PAYLOAD_LIMIT_BYTES',
    meaning: 'largest payload of a start or a reply, bytes',
    byDefault: String(LIMITS.payloadBytes.value),
    read: whole(1024, 50_000_000, LIMITS.payloadBytes.value),
  }),
  fanOutLimit: setting({
    name: 'FAN_OUT_LIMIT_BYTES',
    meaning:
      'most bytes that one start sends at once: its payload times the steps of a parallel orchestration',
    byDefault: String(LIMITS.fanOutBytes.value),
    read: whole(1024, 1_000_000_000, LIMITS.fanOutBytes.value),
  }),
  startsPerSecond: setting({
    name: 'STARTS_PER_SECOND',
    meaning:
      'most flows that one caller starts in a second, by GraphQL and REST: who it is, or its address with AUTH=none; 0 = as many as the gateway can',
    byDefault: String(LIMITS.startsPerSecond.value),
    read: whole(0, 1_000_000, LIMITS.startsPerSecond.value),
  }),
  openFlowsPerCaller: setting({
    name: 'OPEN_FLOWS_PER_CALLER',
    meaning:
      'most open flows that one caller has started by GraphQL and REST, on all gateways together; the same on each gateway; 0 = any number',
    byDefault: String(LIMITS.openFlowsPerPrincipal.value),
    read: whole(0, 100_000, LIMITS.openFlowsPerPrincipal.value),
  }),
  socketsPerAddress: setting({
    name: 'SOCKETS_PER_ADDRESS',
    meaning: 'most WebSocket connections of one address',
    byDefault: String(LIMITS.socketConnectionsPerPrincipal.value),
    read: whole(1, 1_000_000, LIMITS.socketConnectionsPerPrincipal.value),
  }),
  subscriptionsPerAddress: setting({
    name: 'SUBSCRIPTIONS_PER_ADDRESS',
    meaning: 'most subscriptions of one caller: who it is, or its address with AUTH=none',
    byDefault: String(LIMITS.subscriptionsPerPrincipal.value),
    read: whole(1, 1_000_000, LIMITS.subscriptionsPerPrincipal.value),
  }),
  subscriberMessagesPerSecond: setting({
    name: 'SUBSCRIBER_MESSAGES_PER_SECOND',
    meaning: 'most messages a second to all subscribers together',
    byDefault: String(LIMITS.subscriberMessagesPerSecond.value),
    read: whole(1, 1_000_000, LIMITS.subscriberMessagesPerSecond.value),
  }),
  workerLease: setting({
    name: 'WORKER_LEASE',
    meaning:
      "how long a worker that uses GraphQL or REST has for a command, from when it got it or reported progress last, before another one gets it, like 30s; never longer than the step's timeout",
    byDefault: '30s',
    read: duration(1000, 30_000),
  }),
  embeddedBrokerBytes: setting({
    name: 'EMBEDDED_BROKER_BYTES',
    meaning: 'most unread bytes in the broker of this process; beyond them no flow starts',
    byDefault: String(LIMITS.embeddedBytes.value),
    read: whole(1_048_576, 10_000_000_000, LIMITS.embeddedBytes.value),
  }),
} as const;
