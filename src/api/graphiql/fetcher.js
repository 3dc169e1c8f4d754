/** Sends what the editor runs: subscriptions by graphql-ws, everything else by POST. */
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

export function createFetcher() {
  const url = new URL('/graphql', location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  // A connection for each subscription: each tab has its own headers, and with them its own caller.
  const subscribe = (request, headers) =>
    createClient({ url: socket.href, lazy: true, connectionParams: headers ?? {} }).iterate(
      request,
    );
  return (given, { headers } = {}) => {
    const request = withItsOperation(given);
    return isSubscription(request) ? subscribe(request, headers) : post(url, request, headers);
  };
}

/**
 * Just after a change of tabs the editor still names the operation of the tab before: where there
 * is one operation, it is meant.
 */
function withItsOperation({ operationName, ...request }) {
  try {
    const names = parse(request.query).definitions.flatMap(({ kind, name }) =>
      kind === 'OperationDefinition' ? [name?.value] : [],
    );
    if (names.length === 1 && names[0] !== operationName) return request;
  } catch {
    // The gateway answers what is wrong with it.
  }
  return { ...request, operationName };
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

/** How callers prove who they are here: none, tokens or jwt. */
export async function authenticationMode() {
  try {
    return (await (await fetch('/auth/config')).json()).mode;
  } catch {
    return 'none';
  }
}

/** For the tab that explains a flow; a text that names none when there is none yet. */
export async function newestFlowId() {
  try {
    const query = '{ history(first: 1) { edges { node { flowId } } } }';
    const { data } = await post(new URL('/graphql', location.href), { query });
    return data.history.edges[0].node.flowId;
  } catch {
    return 'the flowId of a flow';
  }
}
