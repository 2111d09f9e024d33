import { randomBytes } from 'node:crypto';
import { Actor, explain, gatewayOf, loadConfig, runProcess, SystemClock } from '@app/core';
import { ProgressBar } from '../../cli/src';
import type { Simulator } from '../../simulator/src';
import {
  type DemoDevice,
  deviceCount,
  inventDevices,
  registerDevices,
  userCount,
} from './demo-audience';
import {
  campaignTitle,
  countRetired,
  followCampaign,
  launchCampaign,
  sendUrgent,
  urgentTitle,
} from './demo-campaign';
import { type Credentials, DemoClient } from './demo-client';
import { makeDemoKeys } from './demo-keys';
import { startDemo } from './demo-start';
import type { Standalone } from './start';

/** How many devices there are to one that has lost its app, or to one that is asked to slow down once. */
const deadEvery = 40;
const throttledEvery = 100;

void runProcess(async (fail) => {
  const standalone = await startDemo(loadConfig(), fail);
  let isEnding = false;
  void show(standalone).catch(async (error: unknown) => {
    // Ctrl-C takes the server away from under it.
    if (isEnding) return;
    await standalone.close();
    process.exit(explain(error));
  });
  return {
    close: () => {
      isEnding = true;
      return standalone.close();
    },
  };
});

async function show(standalone: Standalone): Promise<void> {
  const operator = await demoOperator(standalone);
  const agreed = await run(standalone, operator);
  if (process.argv.includes('--once')) {
    await standalone.close();
    process.exit(agreed ? 0 : 1);
  }
  const { url, config, simulator } = standalone;
  const { email, password } = operator;
  console.log(`
Still running; Ctrl-C ends it.
  GraphQL     ${url}/graphql
  Operator    ${email}, password ${password}
  Simulator   ${simulator?.controlUrl ?? ''}/summary
  Data        ${config.dataDir}`);
}

/** Makes the demo's own operator, with a password of this run. */
async function demoOperator({ operators }: Standalone): Promise<Credentials> {
  const actor = Actor.system('demo');
  const email = 'demo@localhost';
  const password = randomBytes(18).toString('base64url');
  const present = (await operators.list(actor, { first: 1_000 })).items.find(
    (known) => known.email === email,
  );
  if (present === undefined) await operators.create(actor, { email, password, role: 'OWNER' });
  else await operators.resetPassword(actor, present.id, password, false);
  return { email, password };
}

/** @returns whether the simulator's ledger agrees with what we stored */
async function run(
  { url, simulator, config }: Standalone,
  operator: Credentials,
): Promise<boolean> {
  if (simulator === undefined) throw new Error('The demo needs the simulator');
  const client = await DemoClient.signIn(url, operator);
  const run = randomBytes(3).toString('hex');
  console.log(
    `Carillon demo: PostgreSQL, queue on ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}, simulated APNs and FCM`,
  );

  const applicationId = await createApplication(client, simulator, run);
  const devices = inventDevices(run);
  const registrationStartedAt = performance.now();
  await registerDevices(client, applicationId, devices);
  const registrationMs = performance.now() - registrationStartedAt;
  console.log(
    `Registered ${deviceCount} devices of ${userCount} users through the API, ${perSecond(deviceCount, registrationMs)}/s`,
  );
  const dead = scriptFaults(simulator, devices);

  const startedAt = performance.now();
  const campaignId = await launchCampaign(client, applicationId, devices);
  const bar = new ProgressBar(process.stdout);
  let urgent: ReturnType<typeof sendUrgent> | undefined;
  const campaign = await followCampaign(client, campaignId, (counts) => {
    const done = counts.total - counts.pending;
    bar.draw(done, counts.total, `accepted ${counts.accepted}, failed ${counts.failed}`);
    if (done > counts.total / 3) urgent ??= sendUrgent(client, applicationId, `${run}-user-0`);
  });
  const campaignMs = performance.now() - startedAt;
  bar.end();
  urgent ??= sendUrgent(client, applicationId, `${run}-user-0`);
  const { accepted: urgentAccepted, ms: urgentMs } = await urgent;
  const retired = await countRetired(client, campaignId);

  const { counts, reasons } = campaign;
  console.log(`
Campaign "${campaignTitle}": ${counts.accepted} accepted, ${counts.failed} failed of ${counts.total}, in ${(campaignMs / 1000).toFixed(1)} s, ${perSecond(counts.total, campaignMs)}/s`);
  for (const { state, reason, count } of reasons)
    console.log(`  ${state.toLowerCase()} ${count} × ${reason}`);
  console.log(`Urgent "${urgentTitle}" in the middle of it: ${urgentAccepted} devices after ${urgentMs} ms
Devices retired: ${retired} of ${dead} whose app is gone`);

  const { apns, fcm } = simulator.ledger.summary();
  const showing = (title: string) =>
    simulator.ledger.devicesShowing('apns', { title }) +
    simulator.ledger.devicesShowing('fcm', { title });
  return report([
    ['every device has a final outcome', counts.total - counts.pending, deviceCount],
    ['devices that show the campaign', showing(campaignTitle), counts.accepted],
    ['devices that show the urgent message', showing(urgentTitle), urgentAccepted],
    [
      'sends that the gateways accepted',
      apns.accepted + fcm.accepted,
      counts.accepted + urgentAccepted,
    ],
    ['notifications shown a second time', apns.replaced + fcm.replaced, 0],
    ['dead tokens, failed and retired', retired, dead],
    ['deliveries that failed', counts.failed, dead],
  ]);
}

async function createApplication(
  client: DemoClient,
  simulator: Simulator,
  run: string,
): Promise<string> {
  const { createApplication } = await client.ask<{ createApplication: { id: string } }>(
    'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }',
    { input: { name: `Demo ${run}` } },
  );
  const { apns, fcm } = makeDemoKeys(simulator, `demo-${run}`);
  await client.ask(
    `mutation ($id: ID!, $apns: ApnsCredentialInput!, $fcm: FcmCredentialInput!) {
      configureApns(applicationId: $id, input: $apns) { id }
      configureFcm(applicationId: $id, input: $fcm) { id }
    }`,
    { id: createApplication.id, apns: { ...apns, environment: 'PRODUCTION' }, fcm },
  );
  return createApplication.id;
}

/** @returns how many devices are dead */
function scriptFaults(simulator: Simulator, devices: readonly DemoDevice[]): number {
  const now = new SystemClock().now();
  const every = (nth: number, offset: number) =>
    devices.filter((_, n) => n % nth >= offset && n % nth < offset + 2);
  const dead = every(deadEvery * 2, 10);
  for (const { platform, token } of dead) {
    simulator.devices.unregister(gatewayOf[platform], token, now);
  }
  for (const { platform, token } of every(throttledEvery * 2, 20)) {
    const [status, reason] =
      platform === 'ios' ? [429, 'TooManyRequests'] : [429, 'QUOTA_EXCEEDED'];
    simulator.faults.add({
      gateway: gatewayOf[platform],
      token,
      times: 1,
      action: { type: 'answer', status, reason, retryAfterSeconds: 1, quota: 'device' },
    });
  }
  return dead.length;
}

/** Prints each figure beside what it must agree with. */
function report(figures: readonly (readonly [string, number, number])[]): boolean {
  console.log('\nThe simulator’s ledger against our database:');
  for (const [what, found, expected] of figures) {
    console.log(
      `  ${found === expected ? '✔' : '✘'} ${what}: ${found}${found === expected ? '' : `, expected ${expected}`}`,
    );
  }
  return figures.every(([, found, expected]) => found === expected);
}

const perSecond = (count: number, ms: number) => Math.round((count * 1000) / ms);
