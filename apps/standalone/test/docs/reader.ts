import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config, loadConfig } from '@app/core';
import { buildSchema, getOperationAST, OperationTypeNode, parse, validate } from 'graphql';
import { SubscriptionClient } from '../../../api/test/subscription-client';
import { type Standalone, startStandalone } from '../../src/start';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { type Block, blocksOf, reasonNotToRun } from './blocks';
import { compact, patternOf, type Step, stepsOf } from './promises';
import { Shell } from './shell';

const schema = buildSchema(readFileSync('apps/api/schema.graphql', 'utf8'));

/** The file that a server can be started with. */
const provisioning = 'provision.yaml';

/**
 * A reader in a folder, with a shell and a server that `npm start` would start. It does with every block of a page what
 * the page means: writes files, runs commands and operations, and compares what is shown with what comes. Of a block
 * only what differs on every machine is replaced: addresses, paths and the password that is shown once.
 */
export class Reader {
  private constructor(
    private readonly folder: string,
    private readonly server: Server,
    private readonly shell: Shell,
    private readonly differing: readonly (readonly [string, string])[],
  ) {}

  /** @param variables of the server; files in them are blocks of the pages */
  static async start(pages: readonly string[], variables: NodeJS.ProcessEnv): Promise<Reader> {
    const outside = mkdtempSync(join(tmpdir(), 'carillon docs '));
    symlinkSync(resolve('node_modules'), join(outside, 'node_modules'));
    const folder = join(outside, 'carillon');
    mkdirSync(join(folder, 'docs'), { recursive: true });
    symlinkSync(resolve('apps'), join(folder, 'apps'));
    for (const block of pages.flatMap(blocksOf).reverse()) {
      const isRead = block.file !== undefined && Object.values(variables).includes(block.file);
      if (isRead) writeFileSync(join(folder, block.file), block.content);
    }
    const files: NodeJS.ProcessEnv = {};
    for (const [name, file = ''] of Object.entries(variables)) files[name] = join(folder, file);
    const server = await Server.start(folder, files);
    const { url, simulator, firstOwner } = server.standalone;
    const differing = [
      ['http://127.0.0.1:3000', url],
      ['ws://127.0.0.1:3000', url.replace('http', 'ws')],
      ['https://127.0.0.1:8443', simulator?.apnsUrl ?? ''],
      ['https://127.0.0.1:8444', simulator?.fcmUrl ?? ''],
      ['http://127.0.0.1:8445', simulator?.controlUrl ?? ''],
      ['the password that npm start printed', firstOwner?.password ?? ''],
    ] as const;
    const reader = new Reader(folder, server, new Shell(folder), differing);
    await reader.write('docs/shell.sh', readFileSync('docs/shell.sh', 'utf8'));
    return reader;
  }

  async read(page: string): Promise<void> {
    const blocks = blocksOf(page);
    for (const [index, block] of blocks.entries()) {
      if (reasonNotToRun(block) !== undefined) continue;
      const next = blocks[index + 1];
      await this.take(
        block,
        next !== undefined && isAnswer(next) ? next : undefined,
        blocks[index - 1],
      );
    }
    for (const { file, content } of blocks) {
      if (file === provisioning) await this.startWith(content);
    }
  }

  private async take(
    block: Block,
    answer: Block | undefined,
    before: Block | undefined,
  ): Promise<void> {
    const { language, file, content } = block;
    if (file !== undefined) await this.write(file, content);
    if (language === 'graphql') this.check(block);
    if (language === 'sh') await this.run(block, answer);
    else if (language === 'graphql' && file === undefined) await this.execute(content);
    else if (isAnswer(block) && before?.language === 'sh')
      return; // looked at with its commands
    else if (language !== 'mermaid' && file === undefined)
      throw new Error(
        `${block.at}: nothing runs this block. Let it be one of the kinds that are run, a file (\`\`\`ts name.ts), or write <!-- not run: why --> before it.`,
      );
  }

  private async run(block: Block, answer: Block | undefined): Promise<void> {
    const steps = stepsOf(this.here(block.content));
    const last = steps.pop();
    for (const step of steps) this.compare(step, await this.shell.run(step.commands));
    if (last === undefined) return;
    const promised = answer?.content ?? last.promised;
    const step = { ...last, ...(promised !== undefined && { promised }) };
    const printed =
      answer?.note === 'eventually'
        ? await this.runUntilKept(step)
        : await this.shell.run(step.commands);
    this.compare(step, printed);
  }

  /** Asks again until workers, which take the time that they need, are done, or two minutes are over. */
  private async runUntilKept({ commands, promised = '' }: Step): Promise<string> {
    const deadline = performance.now() + 120_000;
    for (;;) {
      const printed = await this.shell.run(`( ${commands} ) || true`);
      if (patternOf(promised).test(compact(printed)) || performance.now() > deadline)
        return printed;
      await sleep(100);
    }
  }

  private compare({ commands, promised }: Step, printed: string): void {
    if (promised === undefined) return;
    // With the commands, lest a failure shows nothing but two texts.
    expect({ commands, shown: compact(printed) }).toEqual({
      commands,
      shown: expect.stringMatching(patternOf(promised)) as string,
    });
  }

  private check({ at, content }: Block): void {
    expect({ at, errors: validate(schema, parse(content)) }).toEqual({ at, errors: [] });
  }

  /** With the variables of the shell that have the names of its own. */
  private async execute(query: string): Promise<void> {
    const operation = getOperationAST(parse(query));
    const names = operation?.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
    const variables: Record<string, string> = {};
    for (const name of names) variables[name] = await this.valueOf(name);
    const token = await this.valueOf('token');
    const { url } = this.server.standalone;
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
      const client = await SubscriptionClient.connect(url, token);
      client.subscribe('1', query, variables);
      expect(await client.next('next', '1')).not.toHaveProperty('errors');
      client.socket.terminate();
      return;
    }
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    expect(await response.json()).not.toHaveProperty('errors');
  }

  /** A server of its own takes the file, with the files that the page has made by then. */
  private async startWith(provision: string): Promise<void> {
    await this.write(provisioning, provision);
    const server = await Server.start(mkdtempSync(join(this.folder, 'server-')), {
      PROVISION_FILE: join(this.folder, provisioning),
    });
    await server.close();
  }

  /** In the folder where the shell is. */
  private async write(file: string, content: string): Promise<void> {
    writeFileSync(join(await this.valueOf('PWD'), file), this.here(content));
  }

  private valueOf(variable: string): Promise<string> {
    return this.shell.run(`printf %s "$${variable}"`);
  }

  private here(content: string): string {
    return this.differing.reduce((text, [shown, here]) => text.replaceAll(shown, here), content);
  }

  async close(): Promise<void> {
    this.shell.close();
    await this.server.close();
    rmSync(dirname(this.folder), { recursive: true });
  }
}

const isAnswer = ({ language, file }: Block) =>
  ['json', 'text'].includes(language) && file === undefined;

/** What `npm start` starts, at free ports and with a database of this run. */
class Server {
  private constructor(
    readonly standalone: Standalone,
    private readonly database: TestDatabase,
  ) {}

  static async start(folder: string, variables: NodeJS.ProcessEnv): Promise<Server> {
    const database = await createTestDatabase();
    const environment = {
      NODE_ENV: 'test',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      PORT: '0',
      SIMULATOR_APNS_PORT: '0',
      SIMULATOR_FCM_PORT: '0',
      SIMULATOR_CONTROL_PORT: '0',
      DATA_DIR: join(folder, 'data'),
      DATABASE_URL: database.url,
      ...variables,
    };
    const config = Object.assign(new Config(), loadConfig(environment));
    return new Server(await startStandalone(config), database);
  }

  async close(): Promise<void> {
    await this.standalone.close();
    await this.database.drop();
  }
}
