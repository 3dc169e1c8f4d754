/**
 * The console in a real browser against a real gateway: what a person sees and does, also while the
 * gateway is killed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { Gateway, openBrowser, picture } from './kit/browser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The same workers answer; an operator decides when a step is out of retries. */
const HELD = `orchestrationName: helloBackstep
type: sequential
as: initiator
onRetriesExhausted: hold
steps:
  - { seq: 1, name: createRealm, maxRetries: 0 }
  - { seq: 2, name: createUser, maxRetries: 0 }
`;

const gateway = new Gateway();
let browser: Browser;
let page: Page;
/** Errors of the page: a violated policy is one, too. */
const errors: string[] = [];

beforeAll(async () => {
  await gateway.start();
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !/Failed to load|ERR_|WebSocket/.test(line.text()))
      errors.push(line.text());
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await gateway[Symbol.asyncDispose]();
});

const open = (path: string): Promise<unknown> => page.goto(`${gateway.address}${path}`);
const heading = (text: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name: text }).waitFor();
const button = (name: string) => page.getByRole('button', { name, exact: true });
const status = (name: string) => page.locator(`.facts [data-status="${name}"]`);

async function start(payload: object): Promise<string> {
  const { execute } = await gateway.query<{ execute: { flow: { flowId: string } } }>(
    'mutation ($input: ExecuteInput!) { execute(input: $input) { flow { flowId } } }',
    { input: { orchestrationName: 'helloBackstep', payload } },
  );
  return execute.flow.flowId;
}

/** Fills in the reason of the dialog and presses its button. */
async function confirm(verb: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Reason/).fill('the browser test wants it');
  await dialog.getByRole('button', { name: verb, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** The numbers of the events that are shown, ascending. */
async function shownEvents(): Promise<number[]> {
  const texts = await page.locator('.events li > span:first-child').allTextContents();
  return texts.map(Number).reverse();
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('a flow that fails is seen undoing itself, without a reload', async () => {
  await open('/orchestrations/helloBackstep/execute');
  await page.getByLabel('Payload, as JSON').fill('{"tenant":"acme","failAt":"createUser"}');
  await button('Execute').click();
  await heading(/^Flow /);
  await page.locator('.bars .bar-do.bar-failed').first().waitFor();
  await status('UNDONE').waitFor();
  await page.locator('.bars .bar-undo.bar-done').first().waitFor();
  await page.getByText('the flow is undone', { exact: true }).waitFor();
  const events = await shownEvents();
  expect(events).toEqual(upTo(events.length));
  await page.locator('.verdict', { hasText: 'ENDED' }).waitFor();
  await picture(page, 'console-flow');
});

test('the history is searched by what is in the address', async () => {
  await open('/flows');
  await page.getByLabel('UNDONE', { exact: true }).check();
  await page.getByLabel('Error contains').fill('mail address');
  await button('Search').click();
  await page.waitForURL(/status=UNDONE&error=mail\+address/);
  await page.locator('tbody tr').first().waitFor();
  const shown = await page.locator('tbody [data-status]').allTextContents();
  expect(new Set(shown.map((text) => text.trim()))).toEqual(new Set(['↩ UNDONE']));
  await picture(page, 'console-flows');
  await page.getByLabel('Error contains').fill('nothing has this');
  await button('Search').click();
  await page.getByText('No flow matches.').waitFor();
});

test('a wrong document is explained at its line, and a right one registered', async () => {
  await open('/register');
  const document = page.getByLabel(/^Document/);
  await document.fill(HELD.replace('maxRetries: 0', 'maxRetry: 0'));
  await button('Check, store nothing').click();
  await page.locator('.problems', { hasText: 'did you mean maxRetries?' }).waitFor();
  await picture(page, 'console-register');
  await page.locator('.problems .link').first().click();
  const selected = await document.evaluate(
    (area: { value: string; selectionStart: number; selectionEnd: number }) =>
      area.value.slice(area.selectionStart, area.selectionEnd),
  );
  expect(selected).toContain('maxRetry');
  await document.fill(HELD);
  await button('Register').click();
  await page.locator('.success', { hasText: 'version 2' }).waitFor();
});

test('a step out of retries is retried and then skipped by an operator, with reasons', async () => {
  const flowId = await start({ tenant: 'acme', failAt: 'createUser' });
  await open(`/flows/${flowId}`);
  await status('PAUSED').waitFor();
  await page.getByRole('button', { name: 'createUser' }).click();
  await picture(page, 'console-held');
  await button('Retry step').click();
  await confirm('Retry step');
  await page.getByText(/tried again by hand: the browser test wants it/).waitFor();
  await status('PAUSED').waitFor();
  await page.locator('.bars .bar-do.bar-failed').nth(1).waitFor();
  await button('Skip step').click();
  await confirm('Skip step');
  await status('COMPLETED').waitFor();
  const events = await shownEvents();
  expect(events).toEqual(upTo(events.length));
});

test('an UNDO shows first what it would send', async () => {
  const flowId = await start({ tenant: 'acme' });
  await open(`/flows/${flowId}`);
  await status('COMPLETED').waitFor();
  await button('Undo flow').click();
  const plan = page.getByRole('dialog').locator('.plan li');
  await plan.nth(1).waitFor();
  expect((await plan.allTextContents()).map((text) => text.slice(0, 14))).toEqual([
    '↶ createUser: ',
    '↶ createRealm:',
  ]);
  await picture(page, 'console-undo');
  await confirm('Undo flow');
  await status('UNDONE').waitFor();
});

test('the gateway is killed and started again meanwhile: nothing is missed', async () => {
  const flowId = await start({ tenant: 'acme', failAt: 'createUser' });
  await open(`/flows/${flowId}`);
  await page.locator('.bars .bar-do').first().waitFor();
  await gateway.kill();
  await page.getByRole('alert').getByText('cannot be reached').first().waitFor();
  await picture(page, 'console-lost');
  await gateway.start();
  await page.locator('.mark-live').waitFor();
  await status('PAUSED').waitFor();
  await button('Undo flow').click();
  await confirm('Undo flow');
  await status('UNDONE').waitFor();
  await page.getByText('the flow is undone', { exact: true }).waitFor();
  const events = await shownEvents();
  expect(events).toEqual(upTo(events.length));
}, 120_000);

test('the objectives show what was counted, live', async () => {
  await open('/slo?orchestration=helloBackstep&minutes=60');
  await page.getByText(/^\d+ flows started/).waitFor();
  const card = page.locator('.board li', { hasText: 'UNDO trigger rate' });
  await card.getByText('missed').waitFor();
  await card.locator('svg').waitFor();
});

test('a fault is tried out on a simulated flow', async () => {
  await open('/simulate?orchestration=helloBackstep');
  await page.getByText('createRealm+ createUser+ => COMPLETED').waitFor();
  await page.locator('select[name=step]').selectOption('createUser');
  await button('Add fault').click();
  await page.getByText(/^createRealm\+ createUser-/).waitFor();
  await picture(page, 'console-simulate');
});

test('worker teams get the messages of an orchestration as a file', async () => {
  await open('/orchestrations/helloBackstep');
  const saved = page.waitForEvent('download');
  await button('Download helloBackstep.asyncapi.yaml').click();
  const text = readFileSync(await (await saved).path(), 'utf8');
  expect(text).toContain('address: orchestrator.helloBackstep.createRealm.do');
});

describe('without a serious finding of axe', () => {
  const paths = [
    ['orchestrations', '/'],
    ['flows', '/flows'],
    ['orchestration', '/orchestrations/helloBackstep'],
    ['execute', '/orchestrations/helloBackstep/execute'],
    ['register', '/register'],
    ['simulate', '/simulate?orchestration=helloBackstep'],
    ['quarantine', '/quarantine'],
    ['objectives', '/slo'],
    ['no such page', '/flows/none'],
  ] as const;

  test('in light and in dark', async () => {
    const themed = await browser.newPage({ bypassCSP: true });
    const found: unknown[] = [];
    const flowId = await start({ tenant: 'acme', failAt: 'createUser' });
    for (const [name, path] of [...paths, ['flow', `/flows/${flowId}`] as const]) {
      await themed.goto(`${gateway.address}${path}`);
      await themed.locator('h1').waitFor();
      await themed.locator('.loading').first().waitFor({ state: 'detached' });
      await themed.evaluate(AXE);
      for (const colorScheme of ['light', 'dark'] as const) {
        await themed.emulateMedia({ colorScheme });
        await picture(themed, `console-${name}-${colorScheme}`);
        const serious = await seriousFindings(themed);
        found.push(...serious.map((one) => `${name}, ${colorScheme}: ${one}`));
      }
    }
    await themed.close();
    expect(found).toEqual([]);
  }, 120_000);
});

async function seriousFindings(themed: Page): Promise<string[]> {
  return themed.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}

test('the page reported no error and violated no policy of its own', () => {
  expect(errors).toEqual([]);
});
