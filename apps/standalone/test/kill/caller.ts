import { setTimeout as sleep } from 'node:timers/promises';

/** No answer for so long is none: the caller asks again, as well-behaved ones do. */
const attemptMs = 15_000;
const giveUpAfterMs = 180_000;

/** The codes which say that there is no answer yet: to come again under the same key is the right thing to do. */
const comeAgain = new Set<unknown>([
  'DATABASE_UNAVAILABLE',
  'IDEMPOTENCY_KEY_IN_USE',
  'INTERNAL_SERVER_ERROR',
  'RATE_LIMITED',
  'RATE_LIMITS_UNAVAILABLE',
  'ERROR_GENERIC',
]);

export interface Tally {
  /** How many requests were sent, each under a key of its own. */
  requests: number;
  /** How often those were sent. */
  attempts: number;
  /** How many attempts got an earlier attempt's answer. */
  replayed: number;
  /** The longest time from the first attempt to the answer, in milliseconds. */
  longestMs: number;
}

interface GraphQLAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { code?: string };
  }[];
}

/** A client that wants each of its requests done, once: it repeats one under its key until there is an answer. */
export class Caller {
  private turn = 0;

  private constructor(
    private readonly urls: readonly string[],
    private readonly token: string,
    private readonly tally: Tally,
  ) {}

  static async signIn(urls: readonly string[], credentials: object, tally: Tally): Promise<Caller> {
    const stranger = new Caller(urls, '', { requests: 0, attempts: 0, replayed: 0, longestMs: 0 });
    const { login } = await stranger.mutate<{ login: { token: string } }>(
      'sign in',
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      credentials,
    );
    return new Caller(urls, login.token, tally);
  }

  /**
   * Asks for a mutation until it is done.
   * @throws Error with the API's words when it is refused, or when no answer comes
   */
  async mutate<Data>(key: string, query: string, variables: object): Promise<Data> {
    const answer = (await this.ask(key, '/graphql', { query, variables })) as GraphQLAnswer;
    if (answer.errors !== undefined || answer.data == null) {
      throw new Error(`${key} was refused: ${JSON.stringify(answer.errors ?? answer)}`);
    }
    return answer.data as Data;
  }

  /** Posts PowerAuth's envelope until it is answered. @throws as `mutate` */
  async post(key: string, path: string, requestObject: object): Promise<void> {
    const answer = (await this.ask(key, path, { requestObject })) as { status?: string };
    if (answer.status !== 'OK') throw new Error(`${key} was refused: ${JSON.stringify(answer)}`);
  }

  private async ask(key: string, path: string, body: object): Promise<unknown> {
    const { tally } = this;
    const startedAt = performance.now();
    tally.requests++;
    let last = '';
    while (performance.now() - startedAt < giveUpAfterMs) {
      tally.attempts++;
      const said = await this.attempt(key, path, body);
      if (typeof said !== 'string') {
        if (said.replayed) tally.replayed++;
        tally.longestMs = Math.max(tally.longestMs, Math.round(performance.now() - startedAt));
        return said.answer;
      }
      last = said;
      await sleep(100 + Math.random() * 300);
    }
    throw new Error(`${key} got no answer within ${giveUpAfterMs / 1000} s, at last: ${last}`);
  }

  /** @returns why it has no answer, or the answer */
  private async attempt(
    key: string,
    path: string,
    body: object,
  ): Promise<string | { answer: unknown; replayed: boolean }> {
    // As a balancer spreads them: a repeat may meet another process.
    const url = this.urls[this.turn++ % this.urls.length] ?? '';
    try {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': key,
          ...(this.token !== '' && { authorization: `Bearer ${this.token}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(attemptMs),
      });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) return `${response.status} ${text}`;
      const answer = JSON.parse(text) as unknown;
      if (codesOf(answer).some((code) => comeAgain.has(code))) return text;
      return { answer, replayed: response.headers.get('idempotent-replayed') === 'true' };
    } catch (error) {
      return String(error);
    }
  }
}

/** Returns GraphQL's error codes, or PowerAuth's. */
function codesOf(answer: unknown): unknown[] {
  const { errors = [], responseObject } = answer as GraphQLAnswer & {
    responseObject?: { code?: unknown };
  };
  return [...errors.map(({ extensions }) => extensions?.code), responseObject?.code];
}
