/* global React, ReactDOM, GraphiQL, graphqlWs, examples */
'use strict';

// GraphiQL over our own API: signs operators in, sends their token with everything, and brings examples.

const { createElement: element, useEffect, useMemo, useState } = React;

const endpoint = '/graphql';
const sessionKey = 'carillon:session';
/** An access token lasts an hour; a working operator should not notice that it ends. */
const renewEveryMs = 45 * 60 * 1000;

const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { token operator { email role } }
}`;
const RENEW = 'mutation { renewSession { token operator { email role } } }';
const LOGOUT = 'mutation { logout }';

async function ask(query, variables, token) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return Object.values(data)[0];
}

const storedSession = () => JSON.parse(sessionStorage.getItem(sessionKey) ?? 'null');

const authorizationOf = (headers) =>
  Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization')?.[1];

/** Subscriptions go over a socket of their own, which has the token that was in the editor when they began. */
function subscribe(parameters, headers) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const client = graphqlWs.createClient({
    url: url.href,
    connectionParams: { authorization: authorizationOf(headers) },
    retryAttempts: 0,
  });
  return client.iterate(parameters);
}

async function* failure(message) {
  yield { errors: [{ message }] };
}

/** The operation that runs, of the several that a document may hold. */
function isSubscription({ query, operationName }) {
  const operations = [...query.matchAll(/^\s*(query|mutation|subscription)\b\s*(\w*)/gm)];
  const running = operationName
    ? operations.find(([, , name]) => name === operationName)
    : operations[0];
  return running?.[1] === 'subscription';
}

async function fetcher(parameters, { headers } = {}) {
  if (isSubscription(parameters)) return subscribe(parameters, headers);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(parameters),
  });
  return response.headers.get('content-type')?.includes('json')
    ? response.json()
    : failure(`The server answered ${response.status}`);
}

function SignIn({ onSession }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.target));
    setBusy(true);
    setProblem('');
    try {
      onSession(await ask(LOGIN, { email, password }));
    } catch (error) {
      setProblem(error.message);
    } finally {
      setBusy(false);
    }
  };
  return element(
    'form',
    { className: 'sign-in', onSubmit: submit },
    element('input', {
      name: 'email',
      type: 'email',
      placeholder: 'E-mail',
      'aria-label': 'E-mail',
      autoComplete: 'username',
      required: true,
    }),
    element('input', {
      name: 'password',
      type: 'password',
      placeholder: 'Password',
      'aria-label': 'Password',
      autoComplete: 'current-password',
      required: true,
    }),
    element('button', { type: 'submit', disabled: busy }, 'Sign in'),
    problem && element('span', { className: 'problem', role: 'alert' }, problem),
  );
}

function SignedIn({ session, onSession }) {
  const signOut = () => {
    ask(LOGOUT, {}, session.token).catch(() => undefined);
    onSession(null);
  };
  return element(
    'div',
    { className: 'signed-in' },
    element('span', null, `${session.operator.email} (${session.operator.role.toLowerCase()})`),
    element('button', { type: 'button', onClick: signOut }, 'Sign out'),
  );
}

function Examples({ onExample }) {
  const choose = ({ target }) => {
    const example = examples.find(({ title }) => title === target.value);
    if (example) onExample(example);
    target.value = '';
  };
  return element(
    'select',
    { className: 'examples', 'aria-label': 'Examples', defaultValue: '', onChange: choose },
    element('option', { value: '', disabled: true }, 'Examples'),
    examples.map(({ title }) => element('option', { key: title, value: title }, title)),
  );
}

function Playground() {
  const [session, setSession] = useState(storedSession);
  const [example, setExample] = useState({});
  useEffect(() => {
    if (session) sessionStorage.setItem(sessionKey, JSON.stringify(session));
    else sessionStorage.removeItem(sessionKey);
    if (!session) return undefined;
    const renew = () =>
      ask(RENEW, {}, session.token).then(setSession, () => {
        setSession(null);
      });
    const timer = setInterval(renew, renewEveryMs);
    return () => clearInterval(timer);
  }, [session]);
  const headers = useMemo(
    () => JSON.stringify(session ? { authorization: `Bearer ${session.token}` } : {}, null, 2),
    [session],
  );
  // The documentation is read again with each session: in production it is only for those who are signed in.
  return element(
    React.Fragment,
    null,
    element(
      'header',
      { className: 'bar' },
      element('h1', null, 'Carillon'),
      element(Examples, { onExample: setExample }),
      session
        ? element(SignedIn, { session, onSession: setSession })
        : element(SignIn, { onSession: setSession }),
    ),
    element(
      'main',
      null,
      element(GraphiQL, {
        key: session ? 'signed-in' : 'signed-out',
        fetcher,
        headers,
        query: example.query,
        variables: example.variables,
        defaultEditorToolsVisibility: 'variables',
        shouldPersistHeaders: false,
        defaultQuery: examples[0].query,
      }),
    ),
  );
}

ReactDOM.createRoot(document.getElementById('playground')).render(element(Playground));
