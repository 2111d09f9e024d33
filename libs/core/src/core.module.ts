import { type DynamicModule, Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config, type ServiceConfig } from './config/config';
import { openDatabase } from './database/database';
import type { Schema } from './database/schema-check';
import { UnitsOfWork } from './database/unit-of-work';
import { Queues } from './queues/queues';
import { Resealer } from './secrets/resealer';
import { SealedSecrets } from './secrets/sealed-secrets';
import { Clock, DatabaseClock, SystemClock } from './time/clock';

/** Provides what every process has: configuration, clock, database, queue, sealed secrets. It is global. */
@Global()
@Module({})
export class CoreModule implements OnApplicationShutdown {
  /**
   * @param applicationName names our connections in `pg_stat_activity`
   * @param statementTimeoutMs ends statements that take longer; without it they may take as long as they like
   */
  static forRoot(
    config: ServiceConfig,
    schema: Schema,
    applicationName: string,
    statementTimeoutMs?: number,
  ): DynamicModule {
    return {
      module: CoreModule,
      providers: [
        { provide: Config, useValue: config },
        { provide: Clock, useClass: SystemClock },
        {
          provide: DatabaseClock,
          useFactory: (clock: Clock) => new DatabaseClock(clock),
          inject: [Clock],
        },
        {
          provide: SealedSecrets,
          useValue: new SealedSecrets(config.masterKey, ...config.masterKeysPrevious),
        },
        {
          provide: DataSource,
          useFactory: () => openDatabase(config, schema, applicationName, statementTimeoutMs),
        },
        {
          provide: Resealer,
          useFactory: (dataSource: DataSource, secrets: SealedSecrets) =>
            new Resealer(dataSource, secrets, schema.sealed),
          inject: [DataSource, SealedSecrets],
        },
        Queues,
        UnitsOfWork,
      ],
      exports: [
        Config,
        Clock,
        DatabaseClock,
        SealedSecrets,
        Resealer,
        DataSource,
        Queues,
        UnitsOfWork,
      ],
    };
  }

  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
