/** A real gateway as `npm start` runs it, and a real browser in front of it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { commandOf, Started } from '../../first-run/kit/started.js';

const PICTURES = process.env.BROWSER_PICTURES;

export class Gateway {
  private readonly folder = mkdtempSync(join(tmpdir(), 'backstep-browser-'));
  private started: Started | null = null;
  /** Without a path. */
  address = '';

  /** `settings`: of the environment, beside the folder and the port. */
  constructor(private readonly settings: NodeJS.ProcessEnv = {}) {}

  /** On a free port; afterwards again on the same one, with the same data. */
  async start(): Promise<void> {
    chmodSync(this.folder, 0o755);
    const port = this.address === '' ? '0' : new URL(this.address).port;
    const env = { ...this.settings, DATA_FOLDER: this.folder, PORT: port };
    this.started = new Started('npm', ['start'], { env });
    const [, url = ''] = await this.started.prints(/GraphiQL +(http\S+)\/graphiql/);
    await this.started.prints(/Ctrl-C stops it/);
    this.address = url;
  }

  /**
   * The gateway itself gets SIGKILL, in the middle of what it does; then everything else that was
   * started ends.
   */
  async kill(): Promise<void> {
    for (const { pid } of this.started?.family() ?? [])
      if (/main\.js/.test(commandOf(pid))) process.kill(pid, 'SIGKILL');
    await this.end();
  }

  async end(): Promise<void> {
    await this.started?.end();
    this.started = null;
  }

  async query<T>(query: string, variables: object = {}): Promise<T> {
    const response = await fetch(`${this.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return ((await response.json()) as { data: T }).data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });

/** Only where someone wants to look at it: BROWSER_PICTURES is a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined)
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
