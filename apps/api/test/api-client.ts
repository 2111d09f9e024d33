import { randomBytes } from 'node:crypto';
import type { ServiceConfig } from '@app/core';
import { testConfig } from '@app/testing/config';
import { hash } from '@node-rs/argon2';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { type Api, startApi } from '../src/start';

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly field?: string };
  }[];
}

const owner = { email: 'owner@example.com', password: randomBytes(18).toString('base64url') };
/** The hash of the OWNER's password, made once in this process, for it is slow on purpose. */
let ownerHash: string | undefined;

const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { token }
}`;

/** A running API on a database of its own, and a caller of it: its OWNER, unless `as` says another. */
export class ApiClient {
  private constructor(
    private readonly api: Api,
    private readonly client: Client,
    private readonly database: TestDatabase,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly config: ServiceConfig,
  ) {}

  /** @param environment changes the configuration */
  static async start(environment: NodeJS.ProcessEnv = {}): Promise<ApiClient> {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `INSERT INTO operators (id, email, role, password_hash) VALUES (gen_random_uuid(), $1, 'OWNER', $2)`,
      [owner.email, (ownerHash ??= await hash(owner.password))],
    );
    const config = testConfig(database.url, environment);
    const anonymous = new ApiClient(await startApi(config), client, database, {}, config);
    const { token } = await anonymous.ask<{ token: string }>(LOGIN, owner);
    return anonymous.as(token);
  }

  /** Returns the same server for another caller. @param token none for an anonymous one */
  as(token: string | undefined, headers: Readonly<Record<string, string>> = {}): ApiClient {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const all = { ...authorization, ...headers };
    return new ApiClient(this.api, this.client, this.database, all, this.config);
  }

  /** Ends the server and starts it again. @returns the same caller of it; those before it are of no use any more */
  async restarted(): Promise<ApiClient> {
    await this.api.close();
    const api = await startApi(this.config);
    return new ApiClient(api, this.client, this.database, this.headers, this.config);
  }

  /** Returns the same caller, of another process on the same database. */
  at(url: string): ApiClient {
    const api = { url, operators: this.api.operators, close: () => this.api.close() };
    return new ApiClient(api, this.client, this.database, this.headers, this.config);
  }

  get url(): string {
    return this.api.url;
  }

  /** The header by which this caller is known. */
  get authorization(): string {
    return this.headers.authorization ?? '';
  }

  get databaseUrl(): string {
    return this.database.url;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(this.headers);
    new Headers(init.headers).forEach((value, name) => {
      headers.set(name, value);
    });
    return fetch(this.api.url + path, { ...init, headers });
  }

  async post(query: string, variables: object = {}): Promise<Answer> {
    const response = await this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  }

  /** Returns what the only field of a query or mutation gives. @throws when there is an error */
  async ask<Value>(query: string, variables: object = {}): Promise<Value> {
    const { data, errors } = await this.post(query, variables);
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return Object.values(data ?? {})[0] as Value;
  }

  async sql<Row>(query: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.client.query(query, parameters)).rows as Row[];
  }

  /** Counts the rows of each table. */
  async rowCounts(): Promise<Record<string, number>> {
    const tables = await this.sql<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await this.sql<{ count: number }>(`SELECT count(*)::int FROM "${name}"`);
      counts[name] = row?.count ?? 0;
    }
    return counts;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.client.end();
    await this.database.drop();
  }
}
