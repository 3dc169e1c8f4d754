/**
 * GraphiQL in a real browser: every tab runs as it stands, twice in a row, and nothing in it is
 * underlined as wrong.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { Gateway, openBrowser, picture } from './kit/browser.js';

const gateway = new Gateway();
let browser: Browser;
let page: Page;

beforeAll(async () => {
  await gateway.start();
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(`${gateway.address}/graphiql`);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await gateway[Symbol.asyncDispose]();
});

const tab = (number: number) => page.locator('.graphiql-tab').nth(number - 1);
const answer = async (): Promise<string> =>
  (await page.locator('.graphiql-response .view-lines').textContent()) ?? '';

async function open(number: number): Promise<void> {
  await tab(number).locator('.graphiql-tab-button').click();
  await page
    .locator('.graphiql-query-editor .view-line', { hasText: `# ${number}.` })
    .first()
    .waitFor();
}

/** What the editor underlines, in the operation and in its variables. */
const underlined = (): Locator => page.locator('.squiggly-error, .squiggly-warning');

/**
 * Fails when a mark stays. The editor validates some time after a change of tab or text, so marks
 * of the tab before may still be there, and new ones not yet: an error typed and removed shows that
 * it has validated this text.
 */
async function nothingIsUnderlined(): Promise<void> {
  await page.locator('.graphiql-query-editor .view-line').first().click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(')');
  await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
  await page.keyboard.press('Backspace');
  await underlined().first().waitFor({ state: 'detached' });
}

/** Runs the tab and gives the next answer of the gateway to it. */
async function run(): Promise<string> {
  const answered = page.waitForResponse((one) => one.url().endsWith('/graphql'));
  await page.locator('.graphiql-execute-button').click();
  const text = await (await answered).text();
  return text;
}

test.each([
  [1, 'Register', /"orchestrationName":"helloBackstep".*"changed":false/],
  [2, 'Execute', /"status":"IN_PROGRESS".*"problems":\[\]/],
  [3, 'ExecuteFailing', /"status":"IN_PROGRESS".*"problems":\[\]/],
  [4, 'Newest', /"history":.*"stepName":"createUser"/],
  [6, 'Diagnose', /"diagnose":\{"verdict":"[A-Z_]+","summary":/],
])('tab %i, %s, runs twice in a row', async (number, name, expected) => {
  await open(number);
  for (const _ of [1, 2]) {
    expect(await run()).toMatch(expected);
    expect(await answer()).not.toContain('errors');
  }
  await picture(page, name);
  await nothingIsUnderlined();
});

test('tab 5 shows what happens meanwhile, twice in a row', async () => {
  await open(5);
  for (const _ of [1, 2]) {
    await page.locator('.graphiql-execute-button').click();
    const body = { orchestrationName: 'helloBackstep', payload: {} };
    const shown = page.locator('.graphiql-response .view-lines', { hasText: 'helloBackstep' });
    const path = new URL('/api/orchestrations/execute', page.url()).href;
    const flow = (await page.request.post(path, { data: body })).json();
    await shown.waitFor();
    expect(await flow).toMatchObject({ status: 'IN_PROGRESS' });
    await picture(page, 'Steps');
    await page.locator('.graphiql-execute-button').click();
  }
  await nothingIsUnderlined();
});

test('a flow of it does not wait for a worker: the failing one is undone', async () => {
  await open(4);
  let text = '';
  while (!text.includes('"status":"UNDONE"')) text = await run();
  expect(text).toContain('"status":"UNDO_SUCCESS"');
});

test('what is wrong is underlined: the marks counted above would be seen', async () => {
  await open(4);
  await page.locator('.graphiql-query-editor .view-line', { hasText: 'totalCount' }).click();
  await page.keyboard.type(' nonsense');
  await page.locator('.squiggly-error').first().waitFor();
});
