/** The REST paths, every answer held against schema/openapi.yaml. */
import { beforeEach, expect } from '@jest/globals';
import { wrongs } from './openapi.js';
import { type Answer, type Running, startedApi } from './server.js';

export type Body = Record<string, unknown>;
export const EXECUTE = '/api/orchestrations/execute';
const SIMULATE = '/api/orchestrations/simulate';
export const HISTORY = '/api/orchestrations/history';
const AUDIT = '/api/audit';
export const POLL = '/api/worker/poll';
export const REPLY = '/api/worker/reply';
export const DETAILS = '/api/orchestrations/details/{flowId}';
export const DIAGNOSE = '/api/orchestrations/diagnose/{flowId}';

const ASYNCAPI = '/api/orchestrations/{name}/asyncapi.yaml';

export class Rest {
  /** `method path status` of the answers there were. */
  readonly seen = new Set<string>();

  constructor(private readonly running: Running) {}

  async execute(body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.asDescribed('post', EXECUTE, await this.running.post<Body>(EXECUTE, text, headers));
  }

  async simulate(body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    const text = JSON.stringify(body);
    return this.asDescribed(
      'post',
      SIMULATE,
      await this.running.post<Body>(SIMULATE, text, headers),
    );
  }

  /** `path`: one of workers. */
  async worker(
    path: typeof POLL | typeof REPLY,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.asDescribed('post', path, await this.running.post<Body>(path, text, headers));
  }

  async history(query = ''): Promise<Answer<Body>> {
    return this.asDescribed('get', HISTORY, await this.running.get<Body>(`${HISTORY}${query}`));
  }

  async audit(query = ''): Promise<Answer<Body>> {
    return this.asDescribed('get', AUDIT, await this.running.get<Body>(`${AUDIT}${query}`));
  }

  details(flowId: string): Promise<Answer<Body>> {
    return this.ofFlow(DETAILS, flowId);
  }

  diagnose(flowId: string): Promise<Answer<Body>> {
    return this.ofFlow(DIAGNOSE, flowId);
  }

  /** The body of the document is its text. */
  async asyncapi(name: string): Promise<Answer<Body>> {
    const url = ASYNCAPI.replace('{name}', encodeURIComponent(name));
    const answer = await this.running.get<Body>(url);
    const isText = answer.status === 200;
    const body = (isText ? answer.text : answer.body) as Body;
    return this.asDescribed('get', ASYNCAPI, { ...answer, body });
  }

  private async ofFlow(path: string, flowId: string): Promise<Answer<Body>> {
    const url = path.replace('{flowId}', encodeURIComponent(flowId));
    return this.asDescribed('get', path, await this.running.get<Body>(url));
  }

  async health(path: '/livez' | '/readyz'): Promise<Answer<Body>> {
    return this.asDescribed('get', path, await this.running.get<Body>(path));
  }

  private asDescribed(method: 'get' | 'post', path: string, answer: Answer<Body>): Answer<Body> {
    expect(wrongs(method, path, answer)).toEqual([]);
    this.seen.add(`${method} ${path} ${answer.status}`);
    return answer;
  }
}

/**
 * The REST paths of an API that runs for one test file; every test begins without recorded calls
 * and failures.
 */
export function startedRest(): { readonly running: Running; readonly rest: Rest } {
  const api = startedApi();
  let rest: Rest | null = null;
  beforeEach(() => {
    api.running.engine.failure = null;
    api.running.engine.calls.length = 0;
  });
  return {
    get running() {
      return api.running;
    },
    get rest() {
      rest ??= new Rest(api.running);
      return rest;
    },
  };
}
