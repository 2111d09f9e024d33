/* global React, ReactDOM, GraphiQL */
import { examples } from './examples.js';
import { latestIds } from './ids.js';
import { membersOf, withMembers } from './key-files.js';
import {
  changePassword,
  keepSession,
  logIn,
  logOut,
  storedSession,
  storeSession,
} from './session.js';
import { fetcher } from './transport.js';

// GraphiQL over our own API: signs operators in, sends their token with everything, and brings examples.

const { createElement: element, useEffect, useMemo, useState } = React;

function Bar({ session, onSession }) {
  return element(
    'header',
    { className: 'bar' },
    element('h1', null, element(Bell), 'Carillon'),
    element('a', { href: '/docs' }, 'REST'),
    session ? element(SignedIn, { session, onSession }) : element(SignIn, { onSession }),
  );
}

function Bell() {
  const path =
    'M12 2a2 2 0 0 0-2 2v.6A6.5 6.5 0 0 0 5.5 11v4.5L4 18h16l-1.5-2.5V11A6.5 6.5 0 0 0 14 4.6V4a2 2 0 0 0-2-2Zm-2.3 17.5a2.4 2.4 0 0 0 4.6 0Z';
  return element(
    'svg',
    { viewBox: '0 0 24 24', 'aria-hidden': true },
    element('path', { d: path }),
  );
}

function SignIn({ onSession }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  /** A session that is good for nothing until a password of one's own is chosen, and the present one. */
  const [first, setFirst] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const { email, password, next } = Object.fromEntries(new FormData(event.target));
    setBusy(true);
    setProblem('');
    try {
      if (first) {
        await changePassword(first.session, first.password, next);
        onSession(first.session);
        return;
      }
      const session = await logIn(email, password);
      if (!session.passwordChangeRequired) return onSession(session);
      setFirst({ session, password });
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  const input = (name, type, label, autoComplete) =>
    element('input', {
      ...{ name, type, autoComplete, required: true },
      ...{ placeholder: label, 'aria-label': label },
    });
  return element(
    'form',
    { onSubmit: submit },
    problem && element('span', { className: 'problem', role: 'alert' }, problem),
    first
      ? element(
          'span',
          { role: 'status' },
          'Choose a password of your own, of at least 12 characters',
        )
      : input('email', 'email', 'E-mail', 'username'),
    first
      ? input('next', 'password', 'New password', 'new-password')
      : input('password', 'password', 'Password', 'current-password'),
    element('button', { type: 'submit', disabled: busy }, first ? 'Change' : 'Sign in'),
  );
}

function SignedIn({ session, onSession }) {
  const { email, role } = session.operator;
  const signOut = () => {
    logOut(session);
    onSession(null);
  };
  return element(
    'div',
    { className: 'signed-in' },
    element('span', { className: 'role' }, role.toLowerCase()),
    element('span', null, email),
    element('button', { type: 'button', onClick: signOut }, 'Sign out'),
  );
}

/** In GraphiQL's side bar, so that it can reach the editors. */
function Examples({ isSignedIn }) {
  const { addTab, queryEditor, variableEditor } = GraphiQL.React.useEditorContext();
  const open = ({ query, variables }) => {
    // A new tab, unless this one is empty or has it already. The editors have its values only once it is rendered.
    if (!['', query].includes(queryEditor.getValue().trim())) ReactDOM.flushSync(addTab);
    queryEditor.setValue(query);
    const values = typeof variables === 'function' ? variables(latestIds()) : variables;
    variableEditor.setValue(values ? JSON.stringify(values, null, 2) : '');
    queryEditor.focus();
  };
  const tasks = [...new Set(examples.map(({ task }) => task))];
  return element(
    'section',
    { className: 'examples', 'aria-label': 'Examples' },
    element('h2', null, 'Examples'),
    element(
      'p',
      null,
      isSignedIn
        ? 'Choose one, look at its variables, and run it. Your token is in the headers.'
        : 'Sign in above to run these: your token then goes into the headers. With a token from elsewhere, put it there yourself.',
    ),
    tasks.map((task) =>
      element(
        React.Fragment,
        { key: task },
        element('h3', null, task),
        element(
          'ul',
          null,
          examples
            .filter((example) => example.task === task)
            .map((example) =>
              element(
                'li',
                { key: example.title },
                element(
                  'button',
                  {
                    type: 'button',
                    onClick: () => {
                      open(example);
                    },
                  },
                  example.title,
                ),
              ),
            ),
        ),
      ),
    ),
  );
}

function Book() {
  const path = 'M4 5h16M4 10h16M4 15h10M4 20h10';
  return element(
    'svg',
    { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 },
    element('path', { d: path }),
  );
}

/** Below the answer, where it is always there: what GraphiQL lacks. */
function Manners() {
  const { activeTabIndex, variableEditor } = GraphiQL.React.useEditorContext();
  const { isSubscribed, stop } = GraphiQL.React.useExecutionContext();
  // There is one answer for all tabs: what runs on would fill the answer of another one, and block its run button.
  useEffect(() => {
    if (isSubscribed) stop();
  }, [activeTabIndex]);
  useEffect(() => {
    if (!variableEditor) return undefined;
    const drop = async (editor, event) => {
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      event.preventDefault();
      const members = membersOf(file.name, await file.text());
      if (members) editor.setValue(withMembers(editor.getValue(), members));
    };
    variableEditor.on('drop', drop);
    return () => variableEditor.off('drop', drop);
  }, [variableEditor]);
  return element(
    'p',
    { className: 'manners' },
    'Files of keys and service accounts can be dropped into the variables. Escape leaves an editor.',
  );
}

/** Tab indents in an editor: without a way out, whoever has no mouse would stay in it. */
document.addEventListener('keydown', (event) => {
  const isInEditor =
    event.target.closest?.('.CodeMirror') && !document.querySelector('.CodeMirror-hints');
  if (event.key === 'Escape' && isInEditor)
    document.querySelector('.graphiql-execute-button')?.focus();
});

function Editor({ session }) {
  const isSignedIn = session !== null;
  const [plugin] = useState(() => ({
    title: 'Examples',
    icon: Book,
    content: () => element(Examples, { isSignedIn }),
  }));
  const plugins = useMemo(() => [plugin], [plugin]);
  const [headers] = useState(() =>
    JSON.stringify(isSignedIn ? { authorization: `Bearer ${session.token}` } : {}, null, 2),
  );
  // Nobody is asked for the schema before there is somebody to ask for.
  const [isKnown, setKnown] = useState(isSignedIn);
  const editHeaders = (text) => {
    setKnown(isSignedIn || /authorization/i.test(text));
  };
  return element(
    GraphiQL,
    {
      fetcher,
      plugins,
      visiblePlugin: plugin,
      headers,
      schema: isKnown ? undefined : null,
      onEditHeaders: editHeaders,
      defaultHeaders: headers,
      defaultTabs: [{ query: examples[0].query, headers }],
      defaultEditorToolsVisibility: 'variables',
      shouldPersistHeaders: false,
      // Variables may hold private keys: what was typed goes with the browser's tab.
      storage: sessionStorage,
    },
    element(GraphiQL.Footer, null, element(Manners)),
  );
}

function Playground() {
  const [session, setSession] = useState(storedSession);
  useEffect(() => {
    storeSession(session);
    return session ? keepSession(session, setSession) : undefined;
  }, [session]);
  return element(
    React.Fragment,
    null,
    element(Bar, { session, onSession: setSession }),
    // Another caller may see another schema: it is read anew. A renewed token is of the same caller.
    element('main', null, element(Editor, { key: session?.operator.email ?? '', session })),
  );
}

ReactDOM.createRoot(document.getElementById('playground')).render(element(Playground));
