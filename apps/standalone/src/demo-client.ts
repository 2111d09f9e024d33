/** The rows that leave for an upload in one piece. */
const rowsAtOnce = 500;

/** Asks the API as any front end would. */
export class DemoClient {
  private constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  static async signIn(url: string, credentials: Credentials): Promise<DemoClient> {
    const { login } = await new DemoClient(url).ask<{ login: { token: string } }>(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      credentials,
    );
    return new DemoClient(url, login.token);
  }

  /** @throws Error with the API's own words */
  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer<Data>;
    if (errors !== undefined || data === undefined) {
      throw new Error(errors?.map(({ message }) => message).join('; ') ?? response.statusText);
    }
    return data;
  }

  /** Uploads rows as lines of JSON, as they are taken. @throws Error with the API's own words, also for a row that it refused */
  async upload(path: string, rows: Iterable<object>): Promise<void> {
    const response = await fetch(`${this.url}/upload/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      body: ReadableStream.from(pieces(rows)),
      duplex: 'half',
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(answer);
    const { refused } = JSON.parse(answer) as { readonly refused: number };
    if (refused > 0) throw new Error(`Rows were refused: ${answer}`);
  }
}

function* pieces(rows: Iterable<object>): Generator<Uint8Array> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(`${JSON.stringify(row)}\n`);
    if (lines.length < rowsAtOnce) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(lines.join(''));
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

interface Answer<Data> {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string }[];
}
