/**
 * Subscribers of some flows: they lose their connection, and the gateway at its other end, and go
 * on with their cursor on whichever answers.
 */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { wait } from './rig.mjs';

const QUERY =
  'subscription($flowId: ID!, $after: Int) { flowEvents(flowId: $flowId, after: $after) { number type } }';

export class Subscribers {
  constructor(gateways, random, { share, most }) {
    Object.assign(this, { gateways, random, share, most });
    /** Numbers and types in the order they came, by flowId. */
    this.delivered = new Map();
    this.following = new Set();
    this.reconnects = 0;
    this.clients = new Map();
    this.stopping = false;
  }

  started(flowId) {
    if (this.stopping || this.following.size >= this.most || this.random.next() > this.share)
      return;
    this.delivered.set(flowId, []);
    const following = this.follow(flowId).finally(() => this.following.delete(following));
    this.following.add(following);
  }

  clientOf(gateway) {
    const known = this.clients.get(gateway);
    if (known !== undefined) return known;
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
    });
    this.clients.set(gateway, client);
    return client;
  }

  /** Until the flow has ended and nothing can follow. */
  async follow(flowId) {
    while (
      !this.stopping &&
      !(await this.listen(flowId, this.random.pick(this.gateways), this.random.between(300, 6000)))
    ) {
      this.reconnects++;
      await wait(200);
    }
  }

  /**
   * True: the gateway completed the stream, so nothing can follow. Otherwise the connection was
   * lost, or given up after `patienceMs`.
   */
  async listen(flowId, gateway, patienceMs) {
    const seen = this.delivered.get(flowId);
    const after = seen.at(-1)?.number ?? 0;
    const events = this.clientOf(gateway).iterate({ query: QUERY, variables: { flowId, after } });
    const over = setTimeout(() => events.return(), patienceMs);
    let left = false;
    setTimeout(() => {
      left = true;
    }, patienceMs).unref();
    try {
      for await (const { data, errors } of events) {
        // Not there yet: its start is still on the topic.
        if (errors) return false;
        if (left) break;
        seen.push(data.flowEvents);
      }
      return !left && seen.length > after;
    } catch {
      return false;
    } finally {
      clearTimeout(over);
    }
  }

  /** After the faults: everyone catches up with what came since. */
  async catchUp() {
    this.stopping = true;
    await Promise.all(this.following);
    const left = [...this.delivered.keys()];
    const one = async () => {
      for (let flowId = left.pop(); flowId !== undefined; flowId = left.pop())
        await this.complete(flowId);
    };
    await Promise.all(Array.from({ length: 20 }, one));
    for (const client of this.clients.values()) await client.dispose();
  }

  /** Until a gateway completes the stream: nothing can follow what this subscriber has. */
  async complete(flowId) {
    for (let tries = 0; tries < 20; tries++) {
      const isComplete = await this.listen(flowId, this.random.pick(this.gateways), 10_000);
      if (isComplete || (tries > 0 && this.delivered.get(flowId).length > 0)) return;
    }
  }
}
