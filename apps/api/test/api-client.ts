import { randomBytes } from 'node:crypto';
import { assertServiceConfig, loadConfig, type ServiceConfig } from '@app/core';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../standalone/test/database';
import { type Api, startApi } from '../src/start';

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly field?: string };
  }[];
}

/** The configuration of an API on this database, at any free port, with the queue in the database. */
export function testConfig(
  databaseUrl: string,
  environment: NodeJS.ProcessEnv = {},
): ServiceConfig {
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ...environment,
  });
  assertServiceConfig(config);
  return config;
}

/** A running API on a database of its own, and a caller of it. */
export class ApiClient {
  private constructor(
    private readonly api: Api,
    private readonly client: Client,
    private readonly database: TestDatabase,
  ) {}

  static async start(): Promise<ApiClient> {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    return new ApiClient(await startApi(testConfig(database.url)), client, database);
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.api.url + path, init);
  }

  async post(query: string, variables: object = {}): Promise<Answer> {
    const response = await this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  }

  /** What the only field of a query or mutation gives. @throws when there is an error */
  async ask<Value>(query: string, variables: object = {}): Promise<Value> {
    const { data, errors } = await this.post(query, variables);
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return Object.values(data ?? {})[0] as Value;
  }

  async sql<Row>(query: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.client.query(query, parameters)).rows as Row[];
  }

  /** How many rows each table has. */
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
