/**
 * Layer 3, the engine: the unit of work. Knows: order, locks, once-only, what to do with a fault.
 * Refuses to know: SQL, Kafka, HTTP, topic names. In: deliveries. Out: recorded events, published
 * messages, notifications of subscribers. This file: the ports, which are what it needs from
 * storage and broker. A port method is never a business rule.
 */

export * from './ports/audit.js';
export * from './ports/broker.js';
export * from './ports/commands.js';
export * from './ports/deliveries.js';
export * from './ports/inspection.js';
export * from './ports/message-value.js';
export * from './ports/payload-schemas.js';
export * from './ports/reading.js';
export * from './ports/registrations.js';
export * from './ports/removal.js';
export * from './ports/slo.js';
export * from './ports/starts.js';
export * from './ports/storage.js';
