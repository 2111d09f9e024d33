import { generateKeyPairSync } from 'node:crypto';
import { Client } from 'pg';

/** How a release of PowerAuth Push Server laid out its tables. */
export type Release = '1.0' | '1.10';

/** Of registrations that nothing is wrong with; every second is an iPhone. */
export const soundRegistrations = 2_500;
/** Of the campaign that is a draft. */
export const campaignUsers = 1_500;

export const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
export const serviceAccount = JSON.stringify({
  type: 'service_account',
  client_email: 'push@mobile-bank.iam.gserviceaccount.com',
  private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
});

export const longFcmToken = 'f'.repeat(300);

const message = {
  title: 'Balance update',
  body: 'Your balance is now $745.00',
  icon: 'custom-icon',
  badge: 3,
  sound: 'default',
  category: 'balance-update',
  collapseKey: 'balance-update',
  validUntil: '2030-12-11T21:22:29.923Z',
  extras: { _comment: 'Any custom data.', nothing: null, list: [1, null, { deep: true }] },
  titleLocKey: 'of later releases',
};

/** Tables of a PowerAuth Push Server in a schema of a database, with good rows and with awkward ones. */
export async function createPowerAuthTables(
  databaseUrl: string,
  schema: string,
  release: Release,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; SET search_path TO ${schema}`);
    await client.query(tables);
    if (release === '1.10') await client.query(since110);
    await insertCredentials(client, release);
    await client.query(registrations(release));
    await client.query(awkwardRegistrations(release), [longFcmToken]);
    await client.query(campaigns(release), [
      JSON.stringify(message),
      JSON.stringify({ title: 'Old news', validUntil: 1512998549.923 }),
    ]);
  } finally {
    await client.end();
  }
}

const tables = `
  CREATE TABLE push_app_credentials (id int PRIMARY KEY, app_id int NOT NULL UNIQUE, ios_key_id varchar(255),
    ios_private_key bytea, ios_team_id varchar(255), ios_bundle varchar(255), android_private_key bytea,
    android_project_id varchar(255));
  CREATE TABLE push_device_registration (id int PRIMARY KEY, activation_id varchar(37) UNIQUE, user_id varchar(255),
    app_id int NOT NULL, platform varchar(255) NOT NULL, push_token text NOT NULL,
    timestamp_last_registered timestamp(6) NOT NULL, is_active boolean);
  CREATE TABLE push_campaign (id int PRIMARY KEY, app_id int NOT NULL, message varchar(4000) NOT NULL,
    is_sent boolean NOT NULL DEFAULT false, timestamp_created timestamp(6) NOT NULL, timestamp_sent timestamp(6),
    timestamp_completed timestamp(6));
  CREATE TABLE push_campaign_user (id int PRIMARY KEY, campaign_id int NOT NULL, user_id varchar(255),
    timestamp_created timestamp(6) NOT NULL)`;

const since110 = `
  ALTER TABLE push_app_credentials ALTER app_id TYPE varchar(255), ADD ios_environment varchar(32),
    ADD hms_project_id varchar(255), ADD apns_private_key bytea, ADD apns_team_id varchar(255),
    ADD apns_key_id varchar(255), ADD apns_bundle varchar(255), ADD apns_environment varchar(255),
    ADD fcm_private_key bytea, ADD fcm_project_id varchar(255);
  ALTER TABLE push_device_registration ADD environment varchar(255);
  ALTER TABLE push_campaign ALTER message TYPE text`;

/** The second application's keys are broken; its APNs key is no key, its FCM key no JSON. */
async function insertCredentials(client: Client, release: Release): Promise<void> {
  const [apns, fcm] = release === '1.0' ? ['ios', 'android'] : ['apns', 'fcm'];
  const environment = release === '1.0' ? ['', ''] : [', apns_environment', `, 'development'`];
  const insert = `
    INSERT INTO push_app_credentials (id, app_id, ${apns}_key_id, ${apns}_private_key, ${apns}_team_id, ${apns}_bundle,
      ${fcm}_private_key, ${fcm}_project_id${environment[0] ?? ''})
    VALUES ($1, $2, 'KEYID12345', $3, 'TEAMID1234', 'com.example.bank', $4, 'mobile-bank'${environment[1] ?? ''})`;
  const good = [Buffer.from(apnsKey), Buffer.from(serviceAccount)];
  const broken = [Buffer.from('no key'), Buffer.from('no JSON')];
  await client.query(insert, [1, release === '1.0' ? '7' : 'mobile-bank', ...good]);
  await client.query(insert, [2, '8', ...broken]);
}

/** How the other tables name the first application: by its id, since 1.3 by its credentials' row. */
const application = (release: Release) => (release === '1.0' ? 7 : 1);

const registrations = (release: Release) => `
  INSERT INTO push_device_registration (id, activation_id, user_id, app_id, platform, push_token,
    timestamp_last_registered, is_active)
  SELECT n, 'activation-' || n, 'user-' || n % 1000, ${application(release)},
    CASE WHEN n % 2 = 0 THEN '${release === '1.0' ? 'ios' : 'apns'}' ELSE '${release === '1.0' ? 'android' : 'fcm'}' END,
    CASE WHEN n % 2 = 0 THEN upper(md5(n::text) || md5(n::text)) ELSE 'fcm:token-' || n END,
    timestamp '2020-06-01 12:00' + n * interval '1 second', n % 3 <> 0
  FROM generate_series(1, ${soundRegistrations}) AS n`;

/** Imported: 9001 to 9005, on four devices. Refused: 9011 and up. */
const awkwardRegistrations = (release: Release) => `
  INSERT INTO push_device_registration (id, activation_id, user_id, app_id, platform, push_token,
    timestamp_last_registered, is_active)
  SELECT id, activation, person, app, platform, token, '2020-06-02 12:00', active
  FROM (VALUES
    (9001, 'shared-1', 'ann', ${application(release)}, 'ios', 'abcd', true),
    (9002, 'shared-2', 'ben', ${application(release)}, 'ios', '<ABCD>', false),
    (9003, 'long', 'ann', ${application(release)}, 'android', $1, NULL),
    (9004, NULL, 'carl', ${application(release)}, 'android', 'carls', true),
    (9005, 'other', 'ann', ${release === '1.0' ? 8 : 2}, 'android', 'anns', true),
    (9011, 'nobody', NULL, ${application(release)}, 'android', 'nobodys', true),
    (9012, 'harmony', 'ann', ${application(release)}, 'huawei', 'hms', true),
    (9013, 'odd', 'ann', ${application(release)}, 'constructor', 'odd', true),
    (9014, 'not hex', 'ann', ${application(release)}, 'ios', 'xyz', true),
    (9015, 'long-ios', 'ann', ${application(release)}, 'ios', repeat('a', 300), true),
    (9016, 'stranger', 'ann', 99, 'ios', 'abcdef', true)
  ) AS awkward (id, activation, person, app, platform, token, active)`;

/** 20 is a draft, 21 sent, 22 broken off; the rest is refused. */
const campaigns = (release: Release) => `
  WITH campaigns AS (
    INSERT INTO push_campaign (id, app_id, message, is_sent, timestamp_created, timestamp_sent, timestamp_completed)
    VALUES (20, ${application(release)}, $1, false, '2020-07-01', NULL, NULL),
      (21, ${application(release)}, $2, true, '2020-07-01', '2020-07-02', '2020-07-03'),
      (22, ${application(release)}, $2, false, '2020-07-01', '2020-07-02', NULL),
      (23, ${application(release)}, 'dead {', false, '2020-07-01', NULL, NULL),
      (24, ${application(release)}, '{"title":"\\u0000"}', false, '2020-07-01', NULL, NULL),
      (25, ${application(release)}, '{"extras":{"aps":{}}}', false, '2020-07-01', NULL, NULL),
      (26, 99, $2, false, '2020-07-01', NULL, NULL))
  INSERT INTO push_campaign_user (id, campaign_id, user_id, timestamp_created)
  SELECT n, 20, 'user-' || n, now() FROM generate_series(1, ${campaignUsers}) AS n
  UNION ALL VALUES (9001, 21, 'ann', now()), (9002, 21, 'ann', now()), (9003, 23, 'ann', now()), (9004, 20, NULL, now())`;
