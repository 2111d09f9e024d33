import { ApiClient, type Answer } from './api-client';
import { hostileRequests, hostileSubscriptions } from './hostile-operations';
import { SubscriptionClient } from './subscription-client';

/** How long the slowest answer to a good client may take; it is some milliseconds. Generous, for slow machines. */
const stallMs = 2_000;
/** The same when it has to wait for all of them. */
const longestQueueMs = 10_000;

let api: ApiClient;
let token: string;
beforeAll(async () => {
  api = await ApiClient.start();
  await api.ask('mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }');
  await api.ask(
    'mutation { createCampaign(input: { applicationId: 1, name: "Spring", message: { title: "3 %" } }) { id } }',
  );
  ({ token } = await api.ask<{ token: string }>('mutation { renewSession { token } }'));
});
afterAll(() => api.close());

async function refusalOf(body: string) {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { errors = [] } = (await response.json()) as Answer;
  return { status: response.status, errors };
}

/** Asks one small thing after the other while something happens. @returns its slowest answer in milliseconds */
async function slowestMeanwhile(happening: Promise<unknown>): Promise<number> {
  const end = new AbortController();
  const happened = happening.finally(() => {
    end.abort();
  });
  let slowestMs = 0;
  do {
    const start = performance.now();
    await api.ask('{ viewer { kind } }');
    slowestMs = Math.max(slowestMs, performance.now() - start);
  } while (!end.signal.aborted);
  await happened;
  return slowestMs;
}

describe('over HTTP', () => {
  it.each(hostileRequests)('$what is refused by an error, and stalls nobody', async ({ body }) => {
    const refused = refusalOf(body);
    expect(await slowestMeanwhile(refused)).toBeLessThan(stallMs);
    const { status, errors } = await refused;
    expect(status).toBeLessThan(500);
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      expect(message.length).toBeLessThan(1_000);
    }
  });

  it('all of it at once is refused too, and served between', async () => {
    const refused = Promise.all(hostileRequests.map(({ body }) => refusalOf(body)));
    expect(await slowestMeanwhile(refused)).toBeLessThan(longestQueueMs);
    expect((await refused).filter(({ status }) => status >= 500)).toEqual([]);
  });
});

describe('over the socket', () => {
  it('is refused by an error, and stalls nobody', async () => {
    const client = await SubscriptionClient.connect(api.url, token);
    const codes: Record<string, unknown> = {};
    const refuseAll = async () => {
      for (const [what, text] of Object.entries(hostileSubscriptions)) {
        // What is larger than a message may be closes the socket, see the tests of subscriptions.
        if (text.length > 60_000) continue;
        client.subscribe(what, text);
        codes[what] = await client.refusal(what);
      }
    };
    expect(await slowestMeanwhile(refuseAll())).toBeLessThan(stallMs);
    await client.close();
    const known =
      /^(GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|OPERATION_TOO_LARGE|BAD_REQUEST)$/;
    expect(Object.entries(codes).filter(([, code]) => !known.test(String(code)))).toEqual([]);
  });
});
