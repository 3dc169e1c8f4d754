/** Speaks to a gateway as its users do: GraphQL over HTTP, graphql-ws, and the three REST paths. */
import { createClient, type Client as Subscriptions } from 'graphql-ws';
import { WebSocket } from 'ws';
import { until } from './until.js';

export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
}
export interface StepDetails {
  readonly seq: number;
  readonly stepName: string;
  readonly status: string;
  readonly retryCount: number;
  readonly maxRetries: number;
  readonly errorMessage: string | null;
}
export interface Details {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly status: string;
  readonly failureReason: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly steps: readonly StepDetails[];
}
export interface HistoryPage {
  readonly content: readonly Omit<Details, 'steps'>[];
  readonly totalElements: number;
}

const TERMINAL = ['COMPLETED', 'UNDONE', 'FAILED', 'CANCELLED'];

export class Client {
  private readonly subscriptions: Subscriptions;

  constructor(readonly address: string) {
    this.subscriptions = createClient({
      url: `${address.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
  }

  /** Throws with the errors when there are any. */
  async graphql<T>(query: string, variables: object = {}): Promise<T> {
    const answer = await this.post<{ data?: T; errors?: unknown }>('/graphql', {
      query,
      variables,
    });
    if (answer.body.data === undefined || answer.body.errors !== undefined)
      throw new Error(`GraphQL answered ${JSON.stringify(answer)}`);
    return answer.body.data;
  }

  /** Registers a document; throws when it has problems. */
  async register(document: string): Promise<void> {
    const query = `mutation ($document: String!) {
      registerOrchestration(input: { document: $document }) { registrations { orchestrationName } problems { code message path line } } }`;
    type Registered = { registerOrchestration: { problems: readonly unknown[] } };
    const { registerOrchestration } = await this.graphql<Registered>(query, { document });
    if (registerOrchestration.problems.length > 0)
      throw new Error(`not registered: ${JSON.stringify(registerOrchestration.problems)}`);
  }

  /** Starts a flow by the seed's path; returns its id. "Overloaded, try again" is tried again. */
  async execute(orchestrationName: string, payload: unknown): Promise<string> {
    const answer = await until('the gateway accepts a start', async () => {
      const one = await this.post<{ flowId: string }>('/api/orchestrations/execute', {
        orchestrationName,
        payload,
      });
      return one.status !== 503 && one;
    });
    if (answer.status !== 202) throw new Error(`execute answered ${JSON.stringify(answer)}`);
    return answer.body.flowId;
  }

  details(flowId: string): Promise<Answer<Details>> {
    return this.get(`/api/orchestrations/details/${flowId}`);
  }

  history(orchestrationName: string): Promise<Answer<HistoryPage>> {
    return this.get(`/api/orchestrations/history?orchName=${orchestrationName}`);
  }

  /** The flow once it has ended. */
  async ended(flowId: string, withinMs = 90_000): Promise<Details> {
    let last = '';
    const look = async (): Promise<Details | null> => {
      const { body } = await this.details(flowId);
      last = JSON.stringify(body);
      return TERMINAL.includes(body.status) ? body : null;
    };
    return until(`flow ${flowId} ends`, look, withinMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; the last look showed ${last}`, { cause: error });
    });
  }

  /** Values of the subscription's one field, until the server completes it. */
  async *subscribe<T>(
    query: string,
    variables: Record<string, unknown> = {},
  ): AsyncGenerator<T, void> {
    for await (const { data, errors } of this.subscriptions.iterate<Record<string, T>>({
      query,
      variables,
    })) {
      if (errors !== undefined)
        throw new Error(`the subscription answered ${JSON.stringify(errors)}`);
      yield* Object.values(data ?? {});
    }
  }

  close(): void {
    void this.subscriptions.dispose();
  }

  async get<T>(path: string): Promise<Answer<T>> {
    return answerOf(await fetch(this.address + path));
  }

  async post<T>(path: string, body: unknown): Promise<Answer<T>> {
    const headers = { 'content-type': 'application/json' };
    return answerOf(
      await fetch(this.address + path, { method: 'POST', headers, body: JSON.stringify(body) }),
    );
  }
}

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  return { status: response.status, body: (await response.json()) as T };
}
