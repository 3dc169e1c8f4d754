/** A started API on a free port, and the ways its users speak to it. */
import { afterAll, beforeAll } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type Api, type ApiOptions, openApi } from '../../../src/api/server.js';
import { LogLevels } from '../../../src/observability/log-levels.js';
import { readRegistration } from '../../../src/wire/documents.js';
import { stepTopic } from '../../../src/wire/topics.js';
import { type LogLine, rememberingLog } from '../../kit/remembering-log.js';
import { TestEngine } from './engine.js';

export const TENANT = `
orchestrationName: tenantCreation
as: initiator
type: sequential
maxRetries: 1
backoff: { initial: 1s, jitter: none }
labels: { team: tenants }
steps:
  - { seq: 1, name: createRealm, objectType: Realm }
  - { seq: 2, name: createUser }
`;

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export interface GraphqlAnswer {
  readonly data?: Record<string, never> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions?: Record<string, unknown>;
  }[];
}

/** An API that runs for one test file. */
export function startedApi(): { readonly running: Running } {
  let running: Running | null = null;
  beforeAll(async () => {
    running = await Running.start();
  });
  afterAll(() => running?.close());
  return {
    get running() {
      if (running === null) throw new Error('the API runs from beforeAll on');
      return running;
    },
  };
}

export class Running implements AsyncDisposable {
  private constructor(
    readonly api: Api,
    readonly engine: TestEngine,
    readonly lines: readonly LogLine[],
  ) {}

  /** With tenantCreation registered. */
  static async start(options: Partial<ApiOptions> = {}): Promise<Running> {
    const engine = new TestEngine();
    await engine.start();
    const lines: LogLine[] = [];
    await engine.service.register(readRegistration(TENANT, { serviceName: 'tenants' }), {
      dryRun: false,
    });
    engine.calls.length = 0;
    const settings = {
      host: '127.0.0.1',
      port: 0,
      portTries: 1,
      payloadLimit: 900 * 1024,
      production: false,
      introspection: true,
    };
    const topics = (name: string, step: string) =>
      [stepTopic(name, step, 'DO'), stepTopic(name, step, 'UNDO')] as const;
    const log = rememberingLog((line) => void lines.push(line));
    const levels = new LogLevels(
      () => 'info',
      () => undefined,
      log,
    );
    const shell = {
      engine: engine.service,
      workers: engine.workers,
      readRegistration,
      stepTopics: topics,
      log,
      logging: { instance: 'here-1', levels },
      allowedOrigins: [],
      metrics: engine.metrics,
    };
    try {
      return new Running(await openApi({ ...shell, ...settings, ...options }), engine, lines);
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  async graphql(
    query: string,
    variables: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<GraphqlAnswer>> {
    return this.post('/graphql', JSON.stringify({ query, variables }), headers);
  }

  /** The data; an error fails the test. */
  async data<T = Record<string, never>>(
    query: string,
    variables: object = {},
    headers: Record<string, string> = {},
  ): Promise<T> {
    const { body } = await this.graphql(query, variables, headers);
    if (body.errors !== undefined || body.data === null || body.data === undefined)
      throw new Error(JSON.stringify(body));
    return body.data as T;
  }

  /** The code and message of the one error there is. */
  async error(
    query: string,
    variables: object = {},
  ): Promise<{ readonly status: number; readonly code: unknown; readonly message: string }> {
    const { status, body } = await this.graphql(query, variables);
    const [error, ...more] = body.errors ?? [];
    if (error === undefined || more.length > 0)
      throw new Error(`one error was expected: ${JSON.stringify(body)}`);
    return { status, code: error.extensions?.code, message: error.message };
  }

  async post<T>(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async get<T>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.request(path, { headers });
  }

  async request<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const response = await fetch(this.api.url + path, { redirect: 'manual', ...init });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : null) as T,
    };
  }

  get socketUrl(): string {
    return `${this.api.url.replace('http', 'ws')}/graphql`;
  }

  subscriber(headers: Record<string, string> = {}): ReturnType<typeof createClient> {
    class WithHeaders extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers });
      }
    }
    return createClient({
      url: this.socketUrl,
      webSocketImpl: WithHeaders,
      retryAttempts: 0,
      lazy: true,
    });
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.engine.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
