/**
 * The thread in which registration documents are read: whatever a text does to its parser, requests
 * are served meanwhile.
 */
import { parentPort } from 'node:worker_threads';
import { checkSchema } from '../../schemas/check-schema.js';
import { type RegistrationOptions, readRegistration } from '../../wire/documents.js';

parentPort?.on(
  'message',
  ({ text, options }: { readonly text: string; readonly options: RegistrationOptions }) =>
    parentPort?.postMessage(readRegistration(text, { ...options, checkSchema })),
);
