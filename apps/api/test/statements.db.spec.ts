import { Client } from 'pg';
import { ApiClient } from './api-client';

let api: ApiClient;
beforeAll(async () => {
  api = await ApiClient.start();
  await api.ask(`mutation { createApplication(input: { id: 1, name: "Mobile bank" }) { id } }`);
});
afterAll(() => api.close());

/** How many SQL statements this process sends while `work` runs. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const query = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    return query.mock.calls.length;
  } finally {
    query.mockRestore();
  }
}

describe('the number of SQL statements does not depend on the number of rows', () => {
  it('for campaigns with their applications, audiences and counts', async () => {
    for (let n = 0; n < 50; n++) {
      await api.ask(`mutation { createCampaign(input: {
        applicationId: 1, name: "Campaign ${n}", message: { title: "Hello" } }) { id } }`);
    }
    const list = (first: number) =>
      statements(async () => {
        const { edges } = await api.ask<{ edges: unknown[] }>(CAMPAIGNS, { first });
        expect(edges).toHaveLength(first);
      });
    const five = await list(5);
    expect(five).toBeGreaterThan(0);
    expect(await list(50)).toBe(five);
  });

  it('for deliveries with their devices and activations', async () => {
    for (let n = 0; n < 50; n++) {
      await api.ask(`mutation { registerDevice(input: {
        applicationId: 1, platform: ANDROID, token: "token-${n}", userId: "alice" }) { id } }`);
    }
    const { id } = await api.ask<{ id: string }>(`mutation { sendNotification(input: {
      applicationId: 1, userId: "alice", message: { title: "Hello" } }) { id } }`);
    const list = (first: number) =>
      statements(async () => {
        const { edges } = await api.ask<{ edges: unknown[] }>(DELIVERIES, { id, first });
        expect(edges).toHaveLength(first);
      });
    expect(await list(5)).toBe(await list(50));
  });
});

const CAMPAIGNS = `query ($first: Int!) {
  campaigns(first: $first) {
    edges {
      node {
        name state users message { title } counts { total pending }
        application { name apns { keyId } fcm { projectId } }
      }
    }
  }
}`;

const DELIVERIES = `query ($id: ID!, $first: Int!) {
  deliveries(filter: { notificationId: $id }, first: $first) {
    edges { node { id device { token application { name } activations { userId } } } }
  }
}`;
