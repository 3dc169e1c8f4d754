/** The message on the registration status topic: one per registration, failures included. */
import type { RegistrationStatusNotice } from '../engine/ports/broker.js';
import type { OutgoingMessage } from '../engine/ports/storage.js';
import { iso } from './message.js';
import { TOPICS } from './topics.js';

export function registrationStatus(notice: RegistrationStatusNotice): OutgoingMessage {
  const { orchestrationName, timestamp, ...fields } = notice;
  const payload = {
    eventType: 'REGISTRATION_STATUS',
    orchName: orchestrationName,
    ...fields,
    timestamp: iso(timestamp),
  };
  const headers = { serviceName: fields.serviceName, orchestrationName };
  return {
    topic: TOPICS.registrationStatus,
    key: orchestrationName,
    value: JSON.stringify({ headers, payload }),
    headers: {},
  };
}
