import { ApiClient, type Answer } from './api-client';
import { hostileRequests, hostileSubscriptions } from './hostile-operations';
import { SubscriptionClient } from './subscription-client';

/** For how many ordinary requests the work of refusing one hostile request may do: for some, half a second's. */
const mostOrdinary = 500;

let api: ApiClient;
let token: string;
beforeAll(async () => {
  api = await ApiClient.start();
  await api.ask('mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }');
  await api.ask(
    'mutation { createCampaign(input: { applicationId: 1, name: "Spring", message: { title: "3 %" } }) { id } }',
  );
  ({ token } = await api.ask<{ token: string }>('mutation { renewSession { token } }'));
  for (let n = 0; n < 200; n += 1) await ordinary();
  ordinaryMicros = await workOf(async () => {
    for (let n = 0; n < 100; n += 1) await ordinary();
  });
  ordinaryMicros /= 100;
});
afterAll(() => api.close());

const ordinary = () => api.ask('{ viewer { kind } }');
/** The work of one ordinary request: the measure, for it is as slow as the machine. */
let ordinaryMicros: number;

/** The processor time, in microseconds, that this process takes while something happens. */
async function workOf(happening: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await happening();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function refusalOf(body: string) {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { errors = [] } = (await response.json()) as Answer;
  return { status: response.status, errors };
}

describe('over HTTP', () => {
  it.each(hostileRequests)('$what is refused by an error, and stalls nobody', async ({ body }) => {
    let refusal: Awaited<ReturnType<typeof refusalOf>> | undefined;
    const micros = await workOf(async () => {
      refusal = await refusalOf(body);
    });
    expect(micros / ordinaryMicros).toBeLessThan(mostOrdinary);
    const { status = 0, errors = [] } = refusal ?? {};
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(500);
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      expect(message.length).toBeLessThan(1_000);
    }
  });

  it('all of it at once is refused too, and others are served', async () => {
    const refused = Promise.all(hostileRequests.map(({ body }) => refusalOf(body)));
    await ordinary();
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
    const micros = await workOf(refuseAll);
    expect(micros / ordinaryMicros).toBeLessThan(mostOrdinary);
    await client.close();
    const known =
      /^(GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|OPERATION_TOO_LARGE|BAD_REQUEST)$/;
    expect(Object.entries(codes).filter(([, code]) => !known.test(String(code)))).toEqual([]);
  });
});
