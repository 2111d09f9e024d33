import { AuthModule } from '@app/auth';
import { CampaignsModule } from '@app/campaigns';
import { Actor, CoreModule, createLogger, type ServiceConfig } from '@app/core';
import { DevicesModule } from '@app/devices';
import { PersonalData, PersonalDataModule } from '@app/personal-data';
import { PowerAuthServerModule } from '@app/powerauth';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { schema } from '../../../../migrations';
import type { Installation } from '../installation';
import { UsageError } from './usage.error';

@Module({})
class UserCommand {}

const actor = Actor.system('command line');

/** Runs `carillon user export <userId>`: prints JSON. @throws UsageError, UserNotFoundError, ConfigError */
export async function exportUserCommand(
  words: readonly string[],
  installation: Installation,
): Promise<void> {
  const userId = only('user export', words);
  const found = await onPersonalData(installation, (data) => data.export(actor, userId));
  console.log(JSON.stringify(found, null, 2));
}

/** Runs `carillon user erase <userId>`: says what went. @throws UsageError, UserNotFoundError, ConfigError */
export async function eraseUserCommand(
  words: readonly string[],
  installation: Installation,
): Promise<void> {
  const userId = only('user erase', words);
  const { erased } = await onPersonalData(installation, (data) => data.erase(actor, userId));
  for (const [name, count] of Object.entries(erased)) console.log(`${name}: ${count} erased`);
}

function only(command: string, [userId, ...more]: readonly string[]): string {
  if (userId === undefined || more.length > 0) throw new UsageError(`${command} wants one user id`);
  return userId;
}

async function onPersonalData<Result>(
  installation: Installation,
  work: (data: PersonalData) => Promise<Result>,
): Promise<Result> {
  return installation(async (config: ServiceConfig) => {
    const context = await NestFactory.createApplicationContext(
      {
        module: UserCommand,
        imports: [
          CoreModule.forRoot(config, schema, 'carillon command'),
          PowerAuthServerModule,
          ...[AuthModule, DevicesModule, CampaignsModule, PersonalDataModule],
        ],
      },
      { logger: createLogger(config), abortOnError: false },
    );
    try {
      return await work(context.get(PersonalData, { strict: false }));
    } finally {
      await context.close();
    }
  });
}
