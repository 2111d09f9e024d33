import { randomBytes } from 'node:crypto';
import { Actor, explain, gatewayOf, loadConfig, runProcess, SystemClock } from '@app/core';
import { ProgressBar } from '../../cli/src';
import type { Simulator } from '../../simulator/src';
import { DemoAudience } from './demo-audience';
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
import { type DemoOptions, readDemoOptions } from './demo-options';
import { startDemo } from './demo-start';
import type { Standalone } from './start';

/** How many devices there are to one that has lost its app, or to one that is asked to slow down once. */
const deadEvery = 40;
const throttledEvery = 100;

void runProcess(async (fail) => {
  const options = readDemoOptions(process.argv.slice(2));
  const standalone = await startDemo(loadConfig(), fail);
  let isEnding = false;
  void show(standalone, options).catch(async (error: unknown) => {
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

async function show(standalone: Standalone, { deviceCount, once }: DemoOptions): Promise<void> {
  const operator = await demoOperator(standalone);
  const agreed = await run(standalone, operator, deviceCount);
  if (once) {
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
  deviceCount: number,
): Promise<boolean> {
  if (simulator === undefined) throw new Error('The demo needs the simulator');
  const client = await DemoClient.signIn(url, operator);
  const run = randomBytes(3).toString('hex');
  console.log(
    `Carillon demo: PostgreSQL, queue on ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}, simulated APNs and FCM`,
  );

  const applicationId = await createApplication(client, simulator, run);
  const audience = new DemoAudience(run, deviceCount);
  const registrationStartedAt = performance.now();
  await audience.register(client, applicationId);
  const registrationMs = performance.now() - registrationStartedAt;
  console.log(
    `Registered ${deviceCount} devices of ${audience.userCount} users through the API, ${perSecond(deviceCount, registrationMs)}/s`,
  );
  const dead = scriptFaults(simulator, audience);

  const campaignId = await launchCampaign(client, applicationId, audience);
  const bar = new ProgressBar(process.stdout);
  let urgent: ReturnType<typeof sendUrgent> | undefined;
  const campaign = await followCampaign(client, campaignId, (counts) => {
    const done = counts.total - counts.pending;
    bar.draw(done, counts.total, `accepted ${counts.accepted}, failed ${counts.failed}`);
    if (done > counts.total / 3) urgent ??= sendUrgent(client, applicationId, audience.userId(0));
  });
  bar.end();
  urgent ??= sendUrgent(client, applicationId, audience.userId(0));
  const { accepted: urgentAccepted, ms: urgentMs } = await urgent;
  const retired = await countRetired(client, campaignId);

  const { counts, reasons } = campaign;
  const campaignMs = Date.parse(campaign.completedAt) - Date.parse(campaign.launchedAt);
  console.log(`
Campaign "${campaignTitle}": ${counts.accepted} accepted, ${counts.failed} failed of ${counts.total}, from launch to completion in ${(campaignMs / 1000).toFixed(1)} s, ${perSecond(counts.total, campaignMs)} deliveries/s`);
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

/** Lets some devices be dead and some throttled, but no user's second one. @returns how many are dead */
function scriptFaults(simulator: Simulator, audience: DemoAudience): number {
  const now = new SystemClock().now();
  let dead = 0;
  for (let n = 0; n < audience.userCount; n++) {
    if (isOneOf(n, deadEvery, 10)) {
      dead++;
      const { platform, token } = audience.device(n);
      simulator.devices.unregister(gatewayOf[platform], token, now);
    }
    if (isOneOf(n, throttledEvery, 20)) {
      const { platform, token } = audience.device(n);
      simulator.faults.add({
        gateway: gatewayOf[platform],
        token,
        times: 1,
        action: {
          type: 'answer',
          status: 429,
          reason: platform === 'ios' ? 'TooManyRequests' : 'QUOTA_EXCEEDED',
          retryAfterSeconds: 1,
          quota: 'device',
        },
      });
    }
  }
  return dead;
}

/** Takes one of `every` so many devices, and as many of each platform: two neighbours each time. */
function isOneOf(n: number, every: number, offset: number): boolean {
  const place = n % (every * 2);
  return place === offset || place === offset + 1;
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
