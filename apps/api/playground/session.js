// An operator's session: kept for as long as the browser's tab lives, and renewed before its token ends.

export const endpoint = '/graphql';

const storageKey = 'carillon:session';

/** So long before the token ends another one is asked for. */
const aheadMs = 15 * 60 * 1000;
const retryMs = 30 * 1000;
/** Between two renewals at least, whatever the clock of this machine says. */
const leastMs = 60 * 1000;

const what = 'token expiresAt operator { email role }';
const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { ${what} passwordChangeRequired }
}`;
const CHANGE_PASSWORD = `mutation ($current: String!, $next: String!) {
  changePassword(current: $current, next: $next) { email }
}`;
const RENEW = `mutation { renewSession { ${what} } }`;
const LOGOUT = 'mutation { logout }';

/** What the server says no to, unlike what does not reach it. */
class RefusedError extends Error {}

/** Beyond it, a timer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

let renewedAtMs = -Infinity;

/** Tokens that have a successor. Headers that still name one get the successor. */
const successors = new Map();

export const storedSession = () => JSON.parse(sessionStorage.getItem(storageKey) ?? 'null');

export function storeSession(session) {
  if (session) sessionStorage.setItem(storageKey, JSON.stringify(session));
  else sessionStorage.removeItem(storageKey);
}

export const logIn = (email, password) => ask(LOGIN, { email, password });

/** The session is as good as any from then on. */
export const changePassword = ({ token }, current, next) =>
  ask(CHANGE_PASSWORD, { current, next }, token);

export function logOut({ token }) {
  ask(LOGOUT, {}, latest(token)).catch(() => undefined);
}

/**
 * Renews the session until it is told to stop; an answer that comes later than that is dropped, or it would sign in again
 * who has just signed out.
 * @param onSession gets the session, or null once it is refused
 */
export function keepSession(session, onSession) {
  let stopped = false;
  const renew = async () => {
    try {
      const next = await ask(RENEW, {}, session.token);
      if (stopped) return;
      renewedAtMs = Date.now();
      successors.set(session.token, next.token);
      onSession(next);
    } catch (error) {
      if (stopped) return;
      if (error instanceof RefusedError) onSession(null);
      else timer = setTimeout(renew, retryMs);
    }
  };
  const dueAtMs = Math.max(Date.parse(session.expiresAt) - aheadMs, renewedAtMs + leastMs);
  let timer = setTimeout(renew, Math.min(Math.max(0, dueAtMs - Date.now()), longestTimerMs));
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** The headers with the latest token of this session, where they have an earlier one. */
export function withLatestToken(headers = {}) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.toLowerCase() === 'authorization' ? String(value).replace(/[^ ]+$/, latest) : value,
    ]),
  );
}

function latest(token) {
  return successors.has(token) ? latest(successors.get(token)) : token;
}

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
  if (errors) throw new RefusedError(errors[0].message);
  return Object.values(data)[0];
}
