/* global GraphiQL, graphqlWs */
import { rememberIds } from './ids.js';
import { endpoint, withLatestToken } from './session.js';

// How GraphiQL reaches the server: subscriptions over a socket, all else over HTTP, both with the editor's headers.

export function fetcher({ query, variables, operationName }, { headers } = {}) {
  const running = operationOf(query, operationName);
  const parameters = { query, variables, operationName: running?.name?.value };
  return running?.operation === 'subscription'
    ? subscribe(parameters, withLatestToken(headers))
    : post(parameters, withLatestToken(headers));
}

/** For a moment after another example was opened, GraphiQL still has the operation name of the one before. */
function operationOf(query, operationName) {
  try {
    const { definitions } = GraphiQL.GraphQL.parse(query);
    const operations = definitions.filter(({ operation }) => operation);
    return operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  } catch {
    return undefined; // the server says what is wrong
  }
}

async function post(parameters, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(parameters),
  });
  const isJson = response.headers.get('content-type')?.includes('json');
  const answer = isJson
    ? await response.json()
    : { errors: [{ message: `Status ${response.status}` }] };
  rememberIds(answer);
  return answer;
}

/** Each subscription has a socket of its own, since each may have other headers. */
function subscribe(parameters, headers) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const client = graphqlWs.createClient({
    url: url.href,
    connectionParams: headers,
    retryAttempts: 0,
  });
  return {
    subscribe: (observer) => ({
      unsubscribe: client.subscribe(parameters, {
        next: (result) => observer.next(result),
        complete: () => observer.complete(),
        error: (error) => observer.error(presentable(error)),
      }),
    }),
  };
}

/** Either why the socket was closed, or why the operation does not run. */
function presentable(error) {
  if (!(error instanceof CloseEvent)) return error;
  return new Error(
    error.code === 4403
      ? 'The socket was closed: sign in, and run it again'
      : `The socket was closed: ${error.code} ${error.reason}`,
  );
}
