/**
 * Every limit of the gateway, in one place (docs/limits.md lists them; a test holds the page
 * against this table). Knows: numbers. Refuses to know: everything else. In: nothing. Out: a value,
 * what it bounds, and the code beyond it.
 */

import { DOCUMENT_LIMITS } from './document-limits.js';
import { type Limit, limit } from './limit.js';
import { WORKER_LIMITS } from './worker-limits.js';

export type { Limit } from './limit.js';

const KIB = 1024;
const MIB = 1024 * 1024;

export const LIMITS = {
  payloadBytes: limit(
    921_600,
    'bytes of the payload of a start or a reply',
    'PAYLOAD_TOO_LARGE',
    'PAYLOAD_LIMIT_BYTES',
  ),
  headersBytes: limit(16 * KIB, "bytes of an initiator's headers", 'HEADERS_TOO_LARGE'),
  startsPerRequest: limit(1000, 'starts of one executeMany', 'BAD_USER_INPUT'),
  nameCharacters: limit(200, 'characters of a name, key or id from a caller', 'INVALID_TEXT'),
  reasonCharacters: limit(2000, 'characters of a reason', 'INVALID_TEXT'),
  searchCharacters: limit(1000, 'characters of a text to search for', 'BAD_USER_INPUT'),
  filterLabels: limit(20, 'labels of a filter', 'BAD_USER_INPUT'),
  bodyBytes: limit(
    8 * MIB,
    'bytes of a request body (twice PAYLOAD_LIMIT_BYTES when that is more)',
    'BODY_TOO_LARGE',
  ),
  readsPerRequest: limit(250, 'lists that one request reads', 'BAD_USER_INPUT'),
  rowsPerRequest: limit(20_000, 'rows that one request reads', 'BAD_USER_INPUT'),
  timelinePage: limit(1000, 'events of one page of a timeline', 'BAD_USER_INPUT'),
  simulationFaults: limit(1000, 'faults of a simulation', 'BAD_USER_INPUT'),
  simulationEvents: limit(10_000, 'events of a simulated flow', 'SIMULATION_TOO_LONG'),
  recordBatchBytes: limit(
    32 * MIB,
    'bytes of a compressed batch of Kafka records once it is opened',
    'BATCH_UNREADABLE',
  ),
  ...DOCUMENT_LIMITS,
  ...WORKER_LIMITS,
  queryTokens: limit(4000, 'tokens of a GraphQL document', 'GRAPHQL_PARSE_FAILED'),
  queryFields: limit(600, 'fields of a GraphQL document', 'QUERY_TOO_COMPLEX'),
  queryDepth: limit(12, 'levels of fields of a GraphQL document', 'QUERY_TOO_COMPLEX'),
  queryAliases: limit(30, 'aliases of a GraphQL document', 'QUERY_TOO_COMPLEX'),
  queryDirectives: limit(30, 'directives of a GraphQL document', 'QUERY_TOO_COMPLEX'),
  queryFragments: limit(50, 'uses of fragments in a GraphQL document', 'QUERY_TOO_COMPLEX'),
  queryRepeatedFields: limit(
    50,
    'fields of a GraphQL document that stand beside an equal one',
    'QUERY_TOO_COMPLEX',
  ),
  literalDepth: limit(
    200,
    'levels of a value written into a GraphQL document',
    'QUERY_TOO_COMPLEX',
  ),
  queryCost: limit(
    50_000,
    'fields an answer could have, each list as long as its first, whether written or in a variable',
    'QUERY_TOO_COMPLEX',
  ),
  fanOutBytes: limit(
    16 * MIB,
    'bytes of a payload times the steps of a parallel orchestration that get it at once',
    'FAN_OUT_TOO_LARGE',
    'FAN_OUT_LIMIT_BYTES',
  ),
  stepOutputsBytes: limit(
    32 * MIB,
    'bytes that the steps of one parallel flow answer together (four answers when those are more)',
    'PAYLOAD_TOO_LARGE',
  ),
  startsPerSecond: limit(
    0,
    'flows that one caller starts in a second (0: as many as the gateway can)',
    'RATE_LIMITED',
    'STARTS_PER_SECOND',
  ),
  openFlowsPerPrincipal: limit(
    0,
    'open flows that one caller has started, on all gateways together (0: any number)',
    'TOO_MANY_OPEN_FLOWS',
    'OPEN_FLOWS_PER_CALLER',
  ),
  startsAtOncePerPrincipal: limit(
    4,
    'starts of one caller that are under way while others start flows, too',
    'waits',
  ),
  startsWaitingPerPrincipal: limit(2000, 'starts of one caller that wait for that', 'OVERLOADED'),
  startWaitMs: limit(5000, 'milliseconds a start waits for that', 'OVERLOADED'),
  queueLength: limit(5000, 'requests of callers that wait to be recorded', 'OVERLOADED'),
  queueBytes: limit(64 * MIB, 'bytes of callers that wait to be recorded', 'OVERLOADED'),
  batchBytesIn: limit(8 * MIB, 'bytes that one transaction takes in', 'waits for the next one'),
  batchBytesRead: limit(
    32 * MIB,
    'bytes of flows that one transaction reads',
    'waits for the next one',
  ),
  batchBytesOut: limit(32 * MIB, 'bytes that one transaction writes', 'waits for the next one'),
  relayBytes: limit(
    32 * MIB,
    'bytes of messages that wait in memory for the broker; more wait in the database',
    'waits for the next one',
  ),
  publishBytes: limit(
    8 * MIB,
    'bytes of messages that are published at once',
    'waits for the next one',
  ),
  connections: limit(
    4000,
    'connections at once; the one idle for longest makes way',
    'it is closed',
  ),
  headersMs: limit(
    10_000,
    'milliseconds until the headers of a request have arrived',
    'REQUEST_TIMEOUT',
  ),
  requestMs: limit(
    20_000,
    'milliseconds until a request has arrived completely',
    'REQUEST_TIMEOUT',
  ),
  uploadBytes: limit(
    64 * MIB,
    'bytes of bodies and messages that are being received (four bodies when those are more)',
    'OVERLOADED',
  ),
  uploadBytesPerPrincipal: limit(32 * MIB, 'the same of one caller', 'OVERLOADED'),
  turnBytes: limit(
    512 * KIB,
    'bytes of large bodies and answers that are read and written in one turn of the event loop; a larger answer has one for itself',
    'waits for the next one',
  ),
  unreadBytes: limit(32 * MIB, 'bytes of answers that their clients do not read', 'it is closed'),
  unreadMs: limit(20_000, 'milliseconds a client may not read its answer', 'it is closed'),
  socketConnections: limit(2000, 'WebSocket connections and event streams at once', 'HTTP 503'),
  socketConnectionsPerPrincipal: limit(
    500,
    'WebSocket connections and event streams of one address',
    'HTTP 503',
    'SOCKETS_PER_ADDRESS',
  ),
  socketMessageBytes: limit(2 * MIB, 'bytes of one WebSocket message', 'close code 1009'),
  socketUnreadBytes: limit(8 * MIB, 'bytes one WebSocket client has not read', 'close code 4408'),
  socketIdCharacters: limit(100, 'characters of the id of a subscription', 'close code 4400'),
  subscriptionsPerConnection: limit(
    100,
    'subscriptions of one connection',
    'TOO_MANY_SUBSCRIPTIONS',
  ),
  subscriptionsPerPrincipal: limit(
    1000,
    'subscriptions of one caller',
    'TOO_MANY_SUBSCRIPTIONS',
    'SUBSCRIPTIONS_PER_ADDRESS',
  ),
  subscriptions: limit(5000, 'subscriptions at once', 'TOO_MANY_SUBSCRIPTIONS'),
  socketBytesPerConnection: limit(
    2 * MIB,
    'bytes of documents and variables of the subscriptions of one connection',
    'TOO_MANY_SUBSCRIPTIONS',
  ),
  socketBytesPerPrincipal: limit(8 * MIB, 'the same of one caller', 'TOO_MANY_SUBSCRIPTIONS'),
  socketBytes: limit(32 * MIB, 'the same of all connections', 'TOO_MANY_SUBSCRIPTIONS'),
  subscriberBehind: limit(1000, 'changes a subscriber may be behind', 'LAGGED'),
  subscriberMessagesPerSecond: limit(
    2000,
    'messages a second to all subscribers together; who falls 1,000 behind is ended',
    'LAGGED',
    'SUBSCRIBER_MESSAGES_PER_SECOND',
  ),
  readConnections: limit(5, 'connections to the database for reads', 'waits', 'DATABASE_READ_POOL'),
  writeConnections: limit(
    10,
    'connections to the database for everything else',
    'waits',
    'DATABASE_POOL',
  ),
  readsWaiting: limit(500, 'reads that wait for a connection', 'OVERLOADED'),
  readMs: limit(5000, 'milliseconds one statement of a reader may take', 'READ_TOO_SLOW'),
  answerBytes: limit(
    16 * MIB,
    'bytes of payloads in one answer (twice PAYLOAD_LIMIT_BYTES when that is more)',
    'ANSWER_TOO_LARGE',
  ),
  answerBytesInAll: limit(
    32 * MIB,
    'bytes of payloads of all answers that are on their way',
    'OVERLOADED',
  ),
  answerWaitMs: limit(5000, 'milliseconds an answer waits for others to be sent', 'OVERLOADED'),
  timelineBytes: limit(
    MIB,
    'bytes of step outputs that a page of a timeline shows; beyond it they are null there',
    'details of steps still have them',
  ),
  nameSuggestions: limit(
    1,
    'times a request looks for names like an unknown one',
    'no suggestions',
  ),
  embeddedBytes: limit(
    64 * MIB,
    'bytes of messages in the broker in this process that nobody has read: beyond it no flow starts',
    'BROKER_FULL',
    'EMBEDDED_BROKER_BYTES',
  ),
} as const satisfies Readonly<Record<string, Limit>>;
