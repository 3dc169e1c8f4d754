/** Workers without Kafka: commands as they come, and replies. */
import type { Credentials } from './credentials.js';
import { BackstepError, ProblemError } from './errors.js';
import * as api from './generated/graphql.js';
import type { Send, Signal } from './http.js';
import { type ResumeOptions, resuming, type Subscriptions, subscribe } from './subscribe.js';

export type WorkerCommand = api.CommandDetailsFragment;

/** Of a reply that was published. */
export interface Replied {
  /** Another client has the command by now, or may get it. */
  readonly leaseLost: boolean;
  /** Of progress: until when the lease lasts; else null. */
  readonly leaseUntil: string | null;
}

const LOST = 'LEASE_LOST';

export function workers(send: Send, subscriptions: Subscriptions, credentials: Credentials) {
  return {
    /**
     * Commands of the orchestration, at most `concurrency` without a reply; reconnects by itself,
     * until the iteration is left or `signal` aborts. What was not answered before a connection was
     * lost comes again, here or at another client.
     */
    commands(
      wish: api.CommandsSubscriptionVariables,
      options: ResumeOptions = {},
    ): AsyncGenerator<WorkerCommand, void, undefined> {
      async function* attempt(): AsyncGenerator<WorkerCommand, void, undefined> {
        const { signal } = options;
        for await (const item of subscribe(subscriptions, api.CommandsDocument, wish, signal))
          yield item.commands;
        // The gateway stops: another one, or the same after its restart, goes on.
        const nothing = { status: null, requestId: null };
        throw new BackstepError('CONNECTION', 'the gateway ended the subscription', nothing);
      }
      return resuming(attempt, options, credentials);
    },

    /**
     * Answers a command, or reports its progress; resolves when the reply is on the reply topic.
     * Throws ProblemError when it was not published.
     */
    async reply(input: api.ReplyInput, options: Signal = {}): Promise<Replied> {
      const { accepted, leaseUntil, problems } = (await send(api.ReplyDocument, { input }, options))
        .reply;
      if (!accepted) throw new ProblemError(problems);
      const leaseLost = problems.some(({ code }) => code === LOST);
      return { leaseLost, leaseUntil: leaseUntil ?? null };
    },
  };
}
