import { escapeIdentifier } from 'pg';
import { ImportError } from './import.error';

export const powerAuthTables = [
  'push_app_credentials',
  'push_device_registration',
  'push_campaign',
  'push_campaign_user',
] as const;
export type PowerAuthTable = (typeof powerAuthTables)[number];

/** The columns of each table with their types, as the information schema names them. */
export type TableColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A query for each table, the same whatever release made it. */
export type Statements = Readonly<Record<PowerAuthTable, string>>;

export interface CredentialsRow {
  readonly id: string;
  readonly appId: string;
  /** The name that registrations and campaigns have for the application. */
  readonly reference: string;
  readonly apnsKey: Buffer | null;
  readonly apnsKeyId: string | null;
  readonly apnsTeamId: string | null;
  readonly apnsBundle: string | null;
  readonly apnsEnvironment: string | null;
  readonly fcmKey: Buffer | null;
  readonly fcmProjectId: string | null;
}

export interface RegistrationRow {
  readonly id: string;
  readonly activationId: string | null;
  readonly userId: string | null;
  readonly application: string;
  readonly platform: string;
  readonly token: string;
  readonly registeredAt: Date;
  readonly isActive: boolean | null;
  readonly environment: string | null;
}

export interface CampaignRow {
  readonly id: string;
  readonly application: string;
  readonly message: string;
  readonly isSent: boolean;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly completedAt: Date | null;
}

export interface CampaignUserRow {
  readonly id: string;
  readonly campaignId: string;
  readonly userId: string | null;
}

/**
 * Writes the queries by what releases 0.24 to 1.10 differ in: 1.2 added the APNs environment, 1.3 made application ids
 * text and let the other tables name an application by its credentials' row, 1.10 renamed ios to apns and android to
 * fcm (the old columns stay, unused) and gave devices an environment of their own.
 * @throws ImportError that names the first table or column that is missing
 */
export function statementsFor(schema: string, tables: TableColumns): Statements {
  const has = (table: PowerAuthTable, column: string) => tables.get(table)?.has(column) ?? false;
  const optional = (table: PowerAuthTable, column: string) =>
    has(table, column) ? column : 'NULL';
  const from = (table: PowerAuthTable, needed: readonly string[]) => {
    if (!tables.has(table)) throw new ImportError(`There is no table ${table} in ${schema}`);
    const missing = needed.find((column) => !has(table, column));
    if (missing !== undefined) {
      throw new ImportError(`The table ${table} in ${schema} has no column ${missing}`);
    }
    return `FROM ${escapeIdentifier(schema)}.${table}`;
  };

  const credentials = 'push_app_credentials';
  const apns = has(credentials, 'apns_private_key') ? 'apns' : 'ios';
  const fcm = has(credentials, 'fcm_private_key') ? 'fcm' : 'android';
  const isText = (tables.get(credentials)?.get('app_id') ?? '').startsWith('character');
  const apnsColumns = ['private_key', 'key_id', 'team_id', 'bundle'].map((of) => `${apns}_${of}`);
  const fcmColumns = ['private_key', 'project_id'].map((of) => `${fcm}_${of}`);
  const registration = ['activation_id', 'user_id', 'app_id', 'platform', 'push_token'];
  const campaign = ['id', 'app_id', 'message', 'is_sent', 'timestamp_created'];

  return {
    push_app_credentials: `
      SELECT id::text, app_id::text AS "appId", ${isText ? 'id' : 'app_id'}::text AS reference,
        ${apns}_private_key AS "apnsKey", ${apns}_key_id AS "apnsKeyId", ${apns}_team_id AS "apnsTeamId",
        ${apns}_bundle AS "apnsBundle", ${optional(credentials, `${apns}_environment`)} AS "apnsEnvironment",
        ${fcm}_private_key AS "fcmKey", ${fcm}_project_id AS "fcmProjectId"
      ${from(credentials, ['id', 'app_id', ...apnsColumns, ...fcmColumns])} AS listed`,
    push_device_registration: `
      SELECT id::text, activation_id AS "activationId", user_id::text AS "userId", app_id::text AS application,
        platform, push_token AS token, timestamp_last_registered::timestamptz AS "registeredAt",
        is_active AS "isActive", ${optional('push_device_registration', 'environment')} AS environment
      ${from('push_device_registration', ['id', ...registration, 'timestamp_last_registered', 'is_active'])} AS listed`,
    push_campaign: `
      SELECT id::text, app_id::text AS application, message, is_sent AS "isSent",
        timestamp_created::timestamptz AS "createdAt",
        ${optional('push_campaign', 'timestamp_sent')}::timestamptz AS "sentAt",
        ${optional('push_campaign', 'timestamp_completed')}::timestamptz AS "completedAt"
      ${from('push_campaign', campaign)} AS listed`,
    push_campaign_user: `
      SELECT id::text, campaign_id::text AS "campaignId", user_id::text AS "userId"
      ${from('push_campaign_user', ['id', 'campaign_id', 'user_id'])} AS listed`,
  };
}
