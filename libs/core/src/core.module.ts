import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock, SystemClock } from './clock';
import { Config, type ServiceConfig } from './config';
import type { Schema } from './migrate';
import { Queues } from './queues';
import { SealedSecrets } from './sealed-secrets';

/** What every process has: configuration, clock, database, queue, sealed secrets. The only global module. */
@Global()
@Module({})
export class CoreModule {
  /** @param applicationName names our connections in `pg_stat_activity`. */
  static forRoot(config: ServiceConfig, schema: Schema, applicationName: string): DynamicModule {
    return {
      module: CoreModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: config.databaseUrl,
          entities: schema.entities,
          synchronize: false,
          poolSize: 10,
          applicationName,
          retryAttempts: 1,
        }),
      ],
      providers: [
        { provide: Config, useValue: config },
        { provide: Clock, useClass: SystemClock },
        {
          provide: SealedSecrets,
          useValue: new SealedSecrets(config.masterKey, config.masterKeyPrevious),
        },
        Queues,
      ],
      exports: [Config, Clock, SealedSecrets, Queues],
    };
  }
}
