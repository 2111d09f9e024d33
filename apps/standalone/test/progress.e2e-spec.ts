import { LaneLimits } from '@app/delivery';
import { CampaignsService } from '@app/campaigns';
import type { DeliveryCounts } from '@app/delivery';
import { SubscriptionClient } from '../../api/test/subscription-client';
import { Carillon, tester } from '@app/testing/harness';

const devices = 2_000;

const PROGRESS = `subscription ($id: ID!) {
  campaignProgress(id: $id) {
    state perSecond estimatedEndAt counts { total pending accepted failed skipped expired }
    lanes { gateway pausedUntil breaker { reason } }
  }
}`;

interface Progress {
  readonly state: string;
  readonly perSecond: number;
  readonly estimatedEndAt: string | null;
  readonly counts: DeliveryCounts;
  readonly lanes: readonly {
    readonly gateway: string;
    readonly pausedUntil: string | null;
    readonly breaker: { readonly reason: string } | null;
  }[];
}

describe('who watches a campaign', () => {
  let carillon: Carillon;
  let origins: string[];
  let token: string;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 20 });
    const apis = [await carillon.startApi(), await carillon.startApi()];
    origins = apis.map(({ url }) => url);
    token = await logIn(await carillon.createOperator());
    await carillon.startWorkerProcess();
  });
  afterAll(() => carillon.close());

  it('sees it progress to its end, whichever API is asked and whichever worker sends', async () => {
    const applicationId = await carillon.createApplication({ apnsPerSecond: 50, fcmPerSecond: 50 });
    await carillon.createDevices(applicationId, devices);
    const campaign = await carillon.createCampaign(applicationId);
    const watched = await Promise.all(origins.map((origin) => watch(origin, campaign.id)));
    for (const { first } of watched) expect(first).toMatchObject({ state: 'DRAFT' });

    await carillon.get(CampaignsService).launch(tester, campaign.id);
    const middles = [];
    for (const { until } of watched) {
      const seen: Progress[] = [];
      await until((progress) => seen.push(progress) > 0 && hasMoved(seen));
      middles.push(seen);
    }
    const unlimited = { apnsPerSecond: 0, fcmPerSecond: 0 };
    await carillon.get(LaneLimits).set(tester, applicationId, unlimited);
    for (const [n, { rest }] of watched.entries()) {
      const seen = [...(middles[n] ?? []), ...(await rest())];
      const accepted = seen.map(({ counts }) => counts.accepted);
      expect(accepted).toEqual([...accepted].sort((a, b) => a - b));
      expect(seen.at(-1)).toMatchObject({
        state: 'COMPLETED',
        estimatedEndAt: null,
        counts: { total: devices, pending: 0, accepted: devices },
      });
    }
  });

  it('sees why nothing moves, and that somebody cancelled it', async () => {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 10);
    await carillon.sql(
      `UPDATE gateway_credentials SET facts = facts || '{"keyId": "UNKNOWNKEY"}'
       WHERE application_id = $1 AND gateway = 'apns'`,
      [applicationId],
    );
    const campaign = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    const { rest, until } = await watch(origins[0] ?? '', campaign.id);
    const { lanes } = await until((progress) => progress.lanes.some(({ breaker }) => breaker));
    expect(lanes).toContainEqual({
      gateway: 'APNS',
      pausedUntil: null,
      breaker: { reason: 'InvalidProviderToken' },
    });
    await carillon.get(CampaignsService).cancel(tester, campaign.id);
    const last = (await rest()).at(-1);
    expect(last).toMatchObject({ state: 'CANCELLED', counts: { pending: 0, skipped: 5 } });
  });

  /** Several times, at a rate, and with an end in sight. */
  function hasMoved(seen: readonly Progress[]): boolean {
    const moving = seen.filter(({ perSecond }) => perSecond > 0);
    const accepted = new Set(moving.map(({ counts }) => counts.accepted));
    return accepted.size > 3 && moving.some(({ estimatedEndAt }) => estimatedEndAt !== null);
  }

  async function logIn(credentials: object): Promise<string> {
    const response = await fetch(`${origins[0] ?? ''}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query:
          'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
        variables: credentials,
      }),
    });
    const { data } = (await response.json()) as { data: { login: { token: string } } };
    return data.login.token;
  }

  /** What a subscription tells: first, until something is so, and from there on to its end. */
  async function watch(origin: string, id: number) {
    const client = await SubscriptionClient.connect(origin, token);
    client.subscribe('1', PROGRESS, { id });
    const next = async () => {
      const told = (await client.next('next', '1')) as { data: { campaignProgress: Progress } };
      return told.data.campaignProgress;
    };
    return {
      first: await next(),
      until: async (isSo: (progress: Progress) => boolean) => {
        for (;;) {
          const progress = await next();
          if (isSo(progress)) return progress;
        }
      },
      rest: async () => {
        await client.next('complete', '1');
        const seen: Progress[] = [];
        while (client.has('next', '1')) seen.push(await next());
        await client.close();
        return seen;
      },
    };
  }
});
