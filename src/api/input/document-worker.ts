/** The thread in which registration documents are read: whatever a text does to its parser, requests are served meanwhile. */
import { parentPort } from 'node:worker_threads';
import { readRegistration } from '../../wire/documents.js';

parentPort?.on(
  'message',
  ({ text, options }: { text: string; options: { serviceName: string | null } }) =>
    parentPort?.postMessage(readRegistration(text, options)),
);
