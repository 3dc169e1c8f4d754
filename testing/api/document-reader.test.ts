/** Documents are read in a thread: what happens to it does not happen to the gateway. */
import { afterEach, expect, test } from '@jest/globals';
import { type DocumentReader, openDocumentReader } from '../../src/api/input/document-reader.js';
import { LIMITS } from '../../src/limits/limits.js';

/** A thread that does what the text contains. */
const thread = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ text, options }) => {
      if (text === 'for ever') for (;;);
      if (text === 'exit') process.exit(1);
      parentPort.postMessage({ declarations: [], problems: [], named: [], serviceName: text });
    });`)}`,
);
let reader: DocumentReader;
afterEach(() => reader.close());
const codes = async (text: string) =>
  (await reader.read(text, { serviceName: 'shop' })).problems.map(({ code }) => code);

test.each(['for ever', 'exit'])(
  'a document on which the thread does this: %s, is refused, and the next one is read',
  async (text) => {
    reader = openDocumentReader(thread, 2000);
    expect(await codes(text)).toEqual(['DOCUMENT_TOO_COMPLEX']);
    expect((await reader.read('good', { serviceName: null })).serviceName).toBe('good');
  },
);

test('documents are read in their order, and no more wait than the limit', async () => {
  reader = openDocumentReader(thread);
  const most = LIMITS.documentsWaiting.value;
  const reading = Array.from({ length: most }, (_, n) =>
    reader.read(`${n}`, { serviceName: null }),
  );
  await expect(reader.read('one more', { serviceName: null })).rejects.toMatchObject({
    code: 'OVERLOADED',
  });
  const names = (await Promise.all(reading)).map(({ serviceName }) => serviceName);
  expect(names).toEqual(Array.from({ length: most }, (_, n) => `${n}`));
  expect((await reader.read('later', { serviceName: null })).serviceName).toBe('later');
});
