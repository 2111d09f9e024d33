import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LaneLimits } from '@app/delivery';
import { makeDemoKeys } from '../src/demo-keys';
import { Carillon, tester } from '@app/testing/harness';
import { PlaygroundPage } from './playground-page';
import { until } from '@app/testing/time';

const devices = 3_000;

let carillon: Carillon;
let origin: string;
let operator: { readonly email: string; readonly password: string };
let applicationId: number;
let playground: PlaygroundPage;

const kept = process.env.SCREENSHOTS_DIR;
const folder = kept ?? mkdtempSync(join(tmpdir(), 'carillon-screenshots-'));
const screenshot = (name: string) => playground.screenshot(join(folder, `${name}.png`));

beforeAll(async () => {
  carillon = await Carillon.start({ latencyMs: 50 }, { NODE_ENV: 'production' });
  ({ url: origin } = await carillon.startApi());
  operator = await carillon.createOperator();
  applicationId = await carillon.createApplication({ apnsPerSecond: 20, fcmPerSecond: 20 });
  await carillon.createDevices(applicationId, devices);
  await carillon.startWorker();
  playground = await PlaygroundPage.open(`${origin}/graphql`);
});
afterAll(async () => {
  await playground.close();
  await carillon.close();
  if (kept === undefined) rmSync(folder, { recursive: true });
});

interface Answer<Data> {
  readonly data: Data;
  readonly errors?: unknown;
}
const ask = async <Data>(title: string, variables?: object): Promise<Data> => {
  const answer = (await playground.answerTo(title, variables)) as Answer<Data>;
  expect(answer).toEqual({ data: answer.data });
  return answer.data;
};

/** Reads the variables; those of an example are there a moment after it was taken. */
const variables = () => playground.read('.graphiql-editor-tool');

describe('the playground, in the order of its user', () => {
  it('asks for nothing but itself before anybody signs in', () => {
    const asked = playground.requests.map((url) => new URL(url).pathname);
    expect(asked.filter((path) => path !== '/graphql' && !path.startsWith('/playground/'))).toEqual(
      [],
    );
    expect(asked.filter((path) => path === '/graphql')).toHaveLength(1);
  });

  it('says what to do to those who have not signed in', async () => {
    expect(await playground.page.locator('.examples p').textContent()).toContain('Sign in above');
    expect(await playground.answerTo('Who am I?')).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    await screenshot('1-signed-out');
  });

  it('refuses a wrong password', async () => {
    await playground.logIn(operator.email, 'a wrong password');
    expect(await playground.page.getByRole('alert').textContent()).toContain('wrong');
  });

  it('signs in, and puts the token into the headers', async () => {
    await playground.logIn(operator.email, operator.password);
    await playground.page.getByText('Sign out').waitFor();
    await playground.page.getByRole('button', { name: 'Headers' }).click();
    expect(await headers()).toMatch(/^\{\s+"authorization": "Bearer /);
    await screenshot('2-signed-in');
    await playground.page.getByRole('button', { name: 'Variables' }).click();
    // The browser names each refusal; in production the schema is refused to those who have not signed in.
    expect(playground.complaints.splice(0).filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('explains the schema', async () => {
    await playground.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await playground.page.getByRole('link', { name: 'Subscription' }).click();
    await playground.page.getByRole('link', { name: 'campaignProgress', exact: true }).click();
    expect(await playground.page.locator('.graphiql-plugin').textContent()).toContain(
      'How far a campaign is',
    );
    await screenshot('3-docs');
    await playground.page.getByRole('button', { name: 'Show Examples' }).click();
  });

  it('runs the examples', async () => {
    expect(await ask('Who am I?')).toMatchObject({ viewer: { operator: { role: 'OWNER' } } });
    await ask('Applications and their lanes');
    const { createApplication } = await ask<{ createApplication: { id: string } }>(
      '1. Create an application',
      {
        name: 'Wallet',
      },
    );
    const { id } = createApplication;
    const { apns, fcm } = makeDemoKeys(carillon.simulator, 'wallet');
    await ask('2. Configure APNs', {
      applicationId: id,
      input: { ...apns, environment: 'PRODUCTION' },
    });
    await ask('3. Configure FCM', { applicationId: id, input: fcm });
    await ask('4. Limit its pace', { applicationId: id, input: { apnsPerSecond: 100 } });
    const device = { applicationId: id, platform: 'IOS', userId: 'alice', token: 'ab'.repeat(32) };
    await ask('1. Register a device', { input: device });
    await ask('2. Send to the user', {
      input: { applicationId: id, userId: 'alice', message: { title: 'Your code' } },
    });
    await ask('Why did someone not get it?');
    await screenshot('4-why-not');
    await ask('Create an OAuth client', {
      input: { clientId: 'billing', name: 'Billing', scopes: ['messages:send'] },
    });
    await ask('Clients and their keys');
    await ask('Audit trail');
  });

  it('launches a campaign and watches it to its end', async () => {
    const campaign = await carillon.createCampaign(applicationId);
    const id = String(campaign.id);
    await ask('3. Launch it', { id });
    await playground.run('4. Watch it', { id });
    const seen = new Set<number>();
    await playground.shown((answer) => {
      const accepted = /"accepted": (\d+)/.exec(answer)?.[1];
      if (accepted !== undefined) seen.add(Number(accepted));
      return seen.size > 5;
    });
    await screenshot('5-watching');
    const unlimited = { apnsPerSecond: 0, fcmPerSecond: 0 };
    await carillon.get(LaneLimits).set(tester, applicationId, unlimited);
    const last = await playground.shown((answer) => answer.includes('"COMPLETED"'));
    expect(last).toMatchObject({
      data: { campaignProgress: { counts: { total: devices, accepted: devices, pending: 0 } } },
    });
    await screenshot('6-completed');
  });

  it('carries the ids of what was made on to the next step', async () => {
    const { createCampaign } = await ask<{ createCampaign: { id: string } }>(
      '1. Create a campaign',
      { input: { applicationId: String(applicationId), name: 'May', message: { title: 'May' } } },
    );
    await playground.open('3. Launch it');
    await until(async () => (await variables()).includes(createCampaign.id));
    expect(JSON.parse(await variables())).toEqual({ id: createCampaign.id });
  });

  it('takes a file of a key that is dropped into the variables', async () => {
    const privateKey = '-----BEGIN PRIVATE KEY-----\nMIGT\n-----END PRIVATE KEY-----\n';
    await playground.open('2. Configure APNs');
    await until(async () => (await variables()).includes('TEAMID1234'));
    await playground.drop('AuthKey_ABC123DEF4.p8', privateKey);
    await until(async () => (await variables()).includes('ABC123DEF4'));
    expect(JSON.parse(await variables())).toMatchObject({
      input: { keyId: 'ABC123DEF4', privateKey, teamId: 'TEAMID1234' },
    });
  });

  it('ends a subscription with its tab, so that others can run', async () => {
    const { id } = await carillon.createCampaign(applicationId);
    await playground.run('4. Watch it', { id: String(id) });
    await playground.shown((answer) => answer.includes('"DRAFT"'));
    expect(await ask('Who am I?')).toMatchObject({ viewer: { operator: { role: 'OWNER' } } });
  });

  it('can be left with a key: Escape leads from an editor to the run button', async () => {
    const { page } = playground;
    await page.locator('.graphiql-query-editor .CodeMirror').click();
    await page.keyboard.press('Escape');
    const focused = page.locator(':focus');
    expect(await focused.getAttribute('aria-label')).toContain('Execute query');
  });

  it('fits a narrow window', async () => {
    const { page } = playground;
    await page.setViewportSize({ width: 400, height: 800 });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(400);
    for (const name of ['Examples', 'Execute query']) {
      await page.getByLabel(name).first().scrollIntoViewIfNeeded();
      expect(await page.getByLabel(name).first().isVisible()).toBe(true);
    }
    await page.screenshot({ path: join(folder, '7-narrow.png'), fullPage: true });
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('renews the token before it ends, whatever the headers of a tab still say', async () => {
    const renewed = playground.page.waitForResponse((response) =>
      String(response.request().postData()).includes('renewSession'),
    );
    await playground.page.clock.fastForward('50:00');
    await (await renewed).finished();
    const asked = playground.page.waitForRequest((request) =>
      String(request.postData()).includes('viewer'),
    );
    await ask('Who am I?');
    const { authorization = '' } = (await asked).headers();
    expect(authorization).toMatch(/^Bearer /);
    expect(await headers()).not.toContain(authorization);
  });

  it('signs out, and takes the token out of the headers, whatever answers come late', async () => {
    const { page } = playground;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('renewSession')) return route.continue();
      const response = await route.fetch();
      await page.getByText('Sign out').click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await route.fulfill({ response });
    });
    const renewed = page.waitForResponse((response) =>
      String(response.request().postData()).includes('renewSession'),
    );
    await page.clock.fastForward('50:00');
    await (await renewed).finished();
    await page.waitForTimeout(100);
    expect(await page.getByRole('button', { name: 'Sign in' }).isVisible()).toBe(true);
    expect(await headers()).toBe('{}');
    expect(playground.complaints.splice(0).filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('has asked nobody but the server that it came from', () => {
    const { host } = new URL(origin);
    const foreign = playground.requests.filter((url) => {
      const { protocol, host: asked } = new URL(url);
      return protocol !== 'data:' && asked !== host;
    });
    expect(foreign).toEqual([]);
    expect(playground.requests).toContain(`ws://${host}/graphql`);
  });
});

const headers = () => playground.read('.graphiql-editor-tool > :nth-child(2)');
