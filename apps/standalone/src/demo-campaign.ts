import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoAudience } from './demo-audience';
import type { DemoClient } from './demo-client';

export interface Counts {
  readonly total: number;
  readonly pending: number;
  readonly accepted: number;
  readonly failed: number;
  readonly skipped: number;
  readonly expired: number;
}

export interface CampaignReport {
  readonly state: string;
  readonly launchedAt: string;
  readonly completedAt: string;
  readonly counts: Counts;
  readonly reasons: readonly {
    readonly state: string;
    readonly reason: string;
    readonly count: number;
  }[];
}

export const campaignTitle = 'Balance update';
export const urgentTitle = 'Your sign-in code';

const message = {
  title: campaignTitle,
  body: 'Your balance is now $745.00',
  badge: 3,
  sound: 'default',
  icon: 'custom-icon',
  category: 'balance-update',
  collapseKey: 'balance-update',
  extras: { _comment: 'Any custom data.' },
};

/** Creates the campaign for all users and launches it. @returns its id */
export async function launchCampaign(
  client: DemoClient,
  applicationId: string,
  audience: DemoAudience,
): Promise<string> {
  const { createCampaign } = await client.ask<{ createCampaign: { id: string } }>(
    'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }',
    { input: { applicationId, name: campaignTitle, message } },
  );
  const { id } = createCampaign;
  await audience.address(client, id);
  await client.ask('mutation ($id: ID!) { launchCampaign(id: $id) { state } }', { id });
  return id;
}

/** Follows the campaign to its end. @param onProgress gets the counts many times a second */
export async function followCampaign(
  client: DemoClient,
  id: string,
  onProgress: (counts: Counts) => void,
): Promise<CampaignReport> {
  const query = `query ($id: ID!) { campaign(id: $id) {
    state launchedAt completedAt counts { total pending accepted failed skipped expired }
    reasons { state reason count } } }`;
  for (;;) {
    const { campaign } = await client.ask<{ campaign: CampaignReport }>(query, { id });
    onProgress(campaign.counts);
    if (campaign.state === 'COMPLETED') return campaign;
    await sleep(100);
  }
}

/** Sends one urgent message. @returns how many devices accepted it, and after how long */
export async function sendUrgent(
  client: DemoClient,
  applicationId: string,
  userId: string,
): Promise<{ accepted: number; ms: number }> {
  const startedAt = performance.now();
  const { sendNotification } = await client.ask<{ sendNotification: { id: string } }>(
    'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }',
    { input: { applicationId, userId, message: { title: urgentTitle, body: '123 456' } } },
  );
  for (;;) {
    const { notification } = await client.ask<{
      notification: { state: string; counts: Counts };
    }>('query ($id: ID!) { notification(id: $id) { state counts { accepted } } }', {
      id: sendNotification.id,
    });
    const ms = Math.round(performance.now() - startedAt);
    if (notification.state === 'COMPLETED') return { accepted: notification.counts.accepted, ms };
    await sleep(10);
  }
}

/** Counts, through the API, the devices that the campaign found dead. */
export async function countRetired(client: DemoClient, campaignId: string): Promise<number> {
  let retired = 0;
  let after: string | null = null;
  do {
    const { deliveries }: DeliveriesPage = await client.ask<DeliveriesPage>(
      `query ($campaignId: ID!, $after: String) {
        deliveries(filter: { campaignId: $campaignId, state: FAILED }, first: 500, after: $after) {
          edges { node { device { retiredAt } } } pageInfo { hasNextPage endCursor } } }`,
      { campaignId, after },
    );
    retired += deliveries.edges.filter(({ node }) => node.device?.retiredAt != null).length;
    after = deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : null;
  } while (after !== null);
  return retired;
}

interface DeliveriesPage {
  readonly deliveries: {
    readonly edges: readonly {
      readonly node: { readonly device: { readonly retiredAt: string | null } | null };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
