import { ApplicationsModule, ApplicationsService, CredentialsService } from '@app/applications';
import { type ApnsEnvironment } from '@app/push';
import {
  assertMasterKey,
  CoreModule,
  createLogger,
  SealedSecrets,
  type ServiceConfig,
} from '@app/core';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { schema } from '../../../../migrations';
import { ApplicationImport, type ImportServices } from './import-applications';
import { importCampaignUsers } from './import-campaign-users';
import { advanceCampaignIds, importCampaigns } from './import-campaigns';
import { importRegistrations } from './import-registrations';
import { PowerAuthDatabase, type PowerAuthSource } from './powerauth-database';
import { powerAuthTables } from './statements';
import { Tally } from './tally';
import type { Write } from './write';

export interface ImportOptions extends PowerAuthSource {
  /** The environment of APNs credentials that name none. */
  readonly apnsEnvironment: ApnsEnvironment;
  /** Whether everything is taken back in the end. */
  readonly dryRun: boolean;
}

export interface ImportListener {
  /** @param done rows read so far, of all tables */
  progress(done: number, total: number): void;
  /** Takes a line for each refused row. */
  refused(line: string): void;
}

@Module({})
class PowerAuthImport {}

/**
 * Imports a PowerAuth Push Server's data into our database, in batches; a further import adds what is new. When
 * something stops an import, what it has written stays.
 * @returns what became of the rows
 * @throws ImportError for the database to read, ConfigError for ours, before anything is written
 */
export async function importPowerAuth(
  config: ServiceConfig,
  options: ImportOptions,
  listener: ImportListener,
): Promise<Tally[]> {
  const source = await PowerAuthDatabase.open(options);
  try {
    const context = await NestFactory.createApplicationContext(
      {
        module: PowerAuthImport,
        imports: [CoreModule.forRoot(config, schema, 'carillon import'), ApplicationsModule],
      },
      { logger: createLogger(config), abortOnError: false },
    );
    try {
      const dataSource = context.get(DataSource, { strict: false });
      await assertMasterKey(
        dataSource,
        context.get(SealedSecrets, { strict: false }),
        schema.sealed,
      );
      const services = {
        applications: context.get(ApplicationsService, { strict: false }),
        credentials: context.get(CredentialsService, { strict: false }),
      };
      return await (options.dryRun ? rehearse : perform)(dataSource, (write) =>
        importAll(source, services, options.apnsEnvironment, write, listener),
      );
    } finally {
      await context.close();
    }
  } finally {
    await source.close();
  }
}

type Import = (write: Write) => Promise<Tally[]>;

async function perform(dataSource: DataSource, run: Import): Promise<Tally[]> {
  try {
    return await run((work) => dataSource.transaction(work));
  } finally {
    await advanceCampaignIds(dataSource.manager);
  }
}

/** Runs an import in one transaction, so that each step finds what the ones before it wrote. */
async function rehearse(dataSource: DataSource, run: Import): Promise<Tally[]> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    return await run((work) => work(runner.manager));
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

async function importAll(
  source: PowerAuthDatabase,
  services: ImportServices,
  apnsEnvironment: ApnsEnvironment,
  write: Write,
  listener: ImportListener,
): Promise<Tally[]> {
  let total = 0;
  for (const table of powerAuthTables) total += await source.count(table);
  let done = 0;
  const progress = (rows: number) => {
    done += rows;
    listener.progress(done, total);
  };
  const tally = (name: string, table: string) =>
    new Tally(name, table, (line) => {
      listener.refused(line);
    });

  const ofApplications = {
    applications: tally('applications', 'push_app_credentials'),
    apnsCredentials: tally('APNs credentials', 'push_app_credentials'),
    fcmCredentials: tally('FCM credentials', 'push_app_credentials'),
  };
  const registrations = tally('registrations', 'push_device_registration');
  const campaigns = tally('campaigns', 'push_campaign');
  const campaignUsers = tally('campaign users', 'push_campaign_user');

  const imported = await new ApplicationImport(services, apnsEnvironment, ofApplications).run(
    source,
    write,
    progress,
  );
  await importRegistrations(source, imported, registrations, write, progress);
  const here = await importCampaigns(source, imported, campaigns, write, progress);
  await importCampaignUsers(source, here, campaignUsers, write, progress);
  return [...Object.values(ofApplications), registrations, campaigns, campaignUsers];
}
