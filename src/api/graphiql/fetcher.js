/** Sends what the editor runs: subscriptions by graphql-ws, everything else by POST. */
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

export function createFetcher() {
  const url = new URL('/graphql', location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const client = createClient({ url: socket.href, lazy: true });
  return (request, { headers } = {}) =>
    isSubscription(request) ? client.iterate(request) : post(url, request, headers);
}

function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false;
  }
}

async function post(url, request, headers) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(request),
  });
  return answer.json();
}
