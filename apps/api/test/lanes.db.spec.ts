import { AccessTokens } from '@app/auth';
import type { ApiClient } from './api-client';
import { startInside } from './server-inside';

const FAULTS = '{ lanes { gateway fault { reason } } }';
const said = 'QueryFailedError: Key (user_id)=(ann) is not there';

describe('a lane where something fails by a fault of the server', () => {
  let api: ApiClient;
  let client: ApiClient;

  beforeAll(async () => {
    const inside = await startInside();
    api = inside.api;
    await api.ask('mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }');
    await api.sql(
      `INSERT INTO oauth_clients (id, name, scopes) VALUES ('crm', 'CRM', '{applications:read}')`,
    );
    const tokens = inside.app.get(AccessTokens, { strict: false });
    const grant = { kind: 'client', id: 'crm', scopes: ['applications:read'] } as const;
    client = api.as((await tokens.issue(grant)).token);
    await api.sql(
      `INSERT INTO messages (id, application_id, priority, state, content)
       VALUES ('00000000-0000-4000-8000-000000000001', 1, 'campaign', 'running', '{}')`,
    );
    await api.sql(`INSERT INTO lanes (application_id, gateway) VALUES (1, 'apns')`);
    await api.sql(
      `INSERT INTO faults (message_id, job, gateway, reason, retry_at)
       VALUES ('00000000-0000-4000-8000-000000000001', 'apns 0', 'apns', $1, now())`,
      [said],
    );
  });
  afterAll(() => api.close());

  it('tells operators what it is, and machines only that there is one', async () => {
    const lane = (reason: string) => [{ gateway: 'APNS', fault: { reason } }];
    expect(await api.ask(FAULTS)).toEqual(lane(said));
    expect(await client.ask(FAULTS)).toEqual(lane('Internal error'));
  });
});
