import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { until } from '@app/testing/time';
import { ApiClient } from './api-client';
import { ApiProcess } from './api-process';

interface Reply {
  readonly status: number;
  readonly isReplayed: boolean;
  readonly text: string;
}

interface Attempt {
  readonly key: string;
  readonly path: string;
  readonly body: object;
}

async function send(
  { key, path, body }: Attempt,
  caller: ApiClient,
  signal?: AbortSignal,
): Promise<Reply> {
  const response = await caller.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    ...(signal !== undefined && { signal }),
  });
  return {
    status: response.status,
    isReplayed: response.headers.get('idempotent-replayed') === 'true',
    text: await response.text(),
  };
}

const graphql = (query: string): Attempt => ({
  key: randomUUID(),
  path: '/graphql',
  body: { query },
});
const powerAuth = (path: string, requestObject: object): Attempt => ({
  key: randomUUID(),
  path,
  body: { requestObject },
});

const notification = (name: string) =>
  graphql(`mutation {
    ${name}(input: { applicationId: 1, userId: "alice", message: { title: "Hello" } }) { id state user { id } }
  }`);

/** Holds requests at a table that they write to. */
const moments = {
  /** The answer is stored last, with the effect. */
  beforeCommit: 'idempotency_keys IN SHARE MODE',
  /** Workers are woken before the answer is sent. */
  beforeAnswer: 'bullmq.job IN ACCESS EXCLUSIVE MODE',
};

/** Whose effect wakes workers, and then the others. */
const waking = ['notification', 'notifications', 'launch', 'PowerAuth message'];
const quiet = ['campaign', 'device', 'audience', 'PowerAuth campaign', 'signing key'];

describe('what a request with an Idempotency-Key asks for', () => {
  /** Another process, which lives on. */
  let api: ApiClient;
  let environment: NodeJS.ProcessEnv;
  let victim: ApiProcess | undefined;

  beforeAll(async () => {
    const settings = {
      MASTER_KEY: randomBytes(32).toString('base64'),
      PUBLIC_URL: 'https://push.example.com',
      POWERAUTH_COMPAT: 'token',
      POWERAUTH_SEND_WAIT_MS: '100',
    };
    api = await ApiClient.start(settings);
    environment = { ...settings, DATABASE_URL: api.databaseUrl };
    await api.ask('mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }');
    await api.ask(register('known'));
    // Makes the queues' tables.
    for (const name of waking) await send(await attempt(name), api);
  });
  afterAll(() => api.close());
  afterEach(() => victim?.kill());

  const createCampaign = async () => {
    const { id } = await api.ask<{ id: string }>(CREATE_CAMPAIGN);
    await api.ask(`mutation { addCampaignUsers(id: ${id}, userIds: ["alice"]) { added } }`);
    return id;
  };
  const attempts: Readonly<Record<string, () => Attempt | Promise<Attempt>>> = {
    notification: () => notification('sendNotification'),
    notifications: () =>
      graphql(`
        mutation {
          sendNotifications(
            inputs: [
              { applicationId: 1, userId: "alice", message: { title: "One" } }
              { applicationId: 1, userId: "ben", message: { title: "Two" } }
            ]
          ) {
            id
            userId
          }
        }
      `),
    launch: async () =>
      graphql(`mutation { launchCampaign(id: ${await createCampaign()}) { id state } }`),
    'PowerAuth message': () =>
      powerAuth('/push/message/send', {
        appId: 1,
        message: { userId: 'alice', body: { title: 'Hello', body: 'You' } },
      }),
    campaign: () => graphql(CREATE_CAMPAIGN),
    device: () => graphql(register(randomUUID())),
    audience: async () =>
      graphql(`mutation {
        addCampaignUsers(id: ${await createCampaign()}, userIds: ["ben", "carol"]) { added }
      }`),
    deletion: async () =>
      graphql(`mutation { deleteCampaign(id: ${await createCampaign()}) { id } }`),
    'PowerAuth campaign': () =>
      powerAuth('/push/campaign/create', { appId: 1, message: { title: 'Spring' } }),
    'signing key': () => graphql('mutation { rotateSigningKey { kid } }'),
  };
  const attempt = async (name: string) => {
    const make = attempts[name];
    if (make === undefined) throw new Error(`There is no ${name}`);
    return make();
  };
  const made = async (names: readonly string[]) => {
    const list: Attempt[] = [];
    for (const name of names) list.push(await attempt(name));
    return list;
  };

  const stored = async (list: readonly Attempt[]) =>
    (
      await api.sql('SELECT FROM idempotency_keys WHERE key = ANY ($1)', [
        list.map(({ key }) => key),
      ])
    ).length;
  const waiting = () =>
    api.sql<{ pid: number }>(
      `SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND locktype = 'relation'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
  /** How many rows of each table come with `work`. */
  const growth = async (work: () => Promise<unknown>) => {
    const before = await api.rowCounts();
    await work();
    return Object.entries(await api.rowCounts())
      .map(([table, count]) => [table, count - (before[table] ?? 0)] as const)
      .filter(([, count]) => count !== 0);
  };
  /** Calls `work` while requests are held. */
  const held = async (moment: keyof typeof moments, work: () => Promise<void>) => {
    const client = new Client({ connectionString: api.databaseUrl });
    await client.connect();
    try {
      await client.query(`BEGIN; LOCK TABLE ${moments[moment]}`);
      await work();
    } finally {
      await client.end();
    }
  };
  /** Sends these to a process that is killed then. */
  const killed = async (
    moment: keyof typeof moments,
    list: readonly Attempt[],
    isReached: () => Promise<boolean>,
  ) => {
    const running = await ApiProcess.start(environment);
    victim = running;
    const caller = api.at(running.url);
    await held(moment, async () => {
      const lost = Promise.allSettled(list.map((each) => send(each, caller)));
      await until(isReached);
      await running.kill();
      await lost;
    });
  };
  /** As soon as PostgreSQL has noticed that the process is gone. */
  const repeated = async (list: readonly Attempt[]) => {
    const replies: Reply[] = [];
    for (const each of list) {
      await until(async () => {
        const reply = await send(each, api);
        if (reply.status !== 409) replies.push(reply);
        return reply.status !== 409;
      });
    }
    return replies;
  };
  const shapeOf = ({ text }: Reply) => text.replaceAll(/[0-9a-f-]{36}|"[\w-]{43}"|\b\d+\b/g, '_');

  it.each([
    { moment: 'beforeCommit' as const, names: [...waking, 'deletion'], isReplayed: {} },
    { moment: 'beforeCommit' as const, names: quiet, isReplayed: {} },
    {
      moment: 'beforeAnswer' as const,
      names: waking,
      isReplayed: { notification: true, notifications: true, launch: true },
    },
  ])(
    'is done once when the process is killed $moment, and answered as ever: $names',
    async ({ moment, names, isReplayed }) => {
      const control = await made(names);
      const shapes: string[] = [];
      const once = await growth(async () => {
        for (const each of control) {
          const reply = await send(each, api);
          expect(reply).toMatchObject({ status: 200, isReplayed: false });
          expect(reply.text).not.toContain('error');
          shapes.push(shapeOf(reply));
        }
      });
      const list = await made(names);
      let replies: Reply[] = [];
      const again = await growth(async () => {
        await killed(moment, list, async () =>
          moment === 'beforeCommit'
            ? (await waiting()).length === list.length
            : (await stored(list)) === list.length,
        );
        expect(await stored(list)).toBe(moment === 'beforeCommit' ? 0 : list.length);
        replies = await repeated(list);
      });
      expect(again).toEqual(once);
      expect(replies.map(shapeOf)).toEqual(shapes);
      expect(replies).toMatchObject(
        names.map((name) => ({
          status: 200,
          isReplayed: (isReplayed as Record<string, boolean>)[name] ?? false,
        })),
      );
    },
  );

  it.each(['beforeCommit', 'beforeAnswer'] as const)(
    'is 30 notifications, not 60, when the process that sends them is killed %s',
    async (moment) => {
      const list = Array.from({ length: 30 }, () => notification('sendNotification'));
      const before = await api.rowCounts();
      await killed(moment, list, async () =>
        moment === 'beforeCommit'
          ? (await waiting()).length > 1
          : (await stored(list)) === list.length,
      );
      const ids = (await repeated(list)).map(({ text }) => /[0-9a-f-]{36}/.exec(text)?.[0]);
      expect((await api.rowCounts()).messages).toBe((before.messages ?? 0) + 30);
      const found = await api.sql('SELECT FROM notifications WHERE message_id = ANY ($1::uuid[])', [
        ids,
      ]);
      expect(found).toHaveLength(30);
    },
  );

  it('is not done when the database is lost before the commit, which is no success', async () => {
    const list = await made(['notification', 'PowerAuth campaign', 'PowerAuth message']);
    const once = await growth(() =>
      Promise.all(list.map((each) => send({ ...each, key: randomUUID() }, api))),
    );
    const again = await growth(async () => {
      await held('beforeCommit', async () => {
        const first = Promise.all(list.map((each) => send(each, api)));
        await until(async () => (await waiting()).length === list.length);
        await api.sql('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
          (await waiting()).map(({ pid }) => pid),
        ]);
        for (const { status, text } of await first) {
          expect(status).toBe(503);
          expect(text).toContain('The database is away for the moment');
        }
      });
      expect(await stored(list)).toBe(0);
      for (const reply of await repeated(list))
        expect(reply).toMatchObject({ status: 200, isReplayed: false });
    });
    expect(again).toEqual(once);
  });

  it('is done although its callers have gone, and hinders nobody after them', async () => {
    const list = Array.from({ length: 8 }, () => notification('sendNotification'));
    const { notifications: before = 0 } = await api.rowCounts();
    await held('beforeCommit', async () => {
      const gone = new AbortController();
      const calls = list.map((each) => send(each, api, gone.signal));
      const lost = Promise.allSettled(calls);
      await until(async () => (await waiting()).length > 1);
      gone.abort();
      await lost;
    });
    await until(async () => (await stored(list)) > 1);
    for (const { status } of await repeated(list)) expect(status).toBe(200);
    expect((await api.rowCounts()).notifications).toBe(before + list.length);
  });

  it('is told to be running until it is answered, also by another process', async () => {
    const list = await made(['notification', 'PowerAuth campaign']);
    const running = await ApiProcess.start(environment);
    victim = running;
    let firsts: Promise<Reply[]> | undefined;
    await held('beforeCommit', async () => {
      firsts = Promise.all(list.map((each) => send(each, api.at(running.url))));
      await until(async () => (await waiting()).length === list.length);
      for (const each of list) expect((await send(each, api)).status).toBe(409);
    });
    for (const [place, first] of ((await firsts) ?? []).entries()) {
      expect(first).toMatchObject({ status: 200, isReplayed: false });
      const [again] = await repeated(list.slice(place, place + 1));
      expect(again).toEqual({ ...first, isReplayed: true });
    }
  });
});

const register = (token: string) => `mutation {
  registerDevice(input: { applicationId: 1, platform: ANDROID, token: "${token}", userId: "alice" }) { id }
}`;
const CREATE_CAMPAIGN = `mutation {
  createCampaign(input: { applicationId: 1, name: "Spring", message: { title: "Spring" } }) { id state }
}`;
