/**
 * The console behind AUTH=jwt, in a real browser: people log in on the page of a real identity
 * provider, see what their roles allow, and find the way back when their token has ended.
 */
import { once } from 'node:events';
import { mock } from 'node:test';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Gateway, openBrowser, picture } from './kit/browser.js';
import { AUDIENCE, CLIENT, People } from './kit/people.js';

let people: People;
let gateway: Gateway;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Every address that anything of this page was requested from. */
let addresses: string[];

beforeAll(async () => {
  // The provider warns that it keeps everything in memory.
  for (const level of ['warn', 'info'] as const) mock.method(console, level, () => undefined);
  people = await People.start({ vera: ['viewer'], ada: ['admin'] });
  gateway = new Gateway({
    AUTH: 'jwt',
    JWT_ISSUER: people.url,
    JWT_AUDIENCE: AUDIENCE,
    JWT_CLOCK_SKEW: '0',
    OIDC_CLIENT_ID: CLIENT,
  });
  await gateway.start();
  people.serve(gateway.address);
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
  await people?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  Object.assign(people, { lifetime: 600, refreshes: false });
  context = await browser.newContext({ viewport: { width: 1300, height: 900 } });
  page = await context.newPage();
  addresses = [];
  context.on('request', (request) => addresses.push(request.url()));
});
afterEach(() => context.close());

const open = (path: string): Promise<unknown> => page.goto(`${gateway.address}${path}`);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const banner = (text: string | RegExp) => page.locator('.banner', { hasText: text });
const stored = (): Promise<string[]> =>
  page.evaluate(() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)].sort());

async function begin(path: string): Promise<void> {
  await open(path);
  await button('Sign in').click();
  await page.getByLabel('Name', { exact: true }).waitFor();
}

/** On the provider's page. */
async function answer(name: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await button('Log in').click();
}

async function logIn(name: string, path: string): Promise<void> {
  await begin(path);
  await answer(name);
  await page.getByText(`Signed in as ${name}`).waitFor();
}

test('a viewer comes back to where the login began, and sees flows', async () => {
  await logIn('vera', '/flows?status=UNDONE');
  expect(page.url()).toBe(`${gateway.address}/flows?status=UNDONE`);
  await page.locator('tbody tr').first().waitFor();
  await picture(page, 'console-signed-in');
});

test('no token is in any address, storage of other tabs or cookie', async () => {
  await logIn('vera', '/');
  const token = await page.evaluate(() => sessionStorage.getItem('backstep:token') ?? '');
  expect(token).toMatch(/^eyJ/);
  const signature = token.split('.')[2] ?? 'none';
  expect(addresses.filter((one) => one.includes(signature) || one.includes('eyJ'))).toEqual([]);
  // The code was in one address of the page, and is not in its history.
  expect(addresses.filter((one) => one.includes('code='))).toHaveLength(1);
  expect(page.url()).toBe(`${gateway.address}/`);
  const cookies = await context.cookies(gateway.address);
  expect(JSON.stringify(cookies)).not.toContain(signature);
  const other = await context.newPage();
  await other.goto(gateway.address);
  await other.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
});

test('the page may connect to the gateway and its identity provider only', async () => {
  const policies: string[] = [];
  page.on('response', (response) => {
    if (response.url() === `${gateway.address}/`)
      policies.push(response.headers()['content-security-policy'] ?? '');
  });
  await open('/');
  expect(policies[0]).toMatch(`connect-src 'self' ${people.url}`);
  /** `reached`, or the directive of the policy that it violates. */
  const reached = (url: string): Promise<string> =>
    page.evaluate<string>(`new Promise((done) => {
      addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
      fetch(${JSON.stringify(url)}).then(() => done('reached'), () => undefined);
    })`);
  expect(await reached(`${people.url}/.well-known/openid-configuration`)).toBe('reached');
  expect(await reached(people.url.replace('127.0.0.1', 'localhost'))).toBe('connect-src');
});

test('what the role does not allow is refused and explained', async () => {
  await logIn('vera', '/orchestrations/helloBackstep/execute');
  await page.getByLabel('Payload, as JSON').fill('{}');
  await button('Execute').click();
  await page.locator('.failure', { hasText: 'FORBIDDEN' }).waitFor();
  await logOut();
  await logIn('ada', '/orchestrations/helloBackstep/execute');
  await page.getByLabel('Payload, as JSON').fill('{"tenant":"acme"}');
  await button('Execute').click();
  await page.getByRole('heading', { level: 1, name: /^Flow / }).waitFor();
});

async function logOut(): Promise<void> {
  await button('Sign out').click();
  await button('Yes, sign out').click();
  await button('Sign in').waitFor();
}

test('signing out ends the session here and at the provider', async () => {
  await logIn('vera', '/');
  await logOut();
  expect(page.url()).toBe(`${gateway.address}/`);
  expect(await stored()).toEqual([]);
  await button('Sign in').click();
  await page.getByLabel('Name', { exact: true }).waitFor();
});

test('when the token ends, what was typed stays and signing in leads back', async () => {
  people.lifetime = 3;
  await begin('/register');
  await answer('ada');
  await page.getByLabel(/^Document/).fill('orchestrationName: mine');
  await banner('has expired').waitFor();
  await button('Sign in').waitFor();
  expect(await page.getByLabel(/^Document/).inputValue()).toBe('orchestrationName: mine');
  await picture(page, 'console-signed-out');
  people.lifetime = 600;
  // The provider still knows who it is: nothing has to be typed.
  await button('Sign in again').click();
  await page.getByText('Signed in as ada').waitFor();
  expect(page.url()).toBe(`${gateway.address}/register`);
});

test('a provider with refresh tokens keeps somebody signed in', async () => {
  Object.assign(people, { lifetime: 5, refreshes: true });
  const refreshed = once(people.events, 'refreshed');
  await logIn('ada', '/');
  await refreshed;
  await page.locator('.mark-live').waitFor();
  await page.getByText('Signed in as ada').waitFor();
  expect(await banner('expired').count()).toBe(0);
  // It lives longer than the page should be trusted with.
  expect(await stored()).toEqual(['backstep:name', 'backstep:token']);
});

test('a provider that refuses somebody is quoted', async () => {
  await begin('/flows');
  await answer('mallory');
  await banner('the identity provider refused: mallory is not known here').waitFor();
});

test('a code that this tab has not requested is not used', async () => {
  await open('/login?code=of-somebody-else&state=x');
  await banner('no login was begun in this tab').waitFor();
  await begin('/');
  await open(`/login?code=of-somebody-else&state=x&iss=${encodeURIComponent(people.url)}`);
  await banner(/You could not be signed in: .*state/).waitFor();
  expect(addresses.filter((one) => one.endsWith('/token'))).toEqual([]);
});

test('the answer to another login is not accepted: its nonce differs', async () => {
  let first: { body: Buffer; headers: Record<string, string> } | null = null;
  await page.route('**/token', async (route) => {
    if (first !== null) return route.fulfill(first);
    const response = await route.fetch();
    first = { body: await response.body(), headers: response.headers() };
    return route.fulfill({ response });
  });
  await logIn('ada', '/');
  await logOut();
  await begin('/');
  await answer('vera');
  await banner(/You could not be signed in: .*nonce/).waitFor();
  expect(await stored()).toEqual([]);
});

/** Of GraphiQL, once its editor is there: until then a click changes nothing. */
async function openTab(number: number): Promise<void> {
  const lines = page.locator('.graphiql-query-editor .view-line');
  await lines.first().waitFor();
  await page
    .locator('.graphiql-tab-button')
    .nth(number - 1)
    .click();
  await lines
    .filter({ hasText: `# ${number}.` })
    .first()
    .waitFor();
}

/** In the headers' tab of GraphiQL. */
async function fillHeaders(headers: object): Promise<void> {
  await page.locator('.graphiql-editor-tool .view-lines:visible').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(JSON.stringify(headers));
  // The editor has closed brackets and quotes by itself, behind the closing ones.
  await page.keyboard.press('Control+Shift+End');
  await page.keyboard.press('Delete');
}

test('GraphiQL sends the token of its headers tab, over HTTP and WebSocket', async () => {
  await logIn('ada', '/');
  const token = await page.evaluate(() => sessionStorage.getItem('backstep:token') ?? '');
  const authorization = `Bearer ${token}`;
  await open('/graphiql');
  const execute = page.locator('.graphiql-execute-button');
  const answered = (text: string) =>
    page.locator('.graphiql-response .view-lines', { hasText: text });
  await openTab(4);
  await execute.click();
  await answered('UNAUTHENTICATED').waitFor();
  await fillHeaders({ authorization });
  await execute.click();
  await answered('"history"').waitFor();
  // What the editor knows of the schema needs the token, too.
  await page.getByRole('button', { name: 'Re-fetch GraphQL schema' }).click();
  await page.locator('.graphiql-query-editor .view-line', { hasText: 'totalCount' }).click();
  await page.keyboard.type(' nonsense');
  await page.locator('.squiggly-error').first().waitFor();
  await openTab(5);
  await fillHeaders({ authorization });
  await execute.click();
  const body = { orchestrationName: 'helloBackstep', payload: {} };
  const path = `${gateway.address}/api/orchestrations/execute`;
  const headers = { authorization };
  const shown = (): Promise<boolean> =>
    answered('helloBackstep')
      .waitFor({ timeout: 1000 })
      .then(
        () => true,
        () => false,
      );
  // What starts before the gateway has the subscription is not in it.
  do expect((await page.request.post(path, { data: body, headers })).status()).toBe(202);
  while (!(await shown()));
});
