import { CampaignsService } from '@app/campaigns';
import type { Api } from '../../api/src/start';
import { Carillon, tester } from '@app/testing/harness';

describe('a job that fails by a fault of the server', () => {
  let carillon: Carillon;
  let api: Api;
  let applicationId: number;
  let headers: Record<string, string>;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication({ apnsPerSecond: 1_000, fcmPerSecond: 1_000 });
    await carillon.createDevices(applicationId, 10);
    api = await carillon.startApi();
    headers = { 'content-type': 'application/json' };
    const { login } = await ask<{ login: { token: string } }>(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      await carillon.createOperator(),
    );
    headers.authorization = `Bearer ${login.token}`;
    await carillon.sql(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken on purpose''; END'`,
    );
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());

  it.each([
    { job: 'a pass', fails: 'BEFORE UPDATE ON lanes', table: 'lanes' },
    { job: 'recording', fails: 'BEFORE UPDATE OF gateway_id ON deliveries', table: 'deliveries' },
    { job: 'planning', fails: 'BEFORE INSERT ON deliveries', table: 'deliveries' },
  ])(
    'shows while $job fails, and is forgotten when it goes well',
    async ({ job, fails, table }) => {
      expect(await readiness()).toEqual({ status: 'ok', database: 'ok', queue: 'ok', jobs: 'ok' });
      await carillon.sql(`CREATE TRIGGER refuse ${fails} FOR EACH ROW EXECUTE FUNCTION refuse()`);
      const { id, messageId } = await carillon.createCampaign(applicationId);
      await carillon.get(CampaignsService).launch(tester, id);

      await carillon.until(async () => (await faultsOf(messageId, 'true')) > 0);
      expect(await faultsOf(messageId, "retry_at < failed_at + interval '5 seconds'")).toBe(0);
      await carillon.until(async () => {
        if ((await faultsOf(messageId, 'failures > 1')) > 0) return true;
        await carillon.hurry(messageId);
        return false;
      });
      expect(await readiness()).toMatchObject({
        status: 'degraded',
        jobs: 'failing',
        reason: expect.stringMatching(/^\d+ jobs fail by a fault of the server/) as unknown,
      });
      const { lanes } = await ask<{ lanes: object[] }>(
        'query ($id: ID!) { lanes(applicationId: $id) { gateway fault { at reason } } }',
        { id: applicationId },
      );
      const fault = {
        at: expect.any(String) as unknown,
        reason: expect.stringContaining('broken on purpose') as unknown,
      };
      expect(lanes).toContainEqual(expect.objectContaining({ fault }));
      if (job !== 'planning') {
        const reasons = await carillon.sql(
          'SELECT DISTINCT state, reason FROM deliveries WHERE message_id = $1',
          [messageId],
        );
        expect(reasons).toEqual([{ state: 'pending', reason: 'SERVER_FAULT' }]);
      }

      await carillon.sql(`DROP TRIGGER refuse ON ${table}`);
      expect(await carillon.hurried(messageId)).toMatchObject({ accepted: 10 });
      await carillon.until(async () => (await readiness()).status === 'ok');
      expect(await faultsOf(messageId, 'true')).toBe(0);
    },
  );

  async function faultsOf(messageId: string, condition: string): Promise<number> {
    const rows = await carillon.sql(`SELECT FROM faults WHERE message_id = $1 AND ${condition}`, [
      messageId,
    ]);
    return rows.length;
  }

  /** Once all that it asks answers in time, which they may not while the machine is busy. */
  async function readiness() {
    let answer = { status: '', jobs: '' };
    await carillon.until(async () => {
      const response = await fetch(`${api.url}/readyz`);
      answer = (await response.json()) as typeof answer;
      return response.status === 200 && answer.jobs !== 'unknown';
    });
    return answer;
  }

  async function ask<Data>(query: string, variables: object): Promise<Data> {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as { data: Data; errors?: unknown };
    expect(answer.errors).toBeUndefined();
    return answer.data;
  }
});
